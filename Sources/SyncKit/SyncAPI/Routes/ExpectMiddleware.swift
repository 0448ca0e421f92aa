internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes

/// Tells a client that waits to be asked for its body to go on, once somebody is about to read it
/// (RFC 9110, 10.1.1): who is refused by the head sends none.
struct ExpectMiddleware: RouterMiddleware {
    @concurrent func handle(
        _ request: Request, context: SyncContext,
        next: @concurrent (Request, SyncContext) async throws -> Response
    ) async throws -> Response {
        guard let expected = request.headers[.expect] else {
            return try await next(request, context)
        }
        guard expected.lowercased() == "100-continue", let channel = context.channel else {
            throw HTTPError(
                .expectationFailed, message: "expected no Expect but 100-continue")
        }
        var request = request
        request.body = RequestBody(
            asyncSequence: AwaitedBody(body: request.body, channel: channel))
        return try await next(request, context)
    }
}

/// A body whose client is told to send it by whoever reads it first.
private struct AwaitedBody: AsyncSequence, Sendable {
    let body: RequestBody
    let channel: any Channel

    struct AsyncIterator: AsyncIteratorProtocol {
        var body: RequestBody.AsyncIterator
        /// Nil once the client was told.
        var channel: (any Channel)?

        mutating func next() async throws -> ByteBuffer? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
            if let channel {
                self.channel = nil
                let part = HTTPResponsePart.head(HTTPResponse(status: .continue))
                try await channel.writeAndFlush(part)
            }
            return try await body.next(isolation: actor)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: body.makeAsyncIterator(), channel: channel)
    }
}
