/// How far one step of a sync is: the event `progress` while it is under way.
package struct WorkProgress: Sendable, Codable, Equatable {
    /// What is done.
    package let step: WorkStep
    /// Files of a scan and of an apply, objects of the others.
    package let done: Int
    /// How many there are; nil when nobody knows.
    @OrNull package var total: Int?
    /// Of the contents; of a server's packs the bytes on the way.
    package let bytes: Int
    /// Since the step began.
    package let seconds: Double
    /// Until it ends, if it goes on as it did; nil when that cannot be told.
    @OrNull package var secondsLeft: Int?

    enum CodingKeys: String, CodingKey {
        case step, done, total, bytes, seconds
        case secondsLeft = "seconds_left"
    }

    /// Takes what was counted, and works out the rest.
    package init(_ step: WorkStep, done: Int, of total: Int?, bytes: Int, in time: Duration) {
        (self.step, self.done, self.bytes) = (step, done, bytes)
        seconds = time / .seconds(1)
        _total = OrNull(wrappedValue: total)
        _secondsLeft = OrNull(wrappedValue: Self.left(done, total, seconds))
    }

    private static func left(_ done: Int, _ total: Int?, _ seconds: Double) -> Int? {
        // A rate of the first moments says nothing.
        guard let total, done > 0, done <= total, seconds >= 1 else { return nil }
        let left = Double(total - done) * seconds / Double(done)
        return left < 1e9 ? Int(left.rounded(.up)) : nil
    }
}
