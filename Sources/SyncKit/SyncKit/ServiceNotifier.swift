internal import Glibc
internal import SyncEngine
internal import SyncModel
internal import Synchronization

/// What the service manager is told: that the daemon is ready, how it stands, that it gets on.
/// Without one nothing is said. Source: sd_notify(3), systemd.service(5).
final class ServiceNotifier: Sendable {
    private struct Told {
        var isReady = false
        var isEnding = false
        var status = ""
    }

    private let socket: NotifySocket?
    /// How long the manager waits for a sign of life; nil when it does not.
    private let watchdog: Duration?
    private let told = Mutex(Told())

    /// Takes what the manager put into the process's environment.
    init(_ environment: [String: String]) {
        socket = NotifySocket(environment["NOTIFY_SOCKET"])
        watchdog = Self.watchdog(environment, of: getpid())
    }

    /// How long the manager waits; nil when it does not, or waits for another process.
    static func watchdog(_ environment: [String: String], of process: Int32) -> Duration? {
        guard let time = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), time > 0 else {
            return nil
        }
        if let owner = environment["WATCHDOG_PID"], owner != "\(process)" { return nil }
        return .microseconds(time)
    }

    /// Follows a service from its start to its end: ready once its folders were looked at, its
    /// status when that changes, and signs of life for as long as its engine gets on.
    func follow(_ service: VaultService) async {
        guard socket != nil else { return }
        service.events.follow { [weak self] event in
            if case .status(let status) = event { self?.tell(status) }
        }
        tell(service.board.status)
        await withTaskGroup(of: Void.self) { group in
            let more = Int64(Limits.startPulse / .microseconds(1))
            group.addTask {
                await self.pulse(service, Limits.startPulse / 3, "EXTEND_TIMEOUT_USEC=\(more)")
            }
            await service.progress.waitForCapture()
            group.cancelAll()
        }
        if Task.isCancelled { return }
        ready()
        guard let watchdog else { return }
        await pulse(service, watchdog / 3, "WATCHDOG=1")
    }

    /// The configuration is about to be read again. Says nothing before the start is over.
    func reloading() {
        told.withLock { told in
            guard told.isReady, !told.isEnding else { return }
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
            send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
        }
    }

    /// A reload changed nothing: all is as it was.
    func reloaded() { told.withLock { if $0.isReady && !$0.isEnding { send(["READY=1"]) } } }

    /// The daemon is about to end.
    func stopping() {
        told.withLock { told in
            told.isEnding = true
            send(["STOPPING=1", "STATUS=ending"])
        }
    }

    private func ready() {
        told.withLock { told in
            if told.isEnding { return }
            told.isReady = true
            send(["READY=1"])
        }
    }

    private func tell(_ status: VaultStatus) {
        let words = Self.words(status)
        told.withLock { told in
            if told.isEnding || told.status == words { return }
            told.status = words
            send(["STATUS=\(words)"])
        }
    }

    /// A status in one line, as `syncctl status` begins: the state, and what is first in the way.
    static func words(_ status: VaultStatus) -> String {
        let what = status.unfinished.first ?? "vault \(status.vault) on \(status.device)"
        return SafeText.escaped("\(status.state.rawValue): \(what)")
    }

    /// Signs of life, while the engine gets on: it takes a turn, or does one step after the other
    /// of something long. A timer alone would go on for an engine that hangs.
    private func pulse(_ service: VaultService, _ interval: Duration, _ sign: String) async {
        // As the manager counts: not while the machine sleeps.
        let clock = SuspendingClock()
        let isAsking = Flag()
        var seen = service.progress.count
        while !Task.isCancelled {
            if isAsking.raise() {
                Task {
                    await service.takeTurn()
                    isAsking.lower()
                }
            }
            do { try await clock.sleep(for: interval) } catch { return }
            let count = service.progress.count
            if count != seen { send([sign]) }
            seen = count
        }
    }

    private func send(_ lines: [String]) { socket?.send(lines) }

    /// Whether a question is on its way; from any thread.
    private final class Flag: Sendable {
        private let isUp = Atomic(false)

        /// Raises it; false when it was up.
        func raise() -> Bool { !isUp.exchange(true, ordering: .acquiringAndReleasing) }

        func lower() { isUp.store(false, ordering: .releasing) }
    }
}
