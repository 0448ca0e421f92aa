internal import SyncModel

extension VaultStatus {
    /// Says of a vault that waits for somebody that it does not work, whatever it was tried.
    mutating func failIfBlocked() {
        guard state == .blocked else { return }
        syncHealth.status = "failing"
        if syncHealth.lastError == nil { syncHealth.lastError = notices.first }
    }
}

extension VaultStatus.State {
    /// What the one word for where a vault stands is made of.
    struct Facts {
        var isPaused = false
        /// A folder, a large deletion or a failure waits for somebody.
        var isBlocked = false
        /// The remote cannot be reached.
        var isOffline = false
        var hasConflicts = false
        /// Folders, head and remote were compared and are the same.
        var isInSync = false
        var isExchanging = false
    }

    /// The most urgent of several facts, with a daemon and without.
    init(_ facts: Facts) {
        if facts.isPaused {
            self = .paused
        } else if facts.isBlocked {
            self = .blocked
        } else if facts.isOffline {
            self = .offline
        } else if facts.hasConflicts {
            self = .conflicts
        } else if facts.isInSync {
            self = .inSync
        } else {
            self = facts.isExchanging ? .syncing : .pending
        }
    }
}
