internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore

@testable import SyncAPI

extension ServedVault {
    /// Makes one request at the control socket's door.
    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil,
        _ headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        let application = Application(router: try routes.router(at: .socket))
        return try await application.test(.router) { client in
            try await client.execute(
                uri: path, method: method, headers: headers,
                body: body.map { ByteBuffer(string: $0) })
        }
    }
}

/// Reads an answer.
func decode<Value: Decodable>(_ response: TestResponse) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(response.body.readableBytesView))
}
