internal import Glibc
internal import SyncModel

/// The machine's clocks at one moment, in nanoseconds: how they stand to each other tells a sleep
/// from a clock that somebody puts right, as some machines do all the time.
struct ClockReading {
    /// `CLOCK_REALTIME`, which is set.
    let wall: Int64
    /// `CLOCK_BOOTTIME`, which goes on while the machine sleeps.
    let boot: Int64
    /// `CLOCK_MONOTONIC`, which does not.
    let awake: Int64

    /// Asks the system.
    static func now() -> ClockReading {
        func read(_ clock: clockid_t) -> Int64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
        return ClockReading(
            wall: read(CLOCK_REALTIME), boot: read(CLOCK_BOOTTIME), awake: read(CLOCK_MONOTONIC))
    }

    /// Whether connections may have died since an earlier moment: the machine slept, or, as a
    /// virtual one that was paused finds out, the clock was far behind.
    func hasSlept(since earlier: ClockReading) -> Bool {
        let asleep = (boot &- awake) &- (earlier.boot &- earlier.awake)
        let step = (wall &- boot) &- (earlier.wall &- earlier.boot)
        return asleep >= Limits.sleepNanoseconds || step.magnitude >= Limits.sleepNanoseconds
    }
}
