internal import SyncModel

/// What a status says beside what the vault itself knows.
struct ServicePicture {
    var isRunning = false
    var isPaused = false
    var isExchanging = false
    /// Whether folders, head and remote were brought together since the start.
    var hasExchanged = false
    /// What waits for its capture.
    var inbox = Inbox()
    let health: ServiceHealth
    /// What else to tell.
    var notices: [String] = []
    /// Nil while nothing is watched.
    var watch: WatchReport?
    /// How often folders are scanned that cannot be watched.
    let poll: Duration

    /// The status of a vault.
    /// - Parameter before: what was said last.
    func status(of vault: Vault, after before: VaultStatus) -> VaultStatus {
        var status = before
        status.daemon = isRunning ? "running" : "stopped"
        var unsigned: String?
        do {
            try vault.report.describe(&status)
            unsigned = try vault.writer.unsigned()
            status.pending.changes += inbox.count
            status.state = try state(of: vault, status)
        } catch {
            status.state = .blocked
            status.notices = [SyncFailure(error).text]
        }
        let failure = health.failure
        for failure in health.all where !status.notices.contains(failure.text) {
            status.notices.append(failure.text)
        }
        status.notices += notices
        status.offlineSince = health.offlineSince?.iso8601
        status.syncHealth.lastError = failure?.message
        status.syncHealth.consecutiveFailures = health.failures
        status.syncHealth.status =
            failure == nil ? "healthy" : failure?.kind == .retry ? "degraded" : "failing"
        status.failIfBlocked()
        if status.syncHealth.status == "healthy", let unsigned {
            status.syncHealth.status = "degraded"
            status.syncHealth.lastError = unsigned
        }
        if let watch {
            status.watch = watch.status
            if let words = watch.blindness(poll: poll) { status.notices.append(words) }
        }
        return status
    }

    /// The one word for where the vault stands, the most urgent first.
    private func state(of vault: Vault, _ status: VaultStatus) throws -> VaultStatus.State {
        let failures = health.all
        let isQuiet = inbox.isEmpty && failures.isEmpty && hasExchanged
        return .init(
            .init(
                isPaused: isPaused,
                isBlocked: vault.folders.contains {
                    $0.stopped != nil || !$0.quarantinedDeletions.isEmpty
                } || failures.contains { !$0.isRemote && $0.kind == .needsUser },
                isOffline: failures.contains(where: \.isRemote), hasConflicts: status.conflicts > 0,
                isInSync: try isQuiet && vault.report.isInSync(), isExchanging: isExchanging))
    }
}
