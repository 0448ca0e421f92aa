internal import Logging
internal import SyncModel
internal import SyncRemote
internal import SyncStore
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
            try vault.describe(&status)
            unsigned = try vault.writer.unsigned()
            status.pending.changes += inbox.values.reduce(0) { $0 + $1.count }
            status.state = try state(status)
        } catch {
            status.state = .blocked
            status.notices = [SyncFailure(error).text]
        }
        if let failure { status.notices.append(failure.text) }
        if let words = opened.events.unpublished { status.notices.append(words) }
        if let rest = schedule.leftAlone(at: .now) {
            let seconds = rest.components.seconds + 1
            status.notices.append("the remote wants to be left alone for another \(seconds) s")
        }
        status.offlineSince = offlineSince?.iso8601
        status.syncHealth.lastError = failure?.message
        status.syncHealth.consecutiveFailures = failures
        status.syncHealth.status =
            failure == nil ? "healthy" : failure?.kind == .retry ? "degraded" : "failing"
        if failure == nil, let unsigned {
            status.syncHealth.status = "degraded"
            status.syncHealth.lastError = unsigned
        }
        if let watch = life.loop?.watch {
            status.watch = watchStatus(watch)
            if let words = blindness(watch) { status.notices.append(words) }
        }
        board.update { $0 = status }
        tell(status)
        noteForHooks(before, status)
    }

    /// The one word for where the vault stands, the most urgent first.
    private func state(_ status: VaultStatus) throws -> VaultStatus.State {
        if isPaused { return .paused }
        if vault.folders.contains(where: { $0.stopped != nil || $0.quarantinedDeletions > 0 }) {
            return .blocked
        }
        if let failure {
            if failure.isRemote { return .offline }
            if failure.kind == .needsUser { return .blocked }
        }
        if status.conflicts > 0 { return .conflicts }
        if try inbox.isEmpty && failure == nil && hasExchanged && vault.isInSync() {
            return .inSync
        }
        return isExchanging ? .syncing : .pending
    }

    private func watchStatus(_ watch: BatchStream) -> VaultStatus.Watch {
        var result = VaultStatus.Watch()
        result.mode = "inotify"
        result.limit = WatchLoop.limit ?? 0
        var blind = 0
        for index in vault.folders.indices {
            let status = watch.loop.status(folder: index)
            result.directories += status.directories
            if status.isBlind { blind += 1 }
            if status.unwatched?.isEmpty != true { result.mode = "partial" }
        }
        if blind > 0 { result.mode = blind == vault.folders.count ? "scan" : "partial" }
        return result
    }

    /// What to say when a folder is not watched for want of inotify; nil when none is.
    private func blindness(_ watch: BatchStream) -> String? {
        let states = vault.folders.indices.map { watch.loop.status(folder: $0) }
        guard let error = states.first(where: \.isBlind)?.error else { return nil }
        return "no inotify is left, folders are scanned every \(configuration.sync.poll) until "
            + "there is some (\(error)): sysctl fs.inotify.max_user_instances=1024 "
            + "fs.inotify.max_user_watches=524288"
    }

    /// Writes `state.json` soon; many changes are one write, and the writes together take a
    /// small share of the time.
    func scheduleState() {
        if stateWrite != nil { return }
        let delay = max(Duration.seconds(1), lastStateWrite * 30)
        stateWrite = Task { [weak self] in
            // A timer: what is written meanwhile goes into the same write.
            let clock = ContinuousClock()
            do { try await clock.sleep(for: delay) } catch { return }
            await self?.writeState()
            await self?.indexHistory()
            await self?.consolidate()
            FreeMemory.release()
        }
    }

    /// Takes what came in into the indexes of the history, from time to time.
    private func indexHistory() async {
        await historyFilling.fill(after: vault.branch.moves)
        do {
            try vault.indexPastVersions()
            say(nil, of: .pastVersions, at: .warning)
        } catch {
            let text = "past versions are not indexed: \(SyncFailure(error).text)"
            say(text, of: .pastVersions, at: .warning)
        }
    }

    /// Consolidates the vault's packs, and a path remote's: nobody else does after our pushes.
    private func consolidate() async {
        await repacker.consolidate(configuration.repository)
        if let remote = opened.remote { await repacker.consolidate(remote) }
    }

    /// Writes `state.json` now.
    func writeState() {
        stateWrite = nil
        let began = ContinuousClock.now
        defer { lastStateWrite = ContinuousClock.now - began }
        let status = board.status
        do {
            var file = StateFile()
            file.lastSync = status.lastSync
            file.files = try vault.store.recent(limit: Limits.stateFiles)
            for folder in vault.folders { file.fileCount += try vault.store.count(folder.id) }
            file.pendingConflicts = try conflicts()
            file.resolvedConflicts = try vault.store.resolved()
            file.syncHealth = status.syncHealth
            _ = try StateFile.write(
                file.rendered(), to: configuration.stateDirectory + "/state.json")
            say(nil, of: .stateFile, at: .error)
            board.warn(nil, of: .stateFile)
        } catch {
            let words = "state.json is not written: \(SyncFailure(error).text)"
            say(words, of: .stateFile, at: .error)
            board.warn(words, of: .stateFile)
        }
    }
}
