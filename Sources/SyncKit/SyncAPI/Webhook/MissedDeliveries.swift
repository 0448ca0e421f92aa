internal import Logging
internal import ServiceLifecycle
internal import SyncEngine
internal import SyncModel
internal import SyncRemote
internal import SyncStore
internal import Synchronization

/// Asks GitHub for the deliveries again that nobody took: after the daemon was away, its listener
/// was down or it was offline, and from time to time, since who is in front may have been away.
/// Nothing hangs on it: the polls find what a delivery told of.
final class MissedDeliveries: Service {
    private let configuration: Configuration
    private let store: ServiceStore
    private let log: Logger
    private let wakeups: (stream: AsyncStream<Void>, wake: AsyncStream<Void>.Continuation)
    private let wasOffline = Mutex(false)
    /// What was asked for, by `guid`.
    private let asked = Mutex<Set<String>>([])

    /// Follows the vault from now on.
    init(_ service: VaultService, _ store: ServiceStore, log: Logger) {
        configuration = service.configuration
        (self.store, self.log) = (store, log)
        let made = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wakeups = (made.stream, made.continuation)
        service.events.follow { [weak self] event in
            if case .status(let status) = event { self?.note(isOffline: status.state == .offline) }
        }
    }

    /// Deliveries can be taken from now on: those that could not are asked for.
    func look() { wakeups.wake.yield() }

    private func note(isOffline: Bool) {
        let isBack = wasOffline.withLock { wasOffline in
            defer { wasOffline = isOffline }
            return wasOffline && !isOffline
        }
        if isBack { look() }
    }

    /// Looks whenever there is a reason, until a graceful shutdown.
    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var words = LastingWords()
            var timer: Task<Void, Never>?
            defer { timer?.cancel() }
            var webhook: (installed: InstalledWebhook, api: GitHubWebhook)?
            for await _ in wakeups.stream {
                var pause = Limits.deliveryLook
                do {
                    // It may be installed while the daemon runs.
                    let installed = try InstalledWebhook.read(configuration.stateDirectory)
                    if webhook?.installed != installed {
                        webhook = try installed.flatMap { installed in
                            try api(installed).map { (installed, $0) }
                        }
                    }
                    if let webhook { try await askAgain(webhook.installed, webhook.api) }
                    _ = words.note(nil, of: .exchange)
                } catch {
                    pause = (error as? RemoteError)?.retryAfter ?? Limits.deliveryLookAgain
                    let text =
                        "missed deliveries are not asked for again: \(SyncFailure(error).text)"
                    if let began = words.note(text, of: .exchange).began {
                        log.warning("\(began)")
                    }
                }
                // One at a time: what woke this up may not be the one before.
                timer?.cancel()
                timer = later(pause)
            }
        }
    }

    /// Nil where the webhook is another repository's by now.
    private func api(_ installed: InstalledWebhook) throws(RemoteError) -> GitHubWebhook? {
        guard let remote = configuration.remote, remote == installed.remote else { return nil }
        return try GitHubWebhook(
            remote: remote, auth: configuration.auth, environment: Machine().environment,
            operation: "ask for missed deliveries")
    }

    private func later(_ pause: Duration) -> Task<Void, Never> {
        Task { [weak self] in
            // A timer: nothing tells that a proxy in front of the listener was away.
            let clock = ContinuousClock()
            do { try await clock.sleep(for: pause) } catch { return }
            self?.look()
        }
    }

    private func askAgain(_ installed: InstalledWebhook, _ api: GitHubWebhook) async throws {
        let since = try store.looked(hook: installed.id) ?? installed.since
        let deliveries = try await api.deliveries(of: installed.id, since: since)
        let missed = asked.withLock { asked in
            asked.formIntersection(deliveries.map(\.guid))
            return GitHubDelivery.missed(deliveries, asked: asked)
        }
        let clock = ContinuousClock()
        for (index, delivery) in missed.enumerated() {
            // A timer: GitHub wants a second between requests that change something.
            if index > 0 { try await clock.sleep(for: Limits.redeliveryPause) }
            try await api.redeliver(delivery, of: installed.id)
            _ = asked.withLock { $0.insert(delivery.guid) }
        }
        if !missed.isEmpty { log.info("asked GitHub for \(missed.count) missed deliveries again") }
        if let newest = deliveries.map(\.delivered).max() {
            try store.setLooked(hook: installed.id, newest)
        }
    }
}
