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
            if hasExchanged && lastStateWrite == .zero { writeState() } else { scheduleState() }
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

    private func exchangeNow() async {
        if requests.isTold && !requests.isAsked { schedule.heeded(at: .now) }
        requests.begin()
        let outcome = await exchange()
        requests.answer(outcome)
        noteSynced(outcome)
        if requests.hasArrivals { wake() }
        if isPaused { return }
        notePushes()
        let heads = headsNow()
        schedule.ended(
            result(outcome), hasNews: heads != lastHeads, at: .now, using: &random)
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

    private func result(_ outcome: ExchangeOutcome?) -> ExchangeSchedule.Outcome {
        switch outcome {
        case .inSync: return .done
        case .pending: return .waits
        case .declined, .stopped: return .refused
        case nil:
            guard let failure = failuresByPart[.exchange] else { return .waits }
            return failure.kind == .needsUser ? .refused : .failed(retryAfter: failure.retryAfter)
        }
    }

    /// The head here and at the remote; empty when it cannot be read, which the exchange said.
    private func headsNow() -> [ObjectID?] {
        do { return [try vault.head(), vault.tracker.seen?.head] } catch { return [] }
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
        if !inbox.isEmpty || !vault.again.isEmpty { capture(live: true) }
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
