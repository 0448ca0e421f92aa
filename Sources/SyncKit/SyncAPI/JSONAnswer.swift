internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel

/// JSON answers, and problems after RFC 9457.
enum JSONAnswer {
    /// The body of a problem.
    struct Problem: Codable {
        var type = "about:blank"
        let title: String
        let status: Int
        let detail: String
    }

    /// Answers with a value.
    static func of(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) throws -> Response
    {
        try bytes(value, status, "application/json")
    }

    /// Answers with a problem.
    /// - Parameter detail: what is wrong, for a person.
    static func problem(_ status: HTTPResponse.Status, _ detail: String) throws -> Response {
        try bytes(
            Problem(title: status.reasonPhrase, status: status.code, detail: detail), status,
            "application/problem+json")
    }

    private static func bytes(
        _ value: some Encodable, _ status: HTTPResponse.Status, _ type: String
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(value)
        return Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}

/// Turns what a route throws, and a route that does not exist, into a problem.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    @concurrent func handle(
        _ request: Request, context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch let error as HTTPError {
            let words =
                error.status == .notFound
                ? "there is no \(request.method.rawValue) \(request.uri.path)" : error.body ?? ""
            return try JSONAnswer.problem(error.status, words)
        } catch is NIOTooManyBytesError {
            return try JSONAnswer.problem(
                .contentTooLarge, "a body has at most \(Limits.requestBytes >> 20) MiB")
        } catch {
            return try JSONAnswer.problem(.internalServerError, "\(error)")
        }
    }
}
