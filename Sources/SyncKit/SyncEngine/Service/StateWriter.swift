internal import SyncModel
internal import SyncStore

/// Writes `state.json`: soon, many changes at once, and no more often than takes a small share of
/// the time.
final class StateWriter {
    private let path: String
    /// A write that is to come.
    private var next: Task<Void, Never>?
    /// How long the last one took.
    private var took = Duration.zero

    init(_ configuration: Configuration) { path = configuration.stateDirectory + "/state.json" }

    /// Whether something was written in this run.
    var hasWritten: Bool { took != .zero }

    /// Runs `write` soon, if nothing is to be run already.
    func schedule(_ write: @escaping @Sendable () async -> Void) {
        if next != nil { return }
        let delay = max(Duration.seconds(1), took * 30)
        next = Task {
            // A timer: what is written meanwhile goes into the same write.
            let clock = ContinuousClock()
            do { try await clock.sleep(for: delay) } catch { return }
            await write()
        }
    }

    /// Writes now.
    /// - Throws: what the state store, the repository or the file system says.
    func write(_ status: VaultStatus, of vault: Vault, _ conflicts: () throws -> [OpenConflict])
        throws
    {
        next = nil
        let began = ContinuousClock.now
        defer { took = ContinuousClock.now - began }
        var file = StateFile()
        file.lastSync = status.lastSync
        file.files = try vault.store.recent(limit: Limits.stateFiles)
        for folder in vault.folders { file.fileCount += try vault.store.count(folder.id) }
        file.pendingConflicts = try conflicts()
        file.resolvedConflicts = try vault.store.resolved()
        file.syncHealth = status.syncHealth
        _ = try StateFile.write(file.rendered(), to: path)
    }
}
