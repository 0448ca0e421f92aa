internal import Glibc
internal import Hummingbird
package import Logging
internal import ServiceLifecycle
internal import SyncModel

/// Serves a vault's routes on its control socket, for the vault's user alone.
package struct ControlServer: Service {
    private let path: String
    private let routes: SyncRoutes
    private let log: Logger

    /// Takes where to listen and what to serve.
    /// - Parameters:
    ///   - path: the socket; the caller holds the vault's lock, so that a socket which is there
    ///     was left by a daemon that is gone.
    ///   - log: told what goes wrong.
    package init(_ path: String, _ routes: SyncRoutes, log: Logger) {
        self.path = path
        self.routes = routes
        var log = log
        // The library says much that is of no use to the vault's user.
        log.logLevel = .warning
        self.log = log
    }

    /// Serves until a graceful shutdown; requests under way are answered first.
    /// - Throws: `ControlSocketError` when the socket cannot be made.
    package func run() async throws {
        try prepareDirectory()
        let (path, log) = (path, log)
        let application = Application(
            router: routes.router(at: .socket),
            configuration: .init(address: .unixDomainSocket(path: path)),
            onServerRunning: { _ in
                // The directory lets nobody else in before this.
                if chmod(path, 0o600) != 0 {
                    log.error("\(ControlSocketError.last("protect", path))")
                }
            },
            logger: log)
        try await application.run()
        if unlink(path) != 0 && errno != ENOENT {
            log.warning("\(ControlSocketError.last("remove", path))")
        }
    }

    /// Makes the socket's directory one that only the user can enter.
    private func prepareDirectory() throws(ControlSocketError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let directory = String(path[..<slash])
        if mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw .last("make", directory)
        }
        var status = stat()
        guard lstat(directory, &status) == 0 else { throw .last("look at", directory) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw ControlSocketError(
                operation: "use \(directory)", cause: "it is not a directory of this user's")
        }
        if status.st_mode & 0o077 != 0 && chmod(directory, 0o700) != 0 {
            throw .last("protect", directory)
        }
    }
}

/// Why there is no control socket.
package struct ControlSocketError: Error, Sendable, CustomStringConvertible {
    /// What was tried and with which path, in words.
    package let operation: String
    /// The system's words, or ours.
    package let cause: String

    /// The system's last failure.
    static func last(_ verb: String, _ path: String) -> ControlSocketError {
        ControlSocketError(operation: "\(verb) \(path)", cause: String(cString: strerror(errno)))
    }

    package var description: String { "control socket: \(operation): \(cause)" }
}
