internal import FoundationEssentials
internal import SyncHTTP
internal import SyncModel

/// Questions to GitHub's REST API, one at a time. What was answered is remembered with its
/// `ETag`: an answer that did not change counts against no limit. Nothing is asked while GitHub
/// wants to be left alone. Source: GitHub's "Best practices for using the REST API".
final class GitHubAPI {
    /// An answer, and what its head says.
    struct Told<Answer: Decodable> {
        let answer: Answer
        /// The mark of the next page; nil on the last.
        let cursor: String?
    }

    private struct Remembered {
        let tag: String
        let bytes: [UInt8]
        let cursor: String?
    }

    private let options: HTTPClient.Options
    /// What it is asked for, for the words of a failure.
    private let operation: String
    /// What a status means that says that the login may not, and what to do.
    private let refusals: [Int: (cause: String, hint: String)]
    private var remembered: [String: Remembered] = [:]
    private var restsUntil: ContinuousClock.Instant?

    init(
        client: HTTPClient.Options, operation: String,
        refusals: [Int: (cause: String, hint: String)]
    ) {
        (options, self.operation, self.refusals) = (client, operation, refusals)
    }

    /// Asks, and reads the answer.
    /// - Parameter token: sent as `Authorization: Bearer`.
    /// - Throws: `.limited` while GitHub wants to be left alone; `.authentication` for a refusal,
    ///   and for an answer of another form: never with the answer, which may hold a token.
    func ask<Answer: Decodable>(
        _ url: String, _ body: HTTPRequest.Body = .none, as token: String,
        _ cancellation: Cancellation
    ) throws(RemoteError) -> Told<Answer> {
        if let restsUntil, restsUntil > .now {
            throw RemoteError(
                .limited, operation, "GitHub wants to be left alone",
                hint: "nothing: it is tried again", retryAfter: restsUntil - .now)
        }
        var request = HTTPRequest(
            url, answerType: "application/json", mostBytes: Limits.requestBytes,
            deadline: Limits.questionWait)
        request.body = body
        request.headers = [
            "Accept: application/vnd.github+json", "X-GitHub-Api-Version: 2022-11-28",
            "Authorization: Bearer \(token)", "Content-Type: application/json",
        ]
        var isQuestion = false
        if case .none = body { isQuestion = true }
        let known = isQuestion ? remembered[url] : nil
        if let known { request.headers.append("If-None-Match: \(known.tag)") }
        var bytes: [UInt8] = []
        do {
            let head = try HTTPClient(options).send(request, cancellation: cancellation) { piece in
                bytes += piece
                return true
            }
            noteLimit(head)
            if let known, head.status == 304 {
                return Told(answer: try Self.read(known.bytes), cursor: known.cursor)
            }
            guard [200, 201, 202].contains(head.status) else { throw failure(head, url) }
            let cursor = head.headers["link"].flatMap(Self.cursor)
            if isQuestion { remember(url, head, bytes, cursor) }
            return Told(answer: try Self.read(bytes), cursor: cursor)
        } catch is DecodingError {
            throw RemoteError(
                .authentication, operation, "GitHub's answer is not as it was",
                hint: "syncctl doctor")
        } catch { throw RemoteError(any: error, operation) }
    }

    private static func read<Answer: Decodable>(_ bytes: [UInt8]) throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: Data(bytes))
    }

    private func remember(_ url: String, _ head: HTTPHead, _ bytes: [UInt8], _ cursor: String?) {
        guard let tag = head.headers["etag"], Self.isPlain(tag) else { return }
        if remembered.count >= Limits.gitHubAnswers { remembered = [:] }
        remembered[url] = Remembered(tag: tag, bytes: bytes, cursor: cursor)
    }

    /// Notes that no request is left, before one is refused.
    private func noteLimit(_ head: HTTPHead) {
        guard head.headers["x-ratelimit-remaining"] == "0" else { return }
        let seconds = RetryAfter.seconds(head.headers, now: UnixTime.now) ?? 60
        restsUntil = .now + min(.seconds(seconds), Limits.longestRest)
    }

    private func failure(_ head: HTTPHead, _ url: String) -> RemoteError {
        let words = String(decoding: head.complaint, as: UTF8.self).lowercased()
        var failure = RemoteError(head, operation, url)
        // GitHub says in its body that it means one of its secondary limits.
        if head.status == 403, failure.code != .limited, words.contains("rate limit") {
            failure = RemoteError(
                .limited, operation, "\(url): too many requests",
                hint: "nothing: it is tried again", retryAfter: .seconds(60))
        }
        if failure.code == .limited {
            restsUntil = .now + (failure.retryAfter ?? .seconds(60))
            return failure
        }
        guard let refusal = refusals[head.status] else { return failure }
        return RemoteError(.authentication, operation, refusal.cause, hint: refusal.hint)
    }

    /// The mark of the next page in a header `Link`. Its URL is not followed: who asks with a
    /// login says whom it asks. Source: RFC 8288, GitHub's "Using pagination in the REST API".
    static func cursor(_ link: String) -> String? {
        for part in link.split(separator: ",") {
            guard part.contains("rel=\"next\""), let open = part.firstIndex(of: "<"),
                let close = part.firstIndex(of: ">"), open < close
            else { continue }
            let query = part[open..<close].drop { $0 != "?" }.dropFirst()
            for field in query.split(separator: "&") where field.hasPrefix("cursor=") {
                let value = String(field.dropFirst("cursor=".count))
                return isPlain(value) && !value.isEmpty ? value : nil
            }
        }
        return nil
    }

    /// Whether a text may stand in a header and in a URL as it is.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.count <= 500
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x26 && $0 != 0x23 }
    }
}
