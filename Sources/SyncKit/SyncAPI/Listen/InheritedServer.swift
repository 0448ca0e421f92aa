internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1
internal import NIOPosix
internal import ServiceLifecycle
internal import SyncModel

/// Serves at a socket that is bound already, which the library's own server cannot take.
struct InheritedServer<Child: ServerChildChannel>: Service {
    let socket: CInt
    let child: Child
    let running: @Sendable () async -> Void
    let log: Logger

    /// Serves until a graceful shutdown; requests under way are answered first.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelInitializer { [log] channel in
                channel.eventLoop.makeCompletedFuture {
                    let operations = channel.pipeline.syncOperations
                    try operations.addHandler(
                        AvailableConnectionsChannelHandler(
                            delegate: MaximumAvailableConnections(
                                DescriptorLimit.connections, logger: log)))
                    try operations.addHandler(
                        quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [child, log] channel in
                child.setup(channel: channel, logger: log).map { value in
                    // It ends with its connection, which the end of the server closes.
                    Task { await child.handle(value: value, logger: log) }
                }
            }
            .withBoundSocket(socket).get()
        try await withGracefulShutdownHandler {
            await running()
            try await channel.closeFuture.get()
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: nil)
        }
    }
}

extension Router<SyncContext> {
    /// Answers requests as the library's `Application` does.
    func responder(log: Logger) -> HTTPChannelHandler.Responder {
        let responder = buildResponder()
        return { request, writer, channel in
            let context = SyncContext(source: .init(channel: channel, logger: log))
            var response: Response
            do {
                response = try await responder.respond(to: request, context: context)
            } catch let error as HTTPParserError { throw error } catch {
                response = Response(status: .internalServerError)
            }
            response.headers[.date] = Self.date()
            try await writer.write(response: response.head, body: response.body)
        }
    }

    /// Now, as HTTP writes it. Source: RFC 9110, section 5.6.7.
    private static func date() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 40)
        let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
