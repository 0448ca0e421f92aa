package import SyncModel
internal import Synchronization

/// One world's time, and each device's view of it.
package final class SimClock: WallClock {
    private let time = Mutex<Int64>(1_700_000_000_000_000_000)
    /// How far a device's clock is off, in nanoseconds.
    private let skew: Int64
    private let world: SimClock?

    /// The world's clock.
    package init() {
        skew = 0
        world = nil
    }

    /// A device's clock, off by `skew` nanoseconds.
    package init(of world: SimClock, skew: Int64) {
        self.skew = skew
        self.world = world
    }

    package func nanoseconds() -> Int64 {
        if let world { return world.nanoseconds() + skew }
        return time.withLock { $0 }
    }

    /// Lets time pass for the whole world.
    package func advance(_ nanoseconds: Int64) {
        if let world { world.advance(nanoseconds) } else { time.withLock { $0 += nanoseconds } }
    }
}
