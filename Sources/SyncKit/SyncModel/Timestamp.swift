/// A moment between 1970-01-01 and 9999-12-31 UTC, in milliseconds: what the hybrid logical clock
/// and the stamps count, and what git and every program can read of a date. All arithmetic on
/// times that come from outside is done here, and saturates.
package struct Timestamp: Hashable, Sendable, Comparable {
    /// Since 1970 UTC; from 0 to `latest`.
    package let milliseconds: Int64

    /// The last millisecond of 9999-12-31.
    package static let latest = Timestamp(milliseconds: 253_402_300_799_999)

    /// Takes milliseconds since 1970 UTC; what is out of the range becomes its nearer end.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(0, milliseconds), 253_402_300_799_999)
    }

    /// Takes whole seconds since 1970 UTC, as a commit has them, in the same way.
    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        self.init(milliseconds: overflow ? (seconds < 0 ? 0 : .max) : product)
    }

    /// Takes nanoseconds since 1970 UTC, as a file's times are counted, in the same way.
    package init(nanoseconds: Int64) { self.init(milliseconds: nanoseconds / 1_000_000) }

    /// Takes the text of a `Sync-HLC` trailer.
    /// - Returns: nil when it is no number of the range: nothing was said then.
    package init?(claimed text: String) {
        guard let milliseconds = Int64(text) else { return nil }
        self.init(milliseconds: milliseconds)
        if self.milliseconds != milliseconds { return nil }
    }

    /// Takes a commit's date.
    /// - Returns: nil when it is out of the range: nothing was said then.
    package init?(claimedSeconds seconds: Int64) {
        self.init(seconds: seconds)
        if self.seconds != seconds { return nil }
    }

    /// The latest time that a commit may claim when a clock shows this one: what is further ahead
    /// is some clock's mistake.
    package var latestClaim: Timestamp { later(by: Limits.clockLead) }

    /// A moment so many whole seconds later; the latest that there is at most.
    package func later(by span: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds + span.components.seconds * 1000)
    }

    /// The next millisecond; the latest has none after it.
    package var next: Timestamp { Timestamp(milliseconds: milliseconds + 1) }

    /// The whole seconds, rounded down: what a commit's date holds.
    package var seconds: Int64 { milliseconds / 1000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// ISO 8601 in UTC with whole seconds, `2026-02-08T17:48:00Z`, in the proleptic Gregorian
    /// calendar (days to civil date after H. Hinnant's algorithm).
    package var iso8601: String { Self.iso8601(seconds: seconds) }

    /// The same of any second, for a file's time that is out of the range.
    /// - Parameter seconds: since 1970 UTC, within 10^15 on either side.
    package static func iso8601(seconds: Int64) -> String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func pad(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
            + "\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))Z"
    }
}
