import SyncEngine
import SyncModel

/// Changes that one command makes, one after the other: through the daemon or, when that is not
/// running, on the vault itself, which is opened once for all of them.
final class ChangeSeries {
    private let client: DaemonClient
    private let isDryRun: Bool
    private var service: VaultService?
    private var hasChanged = false

    /// - Parameter isDryRun: no change of them changes anything.
    init(_ client: DaemonClient, isDryRun: Bool) {
        (self.client, self.isDryRun) = (client, isDryRun)
    }

    /// Makes a change.
    /// - Parameters:
    ///   - route: of the daemon's API, given the request.
    ///   - work: the same without the daemon.
    func make(
        _ route: String, _ request: some Encodable,
        _ work: (VaultService) async throws -> ChangeReport
    ) async throws -> ChangeReport {
        if let service { return try await make(work, in: service) }
        let (client, isDryRun) = (client, isDryRun)
        return try await client.askOrOpen(
            ask: { try client.askIfRunning("POST", route, request, within: Limits.cycleWait) },
            open: { try Changing.open($0, $1, isDryRun: isDryRun) },
            work: { service in
                self.service = service
                return try await make(work, in: service)
            })
    }

    private func make(
        _ work: (VaultService) async throws -> ChangeReport, in service: VaultService
    ) async throws -> ChangeReport {
        let report = try await work(service)
        if report.commit != nil { hasChanged = true }
        return report
    }

    /// Has what was made without the daemon go to the remote, as far as that can be reached, else
    /// with the next cycle; and gives the vault back.
    func end() async {
        if hasChanged, let service { _ = await service.sync() }
        service = nil
    }
}
