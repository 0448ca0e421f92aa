internal import SyncModel

/// When to go to the remote next: a value that is told what happens and holds no clock, so that
/// a test can live through a year of it.
///
/// A remote on a path is watched and near: whatever happens brings an exchange at once. One behind
/// a network is asked from time to time, pushed to within a budget, and left alone when it wants
/// to be.
package struct ExchangeSchedule: Sendable {
    /// A moment of a clock that goes on while the machine sleeps.
    package typealias Instant = ContinuousClock.Instant

    /// What an exchange would be for, the least urgent first.
    package enum Need: Sendable {
        /// To see whether the remote has something.
        case fetch
        /// Something is left to be done here that has not to do with the remote.
        case rest
        /// Somebody says that the remote has something.
        case told
        /// Commits are to be pushed.
        case push
        /// Somebody waits for it.
        case asked
    }

    /// How an exchange ended.
    package enum Outcome: Sendable, Equatable {
        /// Nothing is left to be done.
        case done
        /// Something waits: a file that is open, others that kept pushing.
        case waits
        /// It passes by itself; the remote may have said how long it wants to be left alone.
        case failed(retryAfter: Duration? = nil)
        /// A person has to do something: the quick tries would not help.
        case refused
    }

    private let isNetwork: Bool
    private let poll: Duration
    private var budget: PushBudget
    /// Between two looks, as it is now.
    private var interval: Duration
    /// Exchanges since `interval` last changed that brought nothing new.
    private var quiet = 0
    /// Exchanges in a row that left something to do.
    private var tries = 0
    private var isFailing = false
    private var nextTry: Instant?
    private var nextFetch: Instant
    private var lastEnd: Instant?
    /// When somebody last told of a change; nil for never.
    private var lastTold: Instant?
    /// Until when exchanges for such words alone have used up what one a second allows.
    private var heededUntil: Instant?
    /// Until when the remote wants to be left alone; in the past, or nil, when it does not.
    private var leftAloneUntil: Instant?

    /// - Parameters:
    ///   - isNetwork: whether the remote is behind a network.
    ///   - poll: between two looks while something happens.
    ///   - pushes: the most pushes in `Limits.pushSpan`, at least 1.
    ///   - now: the present; the first look is due.
    package init(isNetwork: Bool, poll: Duration, pushes: Int, now: Instant) {
        self.isNetwork = isNetwork
        self.poll = poll
        budget = PushBudget(most: pushes)
        interval = poll
        nextFetch = now
    }

    /// When an exchange is due.
    /// - Returns: `now` or later. Nobody's need comes before the remote wants to be asked again.
    package func due(_ need: Need, at now: Instant) -> Instant {
        guard isNetwork else { return now }
        let wanted =
            switch need {
            case .asked: now
            // Some words at once; many in a row are not as many exchanges.
            case .told: heededUntil.map { max(now, $0 - heedAhead) } ?? now
            case .push: isFailing ? nextTry ?? now : now
            case .rest:
                isFailing ? nextTry ?? now : lastEnd.map { $0 + Limits.exchangeCooldown } ?? now
            case .fetch: isFailing ? nextTry ?? now : min(nextTry ?? nextFetch, nextFetch)
            }
        // An exchange that only looks may turn into one that pushes. One that somebody told to
        // look has nothing to push.
        let turn = need == .told ? now : pushTurn(at: now, isAsked: need == .asked)
        return max(wanted, turn, leftAloneUntil ?? now)
    }

    /// How much longer the remote wants to be left alone: not even who asks is let through. Nil
    /// when it does not.
    package func leftAlone(at now: Instant) -> Duration? {
        leftAloneUntil.flatMap { now < $0 ? $0 - now : nil }
    }

    /// When the next push may go, for a try within an exchange.
    package func pushTurn(at now: Instant, isAsked: Bool) -> Instant {
        isNetwork ? budget.next(at: now, isAsked: isAsked) : now
    }

    /// When to wake up if nothing happens until then; nil for never: somebody else sees to the
    /// polls of a remote on a path.
    package func alarm(at now: Instant) -> Instant? { isNetwork ? due(.fetch, at: now) : nextTry }

    /// Notes that a push was sent, however it ended.
    package mutating func pushed(at now: Instant) { budget.pushed(at: now) }

    /// Notes how an exchange ended.
    /// - Parameters:
    ///   - hasNews: whether it, or what came before it, moved the head here or there.
    ///   - random: spreads the devices of a vault over time.
    package mutating func ended(
        _ outcome: Outcome, hasNews: Bool, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        lastEnd = now
        isFailing = false
        (nextTry, leftAloneUntil) = (nil, nil)
        switch outcome {
        case .done: tries = 0
        case .waits: tries += 1
        case .failed(let retryAfter):
            tries += 1
            isFailing = true
            leftAloneUntil = retryAfter.map {
                now + $0 + .random(in: .zero...min($0 / 10, Limits.pushSpan), using: &random)
            }
        case .refused:
            tries = max(tries, Limits.quickTries) + 1
            isFailing = true
        }
        if outcome != .done { nextTry = now + pause(using: &random) }
        pace(hasNews, isDone: outcome == .done)
        if let lastTold, now - lastTold < Limits.deliveryTrust { interval = slowest }
        // Early rather than late: nobody waits longer than was promised.
        nextFetch = now + .random(in: interval * 4 / 5...interval, using: &random)
    }

    /// Notes that somebody told of a change: the polls are the net behind that for a while.
    package mutating func told(at now: Instant) { lastTold = now }

    /// Notes that an exchange begins because of such words.
    package mutating func heeded(at now: Instant) {
        heededUntil = max(heededUntil ?? now, now) + Limits.exchangeCooldown
    }

    /// Notes that the network changed, or that the machine woke up: a failure of before means
    /// nothing any more.
    package mutating func networkChanged(at now: Instant) {
        guard isNetwork else { return }
        tries = 0
        let soonest = lastEnd.map { $0 + (isFailing ? Limits.exchangeCooldown : poll) } ?? now
        if isFailing { nextTry = min(nextTry ?? soonest, max(now, soonest)) }
        nextFetch = min(nextFetch, max(now, soonest))
    }

    /// Full jitter for the quick tries; the slow ones keep half of their pause.
    private func pause(using random: inout some RandomNumberGenerator) -> Duration {
        let slow = min(poll, Limits.slowestTry)
        if tries > Limits.quickTries { return .random(in: slow / 2...slow, using: &random) }
        let most = min(Limits.firstTry * (1 << (tries - 1)), slow)
        return .random(in: .zero...most, using: &random)
    }

    private mutating func pace(_ hasNews: Bool, isDone: Bool) {
        if hasNews {
            (interval, quiet) = (poll, 0)
        } else if isNetwork && isDone {
            quiet += 1
            if quiet < Limits.quietPolls { return }
            (interval, quiet) = (min(interval * 2, slowest), 0)
        }
    }

    /// How far words may be heeded ahead of one a second: `Limits.heededWords` at once.
    private var heedAhead: Duration { Limits.exchangeCooldown * (Limits.heededWords - 1) }

    /// The longest time between two looks.
    private var slowest: Duration {
        max(poll, min(poll * Limits.pollSlowdown, Limits.slowestPoll))
    }
}

extension Duration {
    /// A duration by chance, to the nanosecond.
    static func random(
        in range: ClosedRange<Duration>, using random: inout some RandomNumberGenerator
    ) -> Duration {
        func nanoseconds(_ duration: Duration) -> Int64 { Int64(duration / .nanoseconds(1)) }
        let (low, high) = (nanoseconds(range.lowerBound), nanoseconds(range.upperBound))
        return .nanoseconds(Int64.random(in: low...high, using: &random))
    }
}
