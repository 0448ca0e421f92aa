internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
package import ServiceLifecycle
package import SyncEngine
package import SyncModel

/// Serves a vault's routes over TCP. Whatever is wrong with that is a warning in the status and is
/// tried again: syncing does not depend on it.
package struct NetworkServer: Service {
    private let http: Configuration.HTTP
    private let routes: SyncRoutes
    private let inherited: InheritedSocket?
    private let board: StatusBoard
    private let log: Logger
    /// What the library says is of no use to the vault's user.
    private var library: Logger

    /// - Parameters:
    ///   - http: where to listen; `listen` is not empty.
    ///   - inherited: what the service manager listens at for the daemon; then the port of
    ///     `listen` is not asked for.
    ///   - board: told why nobody is listening.
    package init(
        _ http: Configuration.HTTP, _ routes: SyncRoutes, at inherited: InheritedSocket? = nil,
        _ board: StatusBoard, log: Logger
    ) {
        (self.http, self.routes, self.inherited, self.board) = (http, routes, inherited, board)
        self.log = log
        library = log
        library.logLevel = .critical
    }

    /// Serves until a graceful shutdown.
    package func run() async throws {
        var said: String?
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                try await serve()
                said = nil
                continue
            } catch is CancellationError { return } catch {
                let words = "nobody can ask at \(http.listen): \(Self.words(error))"
                board.warn(words, of: .listener)
                if said != words { log.warning("\(words)") }
                said = words
            }
            await cancelWhenGracefulShutdown {
                // A timer: nothing tells when a port is free or a certificate is mended.
                let clock = ContinuousClock()
                do { try await clock.sleep(for: Limits.listenAgain) } catch { return }
            }
        }
    }

    private func serve() async throws {
        guard let (host, port) = http.address else { throw CancellationError() }
        defer { board.note(isListening: false) }
        var channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [SlowClientHandler()],
            idleTimeout: .init(Limits.clientWait))
        channel.httpDecoder = .init(
            maxHeaderFieldSize: Limits.requestHeaderBytes,
            maxHeaderListSize: Limits.requestHeaderBytes)
        let certificate = try http.certificate.map { try RenewedCertificate($0, key: http.key) }
        let router = routes.router(at: .network(NetworkDoor(http)))
        let running: @Sendable () async -> Void = { [board, routes] in
            board.note(isListening: true)
            board.warn(nil, of: .listener)
            routes.listens()
        }
        let server: any Service
        if let inherited {
            let plain = HTTP1Channel(
                responder: router.responder(log: library), configuration: channel)
            let socket = try inherited.copy(http)
            if let certificate {
                let child = try TLSChannel(plain, tlsConfiguration: certificate.configuration)
                server = InheritedServer(
                    socket: socket, child: child, running: running, log: library)
            } else {
                server = InheritedServer(
                    socket: socket, child: plain, running: running, log: library)
            }
        } else {
            let plain = HTTPServerBuilder.http1(configuration: channel)
            server = Application(
                router: router,
                server: try certificate.map {
                    try .tls(plain, tlsConfiguration: $0.configuration)
                } ?? plain,
                configuration: .init(
                    address: .hostname(host, port: port),
                    availableConnectionsDelegate: .maximum(
                        DescriptorLimit.connections, logger: library)),
                onServerRunning: { _ in await running() },
                logger: library)
        }
        guard let certificate else { return try await server.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { await certificate.follow(board, log) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func words(_ error: any Error) -> String {
        if let error = error as? IOError {
            let words = String(cString: strerror(error.errnoCode))
            if error.errnoCode != EADDRINUSE { return words }
            return words + ": each daemon needs a port of its own, listen in [http]"
        }
        return "\(error)"
    }
}
