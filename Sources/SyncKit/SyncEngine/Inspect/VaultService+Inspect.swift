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
    /// - Returns: the head, and whether it holds all of that: not while the vault is paused or a
    ///   file could not be read.
    /// - Throws: `RepositoryError` when the head cannot be read.
    package func barrier() throws(RepositoryError) -> Flushed {
        guard !isPaused else { return Flushed(head: try vault.head(), complete: false) }
        inbox.addAll(of: vault.folders)
        let isCaptured = capture(live: false)
        publish()
        wake()
        return Flushed(head: try vault.head(), complete: isCaptured && vault.local.rechecks.isEmpty)
    }

    /// How far each device had applied when the remote was last seen.
    package func devices() -> [String: ObjectID] { vault.tracker.seen?.devices ?? [:] }
}
