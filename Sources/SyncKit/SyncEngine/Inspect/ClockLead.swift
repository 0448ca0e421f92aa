package import SyncModel

/// A newest commit that is dated ahead of this device's clock, or a clock that is behind: which of
/// two versions is the later hangs on that.
package struct ClockLead {
    /// What is wrong, in one line.
    package let words: String
    /// What to do.
    package static let advice =
        "timedatectl set-ntp true, here or on the device that made the commit"

    /// Compares them.
    /// - Parameters:
    ///   - newest: the head's stamp.
    ///   - now: by this device's clock.
    /// - Returns: nil where they are not further apart than `Limits.clockAhead`.
    package init?(of newest: Timestamp, now: Timestamp) {
        let ahead = newest.milliseconds - now.milliseconds
        if ahead <= Limits.clockAhead.components.seconds * 1000 { return nil }
        words = "\(ahead / 60_000) minutes behind the newest commit, \(newest.iso8601)"
    }
}
