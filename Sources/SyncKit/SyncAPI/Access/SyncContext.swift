package import Hummingbird
internal import NIOCore
internal import SyncModel

/// What is known of one request beside itself.
package struct SyncContext: RequestContext {
    /// What the library keeps of a request.
    package var coreContext: CoreRequestContextStorage
    /// The other end of the connection; nil over a socket.
    let peer: String?
    /// The connection.
    let channel: (any Channel)?
    /// Who asks, once that was found out.
    var caller = Caller(identity: .nobody, scope: nil, address: "")

    /// Whether whoever asked may still: a token may be revoked, or expire, while an answer goes on.
    var isAdmitted: @Sendable () -> Bool = { true }

    /// A part of the path, decoded: the router gives it as it was sent, in percents.
    /// - Throws: 400 where no text was sent.
    func parameter(_ name: String) throws -> String {
        guard let bytes = PercentEncoding.bytes(try parameters.require(name)),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw HTTPError(.badRequest, message: "\(name) is no text") }
        return text
    }

    /// Begins with what the connection tells.
    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        peer = source.channel.remoteAddress?.ipAddress
    }
}
