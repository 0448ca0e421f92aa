internal import Glibc
internal import SyncModel

/// The machine's time of day.
package struct SystemClock: WallClock {
    /// The one and only value.
    package init() {}

    package func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
