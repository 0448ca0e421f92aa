internal import FoundationEssentials
internal import SyncHTTP
package import SyncModel

/// The webhook of a repository at GitHub, by its REST API. Source: GitHub's "REST API endpoints for
/// repository webhooks".
package struct GitHubWebhook {
    /// What installing came to.
    package struct Installed: Sendable, Codable, Equatable {
        /// GitHub's number of the webhook.
        package let id: Int
        /// Where it delivers.
        package let url: String
        /// Whether it was made now; false when there was one already, which stays as it is.
        package let isNew: Bool

        enum CodingKeys: String, CodingKey {
            case id, url
            case isNew = "created"
        }
    }

    private let place: GitHubApp.Place
    private let credentials: Credentials
    private let client: HTTPClient.Options

    /// - Parameters:
    ///   - remote: the repository's URL, `https://` or ssh's.
    ///   - auth: where the login comes from; it needs leave to administer webhooks.
    ///   - environment: where secrets and authorities are named.
    /// - Throws: `.unusable` for a remote that is none of GitHub's form.
    package init(
        remote: String, auth: Configuration.Auth, environment: [String: String]
    ) throws(RemoteError) {
        var base = remote
        var user: String?
        switch try RemoteURL(remote) {
        case .https(let url, let name): (base, user) = (url, name)
        case .ssh(let host, _, let path):
            base =
                "https://\(host.split(separator: "@").last ?? "")/"
                + path.drop { $0 == "/" || $0 == "~" }
        }
        guard let place = GitHubApp.Place(base) else {
            throw RemoteError(
                .unusable, "install the webhook", "\(remote) is no repository of GitHub",
                hint: "make the webhook at the host of the repository: docs/how-to/webhooks.md")
        }
        self.place = place
        var client = HTTPClient.Options()
        client.authorities = environment["GIT_SSL_CAINFO"] ?? environment["SSL_CERT_FILE"]
        client.authoritiesDirectory = environment["GIT_SSL_CAPATH"] ?? environment["SSL_CERT_DIR"]
        self.client = client
        credentials = Credentials(
            SecretSources.list(auth, base: base, user: user, environment, client))
    }

    /// Makes the webhook, unless there is one for the URL.
    /// - Parameters:
    ///   - url: where to deliver, `https://HOST/api/sync/webhook`.
    ///   - secret: what deliveries are signed with.
    /// - Throws: `.authentication` when the login may not, and what a request throws.
    package func install(_ url: String, secret: String) throws(RemoteError) -> Installed {
        let hooks = "\(place.api)/repos/\(place.owner)/\(place.name)/hooks"
        let there: [Hook] = try ask("\(hooks)?per_page=100", .none)
        if let hook = there.first(where: { $0.config.url == url }) {
            return Installed(id: hook.id, url: url, isNew: false)
        }
        let quote = JSONQuote()
        let wish =
            #"{"name":"web","active":true,"events":["push"],"config":{"content_type":"json","#
            + #""insecure_ssl":"0","url":\#(quote.quoted(url)),"secret":\#(quote.quoted(secret))}}"#
        let made: Hook = try ask(hooks, .bytes(Array(wish.utf8)))
        return Installed(id: made.id, url: url, isNew: true)
    }

    private struct Hook: Decodable {
        struct Configuration: Decodable { let url: String? }
        let id: Int
        let config: Configuration
    }

    private func ask<Answer: Decodable>(_ url: String, _ body: HTTPRequest.Body)
        throws(RemoteError) -> Answer
    {
        let cancellation = Cancellation()
        guard let login = try credentials.other(than: nil, cancellation) else {
            throw refuse("there is no login", "name one in [auth]: syncctl doctor")
        }
        var request = HTTPRequest(
            url, answerType: "application/json", mostBytes: Limits.requestBytes,
            deadline: Limits.questionWait)
        request.body = body
        request.headers = [
            "Accept: application/vnd.github+json", "X-GitHub-Api-Version: 2022-11-28",
            "Authorization: Bearer \(login.password)", "Content-Type: application/json",
        ]
        var answer: [UInt8] = []
        do {
            let head = try HTTPClient(client).send(request, cancellation: cancellation) { piece in
                answer += piece
                return true
            }
            switch head.status {
            case 200, 201: return try JSONDecoder().decode(Answer.self, from: Data(answer))
            case 401: throw refuse("GitHub does not take the login", "syncctl doctor")
            // GitHub hides what a login may not do.
            case 404:
                throw refuse(
                    "the login may not see the repository's webhooks",
                    "give the token leave for them: classic admin:repo_hook, fine-grained Webhooks")
            default: throw RemoteError(head, "install the webhook", url)
            }
        } catch is DecodingError {
            throw RemoteError(.corrupt, "install the webhook", "GitHub's answer is not as it was")
        } catch { throw RemoteError(any: error, "install the webhook") }
    }

    private func refuse(_ cause: String, _ hint: String) -> RemoteError {
        RemoteError(.authentication, "install the webhook", cause, hint: hint)
    }
}
