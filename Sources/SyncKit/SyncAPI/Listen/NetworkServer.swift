internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import NIOSSL
package import ServiceLifecycle
package import SyncEngine
package import SyncModel

/// Serves a vault's routes over TCP. Whatever is wrong with that is a warning in the status and is
/// tried again: syncing does not depend on it.
package struct NetworkServer: Service {
    private let http: Configuration.HTTP
    private let routes: SyncRoutes
    private let board: StatusBoard
    private let log: Logger
    /// What the library says is of no use to the vault's user.
    private var library: Logger

    /// - Parameters:
    ///   - http: where to listen; `listen` is not empty.
    ///   - board: told why nobody is listening.
    package init(
        _ http: Configuration.HTTP, _ routes: SyncRoutes, _ board: StatusBoard, log: Logger
    ) {
        (self.http, self.routes, self.board) = (http, routes, board)
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
        var channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [SlowClientHandler()],
            idleTimeout: .init(Limits.clientWait))
        channel.httpDecoder = .init(
            maxHeaderFieldSize: Limits.requestHeaderBytes,
            maxHeaderListSize: Limits.requestHeaderBytes)
        let plain = HTTPServerBuilder.http1(configuration: channel)
        let application = Application(
            router: routes.router(at: .network(NetworkDoor(http))),
            server: try http.certificate.map { certificate in
                try .tls(plain, tlsConfiguration: Self.tls(certificate, key: http.key ?? ""))
            } ?? plain,
            configuration: .init(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(Limits.connections, logger: library)),
            onServerRunning: { [board] _ in board.warn(nil, of: .listener) },
            logger: library)
        guard let certificate = http.certificate else { return try await application.run() }
        let began = try Self.time(of: certificate)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask { try await Self.waitForChange(of: certificate, since: began) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Waits until another certificate stands at a path: whoever renews it tells nobody.
    private static func waitForChange(of path: String, since began: FileTime) async throws {
        let clock = ContinuousClock()
        while true {
            try await clock.sleep(for: Limits.certificateCheck)
            do { if try time(of: path) != began { return } } catch {
                // It is being replaced: the next look tells.
            }
        }
    }

    /// When a file was written, by its own account, which may be any time.
    private struct FileTime: Equatable {
        let seconds: Int
        let nanoseconds: Int
    }

    private static func time(of path: String) throws -> FileTime {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ControlSocketError.last("read", path)
        }
        return FileTime(
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }

    private static func tls(_ certificate: String, key: String) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    private static func words(_ error: any Error) -> String {
        if let error = error as? IOError {
            return String(cString: strerror(error.errnoCode))
        }
        return "\(error)"
    }
}
