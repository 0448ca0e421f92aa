internal import FoundationEssentials
internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import Metrics
internal import NIOCore
internal import SyncEngine
internal import SyncModel
internal import Synchronization

/// What is counted and measured of a vault. No label is a path, a device or anything else of which
/// there may be many.
final class VaultMetrics: Sendable {
    private let registry = PrometheusRegistry(families)
    private let service: VaultService
    private let ring: EventRing
    /// When an exchange of this daemon last ended well, in seconds since 1970; 0 before the first.
    private let lastSync = Mutex(0.0)

    /// Follows the vault from now on.
    init(_ service: VaultService, _ ring: EventRing) {
        (self.service, self.ring) = (service, ring)
        // Each series is there from the start: an alert on one that is missing fires never.
        for result in ["success", "failure"] { syncs(result).increment(by: 0) }
        for result in Self.deliveryResults { deliveries(result).increment(by: 0) }
        for step in CycleStep.allCases { _ = stage(step) }
        _ = registry.makeTimer(label: "syncd_sync_duration_seconds", dimensions: [])
        _ = registry.makeTimer(label: "syncd_edit_to_pushed_seconds", dimensions: [])
        retries.increment(by: 0)
        resolved.increment(by: 0)
        service.events.follow { [weak self] in self?.note($0) }
    }

    /// Notes a delivery.
    /// - Parameter result: one of `deliveryResults`.
    func delivered(_ result: String) { deliveries(result).increment() }

    @Sendable func serve(_: Request, _: SyncContext) async throws -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text())))
    }

    /// Everything, in Prometheus' text format.
    func text() -> String {
        let status = service.board.status
        gauge("syncd_pending_changes", Double(status.pending.changes))
        gauge("syncd_commits_to_push", Double(status.pending.commitsToPush))
        gauge("syncd_open_conflicts", Double(status.conflicts))
        gauge("syncd_quarantined_paths", Double(status.quarantined))
        gauge("syncd_watches", Double(status.watch.directories))
        gauge("syncd_watches_limit", Double(status.watch.limit))
        gauge("syncd_event_streams", Double(ring.followers))
        gauge("syncd_last_sync_timestamp_seconds", lastSync(status))
        gauge("syncd_in_sync", status.state == .inSync ? 1 : 0)
        let duration = registry.makeTimer(label: "syncd_sync_duration_seconds", dimensions: [])
        gauge("syncd_sync_duration_average_seconds", (duration as? HistogramValue)?.mean ?? 0)
        ProcessFigures.note { gauge($0, $1) }
        return registry.text()
    }

    /// When an exchange last ended well; of one before this daemon, when something last moved.
    private func lastSync(_ status: VaultStatus) -> Double {
        let moved = [status.lastSync.localToRemote, status.lastSync.remoteToLocal]
        let times = moved.compactMap { text -> Double? in
            // Without a time that can be read the gauge says 0, which alerts.
            text.flatMap { try? Date($0, strategy: .iso8601) }?.timeIntervalSince1970
        }
        return max(lastSync.withLock { $0 }, times.max() ?? 0)
    }

    static let deliveryResults = ["queued", "duplicate", "ignored", "refused"]

    private func note(_ event: VaultEvent) {
        switch event {
        case .step(let step, let took): stage(step).record(duration: took)
        case .exchangeEnded(let took, let failure):
            syncs(failure == nil ? "success" : "failure").increment()
            Metrics.Timer(
                label: "syncd_sync_duration_seconds", dimensions: [], factory: registry
            ).record(duration: took)
            if failure == nil {
                lastSync.withLock { $0 = Double(time(nil)) }
            } else {
                retries.increment()
            }
        case .pushed(_, _, let sinceEdit?):
            Metrics.Timer(
                label: "syncd_edit_to_pushed_seconds", dimensions: [], factory: registry
            ).record(duration: sinceEdit)
        case .conflictResolved: resolved.increment()
        default: break
        }
    }

    private func syncs(_ result: String) -> Counter {
        Counter(label: "syncd_syncs_total", dimensions: [("result", result)], factory: registry)
    }

    private func deliveries(_ result: String) -> Counter {
        Counter(
            label: "syncd_webhook_deliveries_total", dimensions: [("result", result)],
            factory: registry)
    }

    private var retries: Counter {
        Counter(label: "syncd_retries_total", dimensions: [], factory: registry)
    }

    private var resolved: Counter {
        Counter(label: "syncd_conflicts_resolved_total", dimensions: [], factory: registry)
    }

    private func stage(_ step: CycleStep) -> Metrics.Timer {
        Metrics.Timer(
            label: "syncd_stage_duration_seconds", dimensions: [("stage", step.rawValue)],
            factory: registry)
    }

    private func gauge(_ name: String, _ value: Double) {
        registry.makeMeter(label: name, dimensions: []).set(value)
    }

    private static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private static let families: [String: PrometheusRegistry.Family] = [
        "syncd_syncs_total": .init(help: "Exchanges with the remote that ended, by result."),
        "syncd_sync_duration_seconds": .init(
            help: "How long exchanges took.", buckets: seconds),
        "syncd_sync_duration_average_seconds": .init(
            help: "How long exchanges took on average since the start."),
        "syncd_last_sync_timestamp_seconds": .init(
            help: "When an exchange last ended well, since 1970; 0 before the first."),
        "syncd_pending_changes": .init(help: "Changes that wait to be captured or applied."),
        "syncd_commits_to_push": .init(help: "Commits that the remote has not."),
        "syncd_conflicts_resolved_total": .init(help: "Conflicts that were resolved."),
        "syncd_open_conflicts": .init(help: "Conflicts that are open."),
        "syncd_quarantined_paths": .init(help: "Paths that are held back."),
        "syncd_stage_duration_seconds": .init(
            help: "How long the steps of a cycle took.", buckets: seconds),
        "syncd_edit_to_pushed_seconds": .init(
            help: "From the moment an edit was noticed until the remote had it.",
            buckets: seconds),
        "syncd_webhook_deliveries_total": .init(help: "Webhook deliveries, by result."),
        "syncd_retries_total": .init(help: "Exchanges that failed and are tried again."),
        "syncd_watches": .init(help: "Directories that are watched."),
        "syncd_watches_limit": .init(help: "Directories that the system lets a user watch."),
        "syncd_event_streams": .init(help: "Clients that follow the events."),
        "syncd_in_sync": .init(help: "1 while folders, head and remote are the same."),
        "process_resident_memory_bytes": .init(help: "Resident memory."),
        "process_cpu_seconds_total": .init(
            help: "Processor time that was used.", isCounter: true),
        "process_open_fds": .init(help: "Open file descriptors."),
        "process_start_time_seconds": .init(help: "When the process began, since 1970."),
    ]
}
