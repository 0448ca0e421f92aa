internal import SyncHTTP
internal import SyncModel

extension RemoteError {
    /// The answer ended too early.
    static func cut(_ operation: String) -> RemoteError {
        RemoteError(.unreachable, operation, "the remote's answer ended too early")
    }

    /// Turns a failure on the way into the remote's.
    init(_ error: HTTPError, _ operation: String) {
        let host = HTTPHost(of: error.operation)?.name ?? "the remote"
        let cause = "\(host): \(RemoteWords.clean(error.cause.utf8))"
        switch error.code {
        case .untrusted:
            self.init(
                .untrusted, operation, cause,
                hint: "a certificate of your own is trusted with SSL_CERT_FILE=FILE in the "
                    + "daemon's environment; nothing switches the check off")
        case .tooLarge: self.init(.tooLarge, operation, cause)
        case .stopped: self.init(.io, operation, cause)
        case .unreachable:
            let isName = error.cause.contains("resolve")
            self.init(
                .unreachable, operation, cause,
                hint: isName ? "check the name in repository.remote, and the network" : nil)
        case .timedOut, .failed: self.init(.unreachable, operation, cause)
        }
    }

    /// Turns a server's refusal into ours.
    /// - Parameters:
    ///   - head: an answer with a status other than 200.
    ///   - place: the repository's URL, without login.
    init(_ head: HTTPHead, _ operation: String, _ place: String) {
        let words = Self.words(head)
        let status = "\(place): HTTP \(head.status)\(words.isEmpty ? "" : ", \(words)")"
        switch head.status {
        case 401:
            self.init(
                .authentication, operation, "\(place): the login is missing, wrong or expired",
                hint: "name the token's source in [auth] of the configuration; "
                    + "a new token is read at the next try")
        case 403 where Self.isLimited(head, words), 429:
            self.init(
                .limited, operation, "\(place): too many requests",
                hint: "nothing: it is tried again", retryAfter: Self.patience(head))
        case 403:
            self.init(
                .authentication, operation, "\(status)",
                hint: "the token has to allow \(operation == "push" ? "writing to" : "reading") "
                    + "the repository's contents")
        case 404, 410:
            self.init(
                .missing, operation, "\(place): no such repository, or none this login may see",
                hint: "check repository.remote, and that the token reaches that repository")
        case 413:
            self.init(
                .tooLarge, operation, "\(place): the server takes no request of this size",
                hint: "raise its limit (nginx: client_max_body_size)")
        case 507: self.init(.noSpace, operation, status, hint: "make room at the remote")
        case 300..<400:
            let target = RemoteWords.clean((head.redirect ?? "elsewhere").prefix(200).utf8)
            self.init(
                .missing, operation, "\(place) redirects to \(target), which is not followed",
                hint: "if that is right, set repository.remote to it")
        default:
            self.init(.unreachable, operation, status, retryAfter: Self.askedPatience(head))
        }
    }

    /// The server's own words where they are text for people.
    private static func words(_ head: HTTPHead) -> String {
        guard head.type == "text/plain" else { return "" }
        return String(RemoteWords.clean(head.complaint).prefix(500))
    }

    private static func isLimited(_ head: HTTPHead, _ words: String) -> Bool {
        head.headers["retry-after"] != nil || head.headers["x-ratelimit-remaining"] == "0"
            || words.lowercased().contains("rate limit")
    }

    /// How long to stay away: what the server says, else a minute. Source: GitHub's "Best
    /// practices for using the REST API", "Handle rate limit errors appropriately".
    private static func patience(_ head: HTTPHead) -> Duration {
        askedPatience(head) ?? .seconds(60)
    }

    private static func askedPatience(_ head: HTTPHead) -> Duration? {
        let seconds = RetryAfter.seconds(head.headers, now: UnixTime.now)
        return seconds.map { min(.seconds($0), Limits.longestRest) }
    }
}
