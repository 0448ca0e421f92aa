internal import Glibc
internal import Hummingbird
package import Logging
internal import ServiceLifecycle
internal import SyncModel
internal import Synchronization

/// Serves a vault's routes on its control socket, for the vault's user alone.
package struct ControlServer: Service {
    private let path: String
    private let routes: SyncRoutes
    private let isAgain: Bool
    private let log: Logger
    private let pause: Duration

    /// Takes where to listen and what to serve.
    /// - Parameters:
    ///   - path: the socket; the caller holds the vault's lock, so that a socket which is there
    ///     was left by a daemon that is gone.
    ///   - isAgain: whether the daemon served before: it goes on without a socket then until one
    ///     can be made.
    ///   - log: told what goes wrong.
    ///   - pause: between two looks at whether the socket is still there.
    package init(
        _ path: String, _ routes: SyncRoutes, isAgain: Bool = false, log: Logger,
        lookingAfter pause: Duration = Limits.socketPause
    ) {
        (self.path, self.isAgain, self.pause) = (path, isAgain, pause)
        self.routes = routes
        var log = log
        // The library says much that is of no use to the vault's user.
        log.logLevel = .warning
        self.log = log
    }

    /// Serves until a graceful shutdown; requests under way are answered first. Where somebody
    /// takes the socket away, as the last logout does with `$XDG_RUNTIME_DIR`, it makes another.
    /// - Throws: `ControlSocketError` when the socket cannot be made at first.
    package func run() async throws {
        let bound = Bound(path)
        var (end, isAgain) = (End.lost, isAgain)
        while end == .lost {
            do {
                if isAgain {
                    if await !makeRoom() { return }
                } else {
                    try prepareDirectory()
                }
                end = try await serve(bound)
                if end == .lost {
                    log.warning("\(path) was removed or replaced: listening there anew")
                }
            } catch {
                if !isAgain { throw error }
                log.warning("\(path): \(error)")
                if await !isToGoOn() { return }
            }
            isAgain = true
        }
        if bound.stands == true && unlink(path) != 0 {
            log.warning("\(ControlSocketError.last("remove", path))")
        }
    }

    /// Why it does not listen any more.
    private enum End {
        case asked, lost
    }

    private func serve(_ bound: Bound) async throws -> End {
        let (path, log, pause) = (path, log, pause)
        bound.forget()
        let clock = ContinuousClock()
        let application = Application(
            router: routes.router(at: .socket),
            configuration: .init(address: .unixDomainSocket(path: path)),
            onServerRunning: { _ in
                // The directory lets nobody else in before this.
                if chmod(path, 0o600) != 0 {
                    log.error("\(ControlSocketError.last("protect", path))")
                }
                bound.note()
            },
            logger: log)
        return try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask {
                try await application.run()
                return .asked
            }
            group.addTask {
                try await cancelWhenGracefulShutdown {
                    while true {
                        try await clock.sleep(for: pause)
                        if bound.stands == false { return .lost }
                    }
                }
            }
            defer { group.cancelAll() }
            while let result = await group.nextResult() {
                // Where the look is cancelled, what serves ends by itself.
                if case .failure(let error) = result, error is CancellationError { continue }
                return try result.get()
            }
            return .asked
        }
    }

    /// Makes the socket's directory again, as soon as that can be done and nothing but a socket has
    /// its name. What stands in the way is said when it is found.
    /// - Returns: false when it is to end.
    private func makeRoom() async -> Bool {
        var said: String?
        repeat {
            do throws(ControlSocketError) {
                try prepareDirectory()
                var status = stat()
                if lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFSOCK { return true }
                throw ControlSocketError(
                    operation: "use \(path)", cause: "something else than a socket stands there")
            } catch {
                let text = "\(error)"
                if text != said { log.warning("\(text)") }
                said = text
            }
        } while await isToGoOn()
        return false
    }

    /// Waits between two tries.
    /// - Returns: false when it is to end.
    private func isToGoOn() async -> Bool {
        let (clock, pause) = (ContinuousClock(), pause)
        // Nothing else is thrown there than that it is to end.
        do { try await cancelWhenGracefulShutdown { try await clock.sleep(for: pause) } } catch {
            return false
        }
        return true
    }

    /// The socket that it listens on.
    private final class Bound: Sendable {
        private let path: String
        private let own = Mutex<FileIdentity?>(nil)

        init(_ path: String) { self.path = path }

        /// It is to be bound.
        func forget() { own.withLock { $0 = nil } }

        /// Its path was bound just now.
        func note() { own.withLock { $0 = FileIdentity(path, followingLink: false) } }

        /// Whether the path has it; nil before it is bound.
        var stands: Bool? {
            own.withLock { $0.map { $0 == FileIdentity(path, followingLink: false) } }
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
