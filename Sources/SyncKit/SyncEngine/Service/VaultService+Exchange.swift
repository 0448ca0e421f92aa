internal import Logging
internal import SyncModel
internal import SyncWatch

/// When the vault goes to the remote: something wakes the loop, the schedule says when, and an
/// alarm wakes it again.
extension VaultService {
    /// Exchanges with the remote when it is due; each wake-up looks whether it is. Ends by itself
    /// when the vault was taken away from below: it has to be opened anew.
    func exchangeOn(_ wakeups: AsyncStream<Void>) async {
        for await _ in wakeups {
            if opened.hasLostGround { break }
            captureRequested()
            let now = ContinuousClock.now
            let due = turns.due(for: vault, at: now)
            if due <= now {
                await exchangeNow()
            } else {
                if life.isEnding || turns.leftAlone(at: now) != nil {
                    turns.requests.answer(nil)
                    turns.requests.begin()
                }
                setAlarm(alarm(for: due))
                publish()
            }
            let isFirst = turns.hasExchanged && !stateWriter.hasWritten
            if isFirst { writeState() } else { scheduleState() }
        }
        cancelWaiters()
    }

    /// Answers everybody who waits for a turn to push: the service is about to end, and the
    /// control socket would wait for its callers first.
    package func cancelWaiters() {
        life.end()
        turns.requests.cancel()
    }

    /// Captures for the requests that came: what they are about is safe before the remote is asked.
    private func captureRequested() {
        let isFailing = health.exchangeFailure != nil
        if turns.requests.decidesDeletions && !isPaused && !isFailing && doCapturesWait {
            // They are captured after an exchange, which comes now; once.
            return turns.requests.trigger()
        }
        for request in turns.requests.takeArrivals() where !isPaused {
            prepare(request)
            capture(live: false, acceptDeletes: request.acceptDeletes)
        }
    }

    private func exchangeNow() async {
        turns.begin(at: .now)
        let outcome = await exchange()
        upkeep.thinning.finishIfReady(in: vault)
        turns.requests.answer(outcome)
        hookTurns.noteSynced(outcome)
        if turns.requests.hasArrivals { wake() }
        if isPaused { return }
        notePushes()
        let due = turns.end(.init(outcome, failure: health.exchangeFailure), of: vault, at: .now)
        setAlarm(alarm(for: due))
    }

    /// Brings folders, head and remote together; one at a time.
    /// - Returns: how it ended; nil when it failed or another is under way.
    func exchange() async -> ExchangeOutcome? {
        if turns.isExchanging || isPaused { return nil }
        turns.isExchanging = true
        let (vault, began) = (vault, ContinuousClock.now)
        events.tell(.exchangeBegan)
        var failed: String?
        var account: ExchangeAccount?
        defer {
            turns.isExchanging = false
            publish()
            teller.tellSteps(self.vault.times)
            events.tell(.exchangeEnded(took: ContinuousClock.now - began, failure: failed))
        }
        do {
            try vault.report.checkHead()
            account = try ExchangeAccount(of: vault)
            let outcome = try await vault.exchange(options) { try await self.backOff($0) }
            try opened.rememberRoots()
            // Nothing else hangs on what other devices see of this one.
            say(opened.events.unpublished, of: .publishing, at: .warning)
            try account?.close(vault, teller, log)
            rewatch()
            turns.hasExchanged = true
            health.exchanged(SyncFailure(outcome))
            failed = health.exchangeFailure?.text
            // What capture could not take is tried again with the next exchange.
            return outcome == .inSync && !inbox.isEmpty ? .pending : outcome
        } catch {
            // A remote that is told to stop has words of its own for that.
            let isStopped = error is RemoteError && (Task.isCancelled || life.isEnding)
            let isEnded = error is CancellationError || isStopped
            if !isEnded { fail(error, at: .exchange) }
            do { try account?.close(vault, after: error, teller, log) } catch {
                fail(error, at: .exchange)
            }
            if isEnded {
                failed = isPaused ? "the vault is paused" : "the daemon ends"
                return nil
            }
            failed = health.exchangeFailure?.text
            // What waited to hear from the remote first waits no longer.
            if !self.vault.local.rechecks.isEmpty { capture(live: false) }
            return nil
        }
    }

    /// A server is asked as little as can be; a daemon comes again, a single cycle does not.
    private var options: ExchangeOptions {
        let isFar = opened.remote?.isFar ?? false
        return ExchangeOptions(pushesFirst: isFar, publishesLater: isFar && life.loop != nil)
    }

    private func backOff(_ attempt: Int) async throws {
        notePushes()
        let clock = ContinuousClock()
        try await clock.sleep(until: turns.nextPush(after: attempt, at: clock.now))
    }

    /// Brings the budget of pushes up to what was sent.
    func notePushes() {
        let sent = opened.events.takePushes()
        if sent.isEmpty { return }
        do {
            try turns.pushed(sent, in: vault)
            say(nil, of: .pushes, at: .warning)
        } catch {
            say("the next start does not know of pushes: \(error)", of: .pushes, at: .warning)
        }
    }

    /// Wakes the loop at a moment, and not at the one that was set before; nil is never.
    func setAlarm(_ moment: ExchangeSchedule.Instant?) {
        turns.setAlarm(moment) { [weak self] in await self?.captureWaiting() }
    }

    private func captureWaiting() {
        let isAllCaptured = inbox.isEmpty && vault.local.rechecks.isEmpty
        if isAllCaptured || capture(live: true) { applyMeanwhile() }
        wake()
    }

    /// Watches this machine's network; nil where the system does not allow that: polls and tries
    /// find out later what the watch would have told.
    func watchNetwork() -> NetworkWatch? {
        do {
            return try NetworkWatch { [weak self] news in
                Task { await self?.networkChanged(news) }
            }
        } catch {
            log.warning("a change of the network is noticed late: \(error)")
            return nil
        }
    }

    private func networkChanged(_ news: NetworkEvent) async {
        if !turns.isExchanging {
            await opened.remote?.networkChanged()
        } else if news == .lost {
            // What is under way would wait for answers that cannot come any more.
            opened.remote?.interrupt()
        }
        turns.networkChanged(at: .now)
        wake()
    }
}
