internal import Logging
internal import SyncModel
internal import SyncRemote
internal import SyncWatch

/// Publishing where the vault stands: the board at once, `state.json` soon.
extension VaultService {
    /// Puts the present picture on the board.
    func publish() {
        let before = board.status
        var status = before
        status.daemon = life.loop == nil ? "stopped" : "running"
        var unsigned: String?
        do {
            try vault.report.describe(&status)
            unsigned = try vault.writer.unsigned()
            status.pending.changes += inbox.count
            status.state = try state(status)
        } catch {
            status.state = .blocked
            status.notices = [SyncFailure(error).text]
        }
        let failure = health.failure
        if let failure { status.notices.append(failure.text) }
        if let words = opened.events.unpublished { status.notices.append(words) }
        if let rest = schedule.leftAlone(at: .now) {
            let seconds = rest.components.seconds + 1
            status.notices.append("the remote wants to be left alone for another \(seconds) s")
        }
        status.offlineSince = health.offlineSince?.iso8601
        status.syncHealth.lastError = failure?.message
        status.syncHealth.consecutiveFailures = health.failures
        status.syncHealth.status =
            failure == nil ? "healthy" : failure?.kind == .retry ? "degraded" : "failing"
        if failure == nil, let unsigned {
            status.syncHealth.status = "degraded"
            status.syncHealth.lastError = unsigned
        }
        if let watch = life.loop?.watch {
            let report = WatchReport(watch.loop, folders: vault.folders.count)
            status.watch = report.status
            if let words = report.blindness(poll: configuration.sync.poll) {
                status.notices.append(words)
            }
        }
        board.update { $0 = status }
        teller.tell(status, devices: devices(), conflicts: conflicts)
        if life.loop != nil { hookTurns.note(before, status, conflicts: conflicts) }
    }

    /// The one word for where the vault stands, the most urgent first.
    private func state(_ status: VaultStatus) throws -> VaultStatus.State {
        let failure = health.failure
        let isOffline = failure?.isRemote ?? false
        let isQuiet = inbox.isEmpty && failure == nil && hasExchanged
        return .init(
            .init(
                isPaused: isPaused,
                isBlocked: vault.folders.contains {
                    $0.stopped != nil || $0.quarantinedDeletions > 0
                } || !isOffline && failure?.kind == .needsUser,
                isOffline: isOffline, hasConflicts: status.conflicts > 0,
                isInSync: try isQuiet && vault.isInSync(), isExchanging: isExchanging))
    }

    /// Writes `state.json` soon, and tidies up then.
    func scheduleState() {
        stateWriter.schedule { [weak self] in
            await self?.writeState()
            await self?.tidyUp()
            FreeMemory.release()
        }
    }

    /// Takes what came in into the index of past versions, from time to time, and has the rest of
    /// the upkeep done.
    private func tidyUp() async {
        let moves = vault.branch.moves
        do {
            try vault.indexPastVersions()
            say(nil, of: .pastVersions, at: .warning)
        } catch {
            let text = "past versions are not indexed: \(SyncFailure(error).text)"
            say(text, of: .pastVersions, at: .warning)
        }
        await upkeep.run(after: moves, opened.remote)
    }

    /// Writes `state.json` now.
    func writeState() {
        do {
            try stateWriter.write(board.status, of: vault, conflicts)
            say(nil, of: .stateFile, at: .error)
            board.warn(nil, of: .stateFile)
        } catch {
            let words = "state.json is not written: \(SyncFailure(error).text)"
            say(words, of: .stateFile, at: .error)
            board.warn(words, of: .stateFile)
        }
    }
}
