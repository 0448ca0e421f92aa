internal import Logging
internal import SyncModel
internal import SyncRemote
internal import SyncWatch

/// Publishing where the vault stands: the board at once, `state.json` soon.
extension VaultService {
    /// Puts the present picture on the board.
    func publish() {
        let before = board.status
        var notices: [String] = []
        if let words = opened.events.unpublished { notices.append(words) }
        if let rest = turns.leftAlone(at: .now) {
            let seconds = rest.components.seconds + 1
            notices.append("the remote wants to be left alone for another \(seconds) s")
        }
        let watch = life.loop?.watch.loop
        let status = ServicePicture(
            isRunning: life.loop != nil, isPaused: isPaused, isExchanging: turns.isExchanging,
            hasExchanged: turns.hasExchanged, inbox: inbox, health: health, notices: notices,
            watch: watch.map { WatchReport($0, folders: vault.folders.count) },
            poll: configuration.sync.poll
        ).status(of: vault, after: before)
        board.update { $0 = status }
        teller.tell(status, devices: devices(), conflicts: conflicts)
        if life.loop != nil { hookTurns.note(before, status, conflicts: conflicts) }
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
        await upkeep.run(after: moves, of: vault, opened.remote)
        // Where an exchange is under way that does it at its end.
        if !turns.isExchanging { upkeep.thinning.finishIfReady(in: vault) }
    }

    /// Writes `state.json` now. An exchange that is under way may last, and its end would be the
    /// next to tell where the vault stands.
    func writeState() {
        if turns.isExchanging { publish() }
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
