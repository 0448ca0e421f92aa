internal import Glibc
internal import SyncConfiguration
internal import SyncModel

/// The machine's time of day.
package struct SystemClock: WallClock {
    /// The variable that sets this clock off, for tests: a duration as in the configuration, with
    /// or without a sign (`-90s`, `2h`). It is read once.
    package static let offsetVariable = "SYNCD_CLOCK_OFFSET"

    private static let offsetNanoseconds = getenv(offsetVariable).map {
        offset(String(cString: $0))
    }

    /// The one and only value.
    package init() {}

    package func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return now + (Self.offsetNanoseconds ?? 0)
    }

    /// How many nanoseconds a value of `offsetVariable` stands for: at most 100 years, which no sum
    /// with a time of today overflows; 0 for what is no duration.
    package static func offset(_ text: String) -> Int64 {
        let isBehind = text.hasPrefix("-")
        let digits = isBehind || text.hasPrefix("+") ? String(text.dropFirst()) : text
        guard let said = Value.duration(digits) else { return 0 }
        let parts = min(said, .seconds(100 * 365 * 86_400)).components
        let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
        return isBehind ? -nanoseconds : nanoseconds
    }
}
