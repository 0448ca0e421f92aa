internal import FoundationEssentials
internal import SyncHTTP
internal import SyncModel

/// Questions to GitHub's REST API.
struct GitHubAPI {
    let client: HTTPClient.Options
    /// What it is asked for, for the words of a failure.
    let operation: String
    /// What a status means that says that the login may not, and what to do.
    let refusals: [Int: (cause: String, hint: String)]

    /// Asks, and reads the answer.
    /// - Parameter token: sent as `Authorization: Bearer`.
    /// - Throws: `.authentication` for a refusal, and for an answer of another form: never
    ///   with the answer, which may hold a token.
    func ask<Answer: Decodable>(
        _ url: String, _ body: HTTPRequest.Body, as token: String, _ cancellation: Cancellation
    ) throws(RemoteError) -> Answer {
        var request = HTTPRequest(
            url, answerType: "application/json", mostBytes: Limits.requestBytes,
            deadline: Limits.questionWait)
        request.body = body
        request.headers = [
            "Accept: application/vnd.github+json", "X-GitHub-Api-Version: 2022-11-28",
            "Authorization: Bearer \(token)", "Content-Type: application/json",
        ]
        var answer: [UInt8] = []
        do {
            let head = try HTTPClient(client).send(request, cancellation: cancellation) { piece in
                answer += piece
                return true
            }
            if [200, 201].contains(head.status) {
                return try JSONDecoder().decode(Answer.self, from: Data(answer))
            }
            guard let refusal = refusals[head.status] else {
                throw RemoteError(head, operation, url)
            }
            throw RemoteError(.authentication, operation, refusal.cause, hint: refusal.hint)
        } catch is DecodingError {
            throw RemoteError(
                .authentication, operation, "GitHub's answer is not as it was",
                hint: "syncctl doctor")
        } catch { throw RemoteError(any: error, operation) }
    }
}
