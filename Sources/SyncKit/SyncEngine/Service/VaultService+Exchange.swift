internal import Logging
internal import SyncModel
internal import SyncWatch

/// When the vault goes to the remote: something wakes the loop, the schedule says when, and an
/// alarm wakes it again.
extension VaultService {
    /// Exchanges with the remote when it is due; each wake-up looks whether it is.
    func exchangeOn(_ wakeups: AsyncStream<Void>) async {
        for await _ in wakeups {
            captureRequested()
            let now = ContinuousClock.now
            let due = schedule.due(need(), at: now)
            if due <= now {
                await exchangeNow()
            } else {
                if life.isEnding || schedule.leftAlone(at: now) != nil {
                    requests.answer(nil)
                    requests.begin()
                }
                setAlarm(due)
                publish()
            }
            if hasExchanged && !stateWriter.hasWritten { writeState() } else { scheduleState() }
        }
        cancelWaiters()
    }

    /// Answers everybody who waits for a turn to push: the service is about to end, and the
    /// control socket would wait for its callers first.
    package func cancelWaiters() {
        life.end()
        requests.cancel()
    }

    /// Captures for the requests that came: what they are about is safe before the remote is asked.
    private func captureRequested() {
        for request in requests.takeArrivals() {
            prepare(request)
            capture(live: false, acceptDeletes: request.acceptDeletes)
        }
    }

    /// Brings folders, head and remote together; one at a time.
    /// - Returns: how it ended; nil when it failed or another is under way.
    func exchange() async -> ExchangeOutcome? {
        if isExchanging || isPaused { return nil }
        isExchanging = true
        let began = ContinuousClock.now
        events.tell(.exchangeBegan)
        var failed: String?
        defer {
            isExchanging = false
            publish()
            teller.tellSteps(vault.times)
            events.tell(.exchangeEnded(took: ContinuousClock.now - began, failure: failed))
        }
        do {
            try vault.report.checkHead()
            let before = (head: try vault.head(), remote: vault.tracker.seen?.head)
            let outcome = try await vault.exchange(options) { try await self.backOff($0) }
            try opened.rememberRoots()
            // Nothing else hangs on what other devices see of this one.
            say(opened.events.unpublished, of: .publishing, at: .warning)
            try account(since: before, began)
            rewatchChangedRules()
            hasExchanged = true
            health.exchanged(SyncFailure(outcome))
            failed = health.exchangeFailure?.text
            // What capture could not take is tried again with the next exchange.
            return outcome == .inSync && !inbox.isEmpty ? .pending : outcome
        } catch is CancellationError {
            failed = "the daemon ends"
            return nil
        } catch {
            fail(error, at: .exchange)
            failed = health.exchangeFailure?.text
            // What waited to hear from the remote first waits no longer.
            if !vault.local.rechecks.isEmpty { capture(live: false) }
            return nil
        }
    }

    /// A server is asked as little as can be; a daemon comes again, a single cycle does not.
    private var options: ExchangeOptions {
        let isFar = opened.remote?.isFar ?? false
        return ExchangeOptions(pushesFirst: isFar, publishesLater: isFar && life.loop != nil)
    }

    /// Devices whose pushes met step aside for different times, and for the next turn to push.
    private func backOff(_ attempt: Int) async throws {
        notePushes()
        let clock = ContinuousClock()
        let now = clock.now
        let most = Duration.milliseconds(min(2_000, 20 << attempt))
        let aside = now + .random(in: .zero...most, using: &random)
        let turn = schedule.pushTurn(at: now, isAsked: requests.isAsked)
        try await clock.sleep(until: max(aside, turn))
    }

    /// Says what an exchange moved, and keeps what the next start and a status without the daemon
    /// want to know.
    private func account(
        since before: (head: ObjectID?, remote: ObjectID?), _ began: ContinuousClock.Instant
    ) throws {
        guard let seen = vault.tracker.seen else { return }
        let store = vault.store
        let head = try vault.head()
        let now = vault.clock.now().iso8601
        let took: Logger.Metadata = ["took": "\(began.milliseconds) ms"]
        if head != before.head, let head {
            try store.setFact(Vault.Fact.pulled, now)
            let subject = try vault.repository.commit(head).subject
            log.info("applied \(subject)", metadata: took)
            events.tell(.commit(head, .applied, subject: subject))
        }
        if let far = seen.head, far == head, far != before.remote, vault.publisher.pushed == far {
            try store.setFact(Vault.Fact.pushed, now)
            log.info("pushed \(far.short)", metadata: took)
            teller.tellPushed(far)
        }
    }

    private func exchangeNow() async {
        if requests.isTold && !requests.isAsked { schedule.heeded(at: .now) }
        requests.begin()
        let outcome = await exchange()
        requests.answer(outcome)
        hookTurns.noteSynced(outcome)
        if requests.hasArrivals { wake() }
        if isPaused { return }
        notePushes()
        // Heads that cannot be read are none: the exchange said so.
        var heads: [ObjectID?] = []
        do { heads = [try vault.head(), vault.tracker.seen?.head] } catch { heads = [] }
        schedule.ended(
            .init(outcome, failure: health.exchangeFailure), hasNews: heads != lastHeads,
            at: .now, using: &random)
        lastHeads = heads
        if let next = schedule.alarm(at: .now) { setAlarm(next) } else { alarm?.cancel() }
    }

    /// What the next exchange would be for. A vault that cannot tell goes and finds out.
    private func need() -> ExchangeSchedule.Need {
        if requests.isAsked { return .asked }
        do {
            if try vault.head() != vault.tracker.seen?.head { return .push }
            if requests.isTold { return .told }
            return try vault.isInSync() ? .fetch : .rest
        } catch { return .push }
    }

    /// Wakes the loop at a moment, and not at the one that was set before.
    func setAlarm(_ moment: ExchangeSchedule.Instant) {
        alarm?.cancel()
        alarm = Task { [weak self] in
            // A timer: nothing tells when a server, a busy file or a broken disk is well again.
            let clock = ContinuousClock()
            do { try await clock.sleep(until: moment) } catch { return }
            await self?.captureWaiting()
        }
    }

    private func captureWaiting() {
        if !inbox.isEmpty || !vault.local.rechecks.isEmpty { capture(live: true) }
        applyMeanwhile()
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
        if !isExchanging {
            await opened.remote?.networkChanged()
        } else if news == .lost {
            // What is under way would wait for answers that cannot come any more.
            opened.remote?.interrupt()
        }
        schedule.networkChanged(at: .now)
        wake()
    }
}
