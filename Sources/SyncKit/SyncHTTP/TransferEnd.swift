/// When something that moves bytes has taken too long. What advances may take as long as there is
/// to move; what only trickles may not.
package struct TransferEnd: Sendable {
    private let begin: ContinuousClock.Instant
    private let total: Duration
    private let slowest: Int?

    /// Begins now.
    /// - Parameters:
    ///   - total: for all of it.
    ///   - slowest: so many bytes put the end off by a second; nil: none do.
    package init(_ total: Duration, slowest: Int? = nil, begin: ContinuousClock.Instant = .now) {
        (self.begin, self.total, self.slowest) = (begin, total, slowest)
    }

    /// The end once so many bytes have moved, in either direction.
    package func after(_ moved: Int) -> ContinuousClock.Instant {
        begin + total + .seconds(slowest.map { moved / $0 } ?? 0)
    }

    /// What to say past it.
    package var words: String {
        "not done after \(total)" + (slowest.map { ", at less than \($0) bytes a second" } ?? "")
    }
}
