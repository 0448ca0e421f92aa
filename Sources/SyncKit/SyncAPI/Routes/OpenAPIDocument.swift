internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The description of the API: `openapi.json` beside this file, which tests hold against the
/// routes and the running daemon.
enum OpenAPIDocument {
    @Sendable static func serve(_: Request, _: SyncContext) async throws -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json", .cacheControl: "no-cache"],
            body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json)))
    }
}
