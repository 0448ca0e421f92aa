internal import Glibc

/// The machine's time of day, for what servers say in it.
enum UnixTime {
    /// Seconds since 1970 UTC.
    static var now: Int { time(nil) }
}
