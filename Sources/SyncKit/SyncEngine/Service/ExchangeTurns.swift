internal import SyncModel

/// When the vault goes to the remote, and who waits for that: the requests, the schedule, and the
/// alarm that wakes the loop.
final class ExchangeTurns {
    /// Who waits for a cycle.
    var requests = RequestQueue()
    /// Whether an exchange is under way.
    var isExchanging = false
    /// Whether folders, head and remote were brought together since the start.
    var hasExchanged = false
    private var schedule: ExchangeSchedule
    private var alarm: Task<Void, Never>?
    /// The head here and at the remote after the last exchange.
    private var lastHeads: [ObjectID?] = []
    private var random = SystemRandomNumberGenerator()
    private let pushes: Int

    /// - Parameter isFar: whether the remote is behind a network: what processes before this one
    ///   pushed there counts on.
    /// - Throws: `StateStoreError`.
    init(_ configuration: Configuration, isFar: Bool, _ vault: Vault) throws(StateStoreError) {
        pushes = configuration.sync.pushes
        schedule = ExchangeSchedule(
            isNetwork: isFar, poll: configuration.sync.poll, pushes: pushes, now: .now)
        if !isFar { return }
        let record = PushRecord(store: vault.store, clock: vault.clock)
        for push in try record.recent() { schedule.pushed(at: push) }
    }

    /// When an exchange is due; `now` for at once.
    func due(for vault: Vault, at now: ExchangeSchedule.Instant) -> ExchangeSchedule.Instant {
        schedule.due(need(of: vault), at: now)
    }

    /// What the next exchange would be for. A vault that cannot tell goes and finds out.
    private func need(of vault: Vault) -> ExchangeSchedule.Need {
        if requests.isAsked { return .asked }
        do {
            if try vault.head() != vault.tracker.seen?.head { return .push }
            if requests.isTold { return .told }
            return try vault.report.isInSync() ? .fetch : .rest
        } catch { return .push }
    }

    /// When an exchange that somebody waits for may push.
    func askedTurn(at now: ExchangeSchedule.Instant) -> ExchangeSchedule.Instant {
        schedule.due(.asked, at: now)
    }

    /// When to push again after somebody else was faster: devices whose pushes met step aside for
    /// different times, and for the next turn to push.
    func nextPush(after attempt: Int, at now: ExchangeSchedule.Instant)
        -> ExchangeSchedule.Instant
    {
        let most = Duration.milliseconds(min(2_000, 20 << attempt))
        let aside = now + .random(in: .zero...most, using: &random)
        return max(aside, schedule.pushTurn(at: now, isAsked: requests.isAsked))
    }

    /// How much longer the remote wants to be left alone; nil when it does not.
    func leftAlone(at now: ExchangeSchedule.Instant) -> Duration? { schedule.leftAlone(at: now) }

    /// An exchange begins: a request that comes meanwhile wants another one.
    func begin(at now: ExchangeSchedule.Instant) {
        if requests.isTold && !requests.isAsked { schedule.heeded(at: now) }
        requests.begin()
    }

    /// Notes how an exchange ended.
    /// - Returns: when to wake up if nothing happens until then; nil for never.
    func end(
        _ outcome: ExchangeSchedule.Outcome, of vault: Vault, at now: ExchangeSchedule.Instant
    ) -> ExchangeSchedule.Instant? {
        // Heads that cannot be read are none: the exchange said so.
        var heads: [ObjectID?] = []
        do { heads = [try vault.head(), vault.tracker.seen?.head] } catch { heads = [] }
        schedule.ended(outcome, hasNews: heads != lastHeads, at: now, using: &random)
        lastHeads = heads
        return schedule.alarm(at: now)
    }

    /// Brings the budget of pushes up to what was sent, here and in the state store.
    /// - Throws: `StateStoreError`: the next start does not know of them.
    func pushed(_ sent: [ExchangeSchedule.Instant], in vault: Vault) throws(StateStoreError) {
        for push in sent { schedule.pushed(at: push) }
        try PushRecord(store: vault.store, clock: vault.clock).add(sent, most: pushes)
    }

    /// Somebody says that the remote has something.
    func tell(at now: ExchangeSchedule.Instant) {
        schedule.told(at: now)
        requests.tell()
    }

    /// The network changed, or the machine woke up.
    func networkChanged(at now: ExchangeSchedule.Instant) { schedule.networkChanged(at: now) }

    /// Runs something at a moment, and not at the one that was set before.
    /// - Parameter moment: nil for never.
    func setAlarm(
        _ moment: ExchangeSchedule.Instant?, _ ring: @escaping @Sendable () async -> Void
    ) {
        alarm?.cancel()
        guard let moment else { return }
        alarm = Task {
            // A timer: nothing tells when a server, a busy file or a broken disk is well again.
            let clock = ContinuousClock()
            do { try await clock.sleep(until: moment) } catch { return }
            await ring()
        }
    }
}
