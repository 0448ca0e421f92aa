internal import SyncModel

/// How often a remote behind a network is pushed to. The first push goes at once, each further
/// one of the same minute waits a little longer, and the minute's last is left to whoever asks
/// for it. What changes meanwhile is captured, and goes with the next.
package struct PushBudget: Sendable {
    /// A moment of a clock that goes on while the machine sleeps.
    package typealias Instant = ContinuousClock.Instant

    /// The most pushes in any `Limits.pushSpan`, at least 1.
    private let most: Int
    /// When the latest pushes went, the oldest first, at most `most`.
    private var pushes: [Instant] = []

    /// - Parameter most: pushes in any `Limits.pushSpan`, at least 1.
    package init(most: Int) { self.most = max(1, most) }

    /// Notes a push.
    package mutating func pushed(at now: Instant) {
        pushes.append(now)
        if pushes.count > most { pushes.removeFirst() }
    }

    /// When the next push may go.
    /// - Parameters:
    ///   - now: the present.
    ///   - isAsked: whether somebody waits for this very push.
    /// - Returns: `now` or later.
    package func next(at now: Instant, isAsked: Bool) -> Instant {
        let recent = pushes.filter { now - $0 <= Limits.pushSpan }
        let share = isAsked ? most : max(1, most - 1)
        var next = now
        if recent.count >= share {
            let leaves = recent[recent.count - share]
            next = max(next, leaves + Limits.pushSpan + .nanoseconds(1))
        }
        if !isAsked, let last = recent.last { next = max(next, last + gap(after: recent.count)) }
        return next
    }

    /// The pause after so many pushes within the span. The pauses grow evenly, and all of them
    /// together are a little shorter than the span.
    private func gap(after count: Int) -> Duration {
        Limits.pushSpan * (2 * count - 1) / (most * most)
    }
}
