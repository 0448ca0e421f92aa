package import SyncHistory
package import SyncModel

/// What clients ask beside a cycle.
extension VaultService {
    /// Wakes the exchange and does not wait for it; many calls are one cycle.
    package func trigger() {
        turns.requests.trigger()
        wake()
    }

    /// The same for somebody who knows that the remote changed: `Limits.heededWords` at once,
    /// others one a second.
    package func remoteChanged() {
        turns.tell(at: .now)
        wake()
    }

    /// Captures everything that was written before the call.
    /// - Returns: the head, and whether it holds all of that: not while the vault is paused, a
    ///   file could not be read or one is held back.
    /// - Throws: `RepositoryError` when the head cannot be read, `StateStoreError`.
    package func barrier() throws -> Flushed {
        let isCaptured: Bool
        if isPaused {
            // Nothing is captured then, and all may be committed all the same.
            for folder in vault.folders {
                inbox.keepChanged(of: .everything, in: folder, vault.store)
            }
            isCaptured = try inbox.isEmpty && DiskLook(vault: vault).isCommitted()
        } else {
            inbox.addAll(of: vault.folders)
            isCaptured = capture(live: false)
        }
        publish()
        wake()
        let isWhole =
            try isCaptured && vault.local.rechecks.isEmpty
            && !vault.report.quarantined(ignored: false).contains(where: \.isOfEdits)
        return Flushed(
            head: try vault.head(), complete: isWhole,
            applied: try !DiskLook(vault: vault).isBehind())
    }

    /// How a commit differs from what the folders hold.
    /// - Parameter path: only this file, or what is below this directory; nil is everything.
    /// - Returns: by path; a folder that is not there counts as unchanged.
    package func differences(from commit: ObjectID, _ path: TreePath?) throws -> [FileDifference] {
        let tree = try vault.repository.commit(commit).tree
        return try DiskLook(vault: vault).differences(from: tree, path) { _ in }
    }

    /// As `DiskLook.uncommitted`.
    package func uncommitted() throws -> Uncommitted { try DiskLook(vault: vault).uncommitted() }

    /// How far each device had applied when the remote was last seen.
    package func devices() -> [String: ObjectID] { vault.tracker.seen?.devices ?? [:] }
}
