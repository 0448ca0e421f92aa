internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel

/// Gives what can be read an `ETag`, and answers 304 to whoever has it already; refuses such
/// conditions where something is changed.
struct ConditionalMiddleware: RouterMiddleware {
    let endpoints: [Endpoint]

    @concurrent func handle(
        _ request: Request, context: SyncContext,
        next: @concurrent (Request, SyncContext) async throws -> Response
    ) async throws -> Response {
        // A method that a route does not have is answered as that.
        if endpoints.haveChange(request) {
            // Whoever sends one takes it for kept: a change would be made in spite of it.
            for name in [HTTPField.Name.ifMatch, .ifNoneMatch, .ifUnmodifiedSince]
            where request.headers[name] != nil {
                throw HTTPError(
                    .badRequest,
                    message: "\(name) has no say here: a file's version goes into if_match of the "
                        + "body, and dry_run shows what a change would do")
            }
        }
        var response = try await next(request, context)
        // A range, be it there or not, is asked for after the condition (RFC 9110, 13.2.2).
        let isFound = [.ok, .partialContent, .rangeNotSatisfiable].contains(response.status)
        guard !request.method.changes, isFound else { return response }
        if response.headers[.eTag] == nil {
            // A stream has no length, and no end to be hashed.
            guard response.headers[.contentType] == "application/json",
                let bytes = try await Self.bytes(of: response)
            else { return response }
            response.headers[.eTag] = "\"\(Hex.string(SHA256Digest.of(bytes).prefix(16)))\""
            response.body = .init(byteBuffer: ByteBuffer(bytes: bytes))
        }
        guard let tag = response.headers[.eTag], let known = request.headers[.ifNoneMatch] else {
            return response
        }
        let tags = known.split(separator: ",").map { tag in
            let tag = tag.filter { $0 != " " }
            return tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
        }
        guard tags.contains(tag) || tags == ["*"] else { return response }
        return Response(status: .notModified, headers: [.eTag: tag])
    }

    private static func bytes(of response: Response) async throws -> [UInt8]? {
        guard response.body.contentLength != nil else { return nil }
        let collector = BodyCollector()
        try await response.body.write(collector)
        return collector.bytes
    }
}

/// Takes an answer's body into memory: JSON answers are there already.
final class BodyCollector: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
