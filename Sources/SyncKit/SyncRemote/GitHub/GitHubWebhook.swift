internal import SyncHTTP
package import SyncModel

/// The webhook of a repository at GitHub, by its REST API. Source: GitHub's "REST API endpoints for
/// repository webhooks". Has a thread of its own to wait in; a call ends at once when its task is
/// cancelled.
package actor GitHubWebhook {
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

    private let executor = QueueExecutor(label: "syncd.github")
    private let hooks: String
    private let operation: String
    private let credentials: Credentials
    private let api: GitHubAPI

    /// - Parameters:
    ///   - remote: the repository's URL, `https://` or ssh's.
    ///   - auth: where the login comes from; it needs leave to administer webhooks.
    ///   - environment: where secrets and authorities are named.
    ///   - operation: what it is for, for the words of a failure.
    /// - Throws: `.unusable` for a remote that is none of GitHub's form.
    package init(
        remote: String, auth: Configuration.Auth, environment: [String: String],
        operation: String = "install the webhook"
    ) throws(RemoteError) {
        if RemotePath(remote) != nil {
            throw RemoteError(
                .unusable, operation, "the remote is on a path, and no repository of GitHub")
        }
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
                .unusable, operation, "\(remote) is no repository of GitHub",
                hint: "make the webhook at the host of the repository: docs/how-to/webhooks.md")
        }
        hooks = "\(place.api)/repos/\(place.owner)/\(place.name)/hooks"
        let client = HTTPClient.Options(environment)
        credentials = Credentials(
            SecretSources.list(
                auth, base: base, user: user, environment, client, permission: .webhooks))
        api = GitHubAPI(
            client: client, operation: operation,
            refusals: [
                401: ("GitHub does not take the login", "syncctl doctor"),
                // GitHub hides what a login may not do.
                404: (
                    "the login may not see the repository's webhooks",
                    "give the token leave for them: classic admin:repo_hook, fine-grained Webhooks"
                ),
            ])
        self.operation = operation
    }

    /// The queue that the actor blocks.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Makes the webhook, unless there is one for the URL.
    /// - Parameters:
    ///   - url: where to deliver, `https://HOST/api/sync/webhook`.
    ///   - secret: what deliveries are signed with.
    /// - Throws: `.authentication` when the login may not, and what a request throws.
    package func install(_ url: String, secret: String) async throws(RemoteError)
        -> Installed
    {
        let there: [Hook] = try await ask("\(hooks)?per_page=100").answer
        if let hook = there.first(where: { $0.config.url == url }) {
            return Installed(id: hook.id, url: url, isNew: false)
        }
        let quote = JSONQuote()
        let wish =
            #"{"name":"web","active":true,"events":["push"],"config":{"content_type":"json","#
            + #""insecure_ssl":"0","url":\#(quote.quoted(url)),"secret":\#(quote.quoted(secret))}}"#
        let made: Hook = try await ask(hooks, .bytes(Array(wish.utf8))).answer
        return Installed(id: made.id, url: url, isNew: true)
    }

    private struct Hook: Decodable {
        struct Configuration: Decodable { let url: String? }
        let id: Int
        let config: Configuration
    }

    /// The webhook's deliveries, the newest first, as far back as a moment and as
    /// `Limits.deliveryPages` go.
    /// - Throws: `.limited` with how long to wait, and what a request throws.
    package func deliveries(of hook: Int, since: String) async throws(RemoteError)
        -> [GitHubDelivery]
    {
        var result: [GitHubDelivery] = []
        var cursor: String?
        for _ in 0..<Limits.deliveryPages {
            let page: GitHubAPI.Told<[GitHubDelivery]> = try await ask(
                "\(hooks)/\(hook)/deliveries?per_page=100"
                    + (cursor.map { "&cursor=\($0)" } ?? ""))
            result += page.answer.filter { $0.delivered >= since }
            cursor = page.cursor
            guard cursor != nil, page.answer.last.map({ $0.delivered >= since }) ?? false else {
                break
            }
        }
        return result
    }

    /// Has GitHub make a delivery again.
    /// - Throws: as `deliveries`.
    package func redeliver(_ delivery: GitHubDelivery, of hook: Int) async throws(RemoteError) {
        let _: GitHubAPI.Told<Nothing> = try await ask(
            "\(hooks)/\(hook)/deliveries/\(delivery.id)/attempts", .bytes(Array("{}".utf8)))
    }

    private struct Nothing: Decodable {}

    private func ask<Answer: Decodable>(_ url: String, _ body: HTTPRequest.Body = .none)
        async throws(RemoteError) -> GitHubAPI.Told<Answer>
    {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            Result { () throws(RemoteError) in
                guard let login = try credentials.other(than: nil, cancellation) else {
                    throw RemoteError(
                        .authentication, operation, "there is no login",
                        hint: "name one in [auth]: syncctl doctor")
                }
                return try api.ask(url, body, as: login.password, cancellation)
                    as GitHubAPI.Told<Answer>
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }
}

/// What GitHub keeps of one delivery. Source: "List deliveries for a repository webhook".
package struct GitHubDelivery: Sendable, Decodable, Equatable {
    /// Of this attempt.
    package let id: Int
    /// Of the delivery, the same for all attempts: `X-GitHub-Delivery`.
    package let guid: String
    /// When, ISO 8601 in UTC: texts of one form are in the order of their times.
    package let delivered: String
    /// Whether somebody asked for it.
    package let isRepeated: Bool
    /// What the receiver answered; 0 and others below 200 for none.
    package let status: Int
    /// `push`, `ping`, …
    package let event: String

    enum CodingKeys: String, CodingKey {
        case id, guid, event
        case delivered = "delivered_at"
        case isRepeated = "redelivery"
        case status = "status_code"
    }

    /// Whether it was taken.
    package var isTaken: Bool { (200..<300).contains(status) }

    /// Those to be asked for again: pushes that nobody took, and that nobody asked for before.
    /// - Parameter asked: the `guid`s that were asked for and may not show it yet.
    /// - Returns: one attempt of each delivery, the newest first, at most
    ///   `Limits.redeliveries`.
    package static func missed(_ deliveries: [GitHubDelivery], asked: Set<String>)
        -> [GitHubDelivery]
    {
        var settled = asked.union(
            deliveries.filter { $0.isTaken || $0.isRepeated }.map(\.guid))
        let missed = deliveries.filter { delivery in
            delivery.event == "push" && settled.insert(delivery.guid).inserted
        }
        return Array(missed.prefix(Limits.redeliveries))
    }
}
