internal import Logging
package import SyncModel

/// What others ask of a running vault.
extension VaultService {
    /// Makes one whole cycle now and waits for its end.
    /// - Returns: how it ended; nil when it failed: the status says why; nil too once the
    ///   service is about to end.
    package func sync(_ request: Request = Request()) async -> ExchangeOutcome? {
        if life.isEnding { return nil }
        guard life.loop != nil else { return await cycleOnce(request) }
        return await withCheckedContinuation { done in
            turns.requests.add(.init(request: request) { done.resume(returning: $0) })
            wake()
        }
    }

    /// One cycle without the daemon's loop.
    private func cycleOnce(_ request: Request) async -> ExchangeOutcome? {
        if isPaused {
            // Nothing is exchanged then, and nobody told where the vault stands.
            publish()
            writeState()
            return nil
        }
        if request.decidesDeletions && doCapturesWait { _ = await exchange() }
        prepare(request)
        if !capture(live: false, acceptDeletes: request.acceptDeletes) {
            // What was thinned comes back with an exchange; the daemon's loop makes another, too.
            guard vault.tracker.wantsThinned, vault.tracker.link != nil else { return nil }
            _ = await exchange()
            guard capture(live: false, acceptDeletes: request.acceptDeletes) else { return nil }
        }
        let clock = ContinuousClock()
        do { try await clock.sleep(until: turns.askedTurn(at: clock.now)) } catch { return nil }
        var outcome = await exchange()
        if outcome == .pending, !vault.local.rechecks.isEmpty, capture(live: false) {
            // What the apply found goes along: nobody comes again soon.
            outcome = await exchange()
        }
        notePushes()
        writeState()
        await upkeep.runBriefly()
        return outcome
    }

    /// Whether captures wait for the first answer of the remote's: what somebody says of held
    /// deletions would be said of nothing yet.
    var doCapturesWait: Bool {
        // The capture says what is wrong.
        do { return try vault.local.joining.waitsForRemote() } catch { return false }
    }

    /// Makes one cycle, and then takes out of the repository what the configuration does not keep;
    /// without the daemon's loop.
    /// - Returns: how many objects are at the remote alone now, and were here.
    /// - Throws: `RepositoryError`, `StateStoreError`, `ChangeRefusal` where the remote was not
    ///   reached.
    package func keepLess() async throws -> Int {
        _ = await sync()
        guard try await upkeep.thinning.prepare(for: vault, atLeast: 1) else {
            throw ChangeRefusal(
                .missing, "nothing is thinned before the remote was seen: syncctl status")
        }
        return try upkeep.thinning.finish(in: vault)
    }

    /// Stops or takes up syncing; survives a restart.
    package func setPaused(_ paused: Bool) throws(StateStoreError) {
        try vault.store.setFact(Vault.Fact.paused, paused ? "yes" : nil)
        (isPaused, vault.intake.isHalted) = (paused, paused)
        log.info(paused ? "paused" : "resumed")
        if paused { health.pause() } else { captureAll() }
        publish()
        turns.requests.trigger()
        wake()
    }

    /// Does what a request asks for before the capture. A first capture tells which folders are
    /// stopped and which deletions are held.
    func prepare(_ request: Request) {
        if request.acceptFolders || request.restoreDeleted {
            captureAll()
            do { if request.acceptFolders { try opened.acceptFolders() } } catch { fail(error) }
            do {
                if request.restoreDeleted { try vault.local.apply.restoreDeleted() }
            } catch { fail(error) }
        }
        if request.scan || request.acceptDeletes {
            inbox.addAll(of: vault.folders)
        }
    }

    private func captureAll() {
        inbox.addAll(of: vault.folders)
        capture(live: false)
    }

    /// Every path that is not synced, and why.
    /// - Parameter ignored: also what built-in patterns leave out.
    package func quarantined(ignored: Bool = false) throws -> [QuarantinedPath] {
        try vault.report.unsynced(ignored: ignored)
    }
}
