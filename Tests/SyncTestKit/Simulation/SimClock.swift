package import SyncModel
internal import Synchronization

/// One world's time, and each device's view of it.
package final class SimClock: WallClock {
    private let time = Mutex<Int64>(1_700_000_000_000_000_000)
    /// How far a device's clock is off, in nanoseconds.
    private let skew: Mutex<Int64>
    /// Where it stands still, in nanoseconds since 1970; nil while it goes.
    private let stopped = Mutex<Int64?>(nil)
    private let world: SimClock?

    /// The world's clock.
    package init() {
        skew = Mutex(0)
        world = nil
    }

    /// A device's clock, off by `skew` nanoseconds.
    package init(of world: SimClock, skew: Int64) {
        self.skew = Mutex(skew)
        self.world = world
    }

    package func nanoseconds() -> Int64 {
        if let still = stopped.withLock({ $0 }) { return still }
        if let world { return world.nanoseconds() + skew.withLock { $0 } }
        return time.withLock { $0 }
    }

    /// Stops a device's clock, or lets it go on from the world's time.
    package func stopOrGo() {
        let now = nanoseconds()
        stopped.withLock { $0 = $0 == nil ? now : nil }
    }

    /// Lets a device's clock go on from the world's time, if it stood.
    package func go() { stopped.withLock { $0 = nil } }

    /// Sets a device's clock, by nanoseconds: somebody does, or a server of times.
    package func turn(by nanoseconds: Int64) {
        skew.withLock { $0 += nanoseconds }
        stopped.withLock { $0 = $0.map { $0 + nanoseconds } }
    }

    /// Lets time pass for the whole world.
    package func advance(_ nanoseconds: Int64) {
        if let world { world.advance(nanoseconds) } else { time.withLock { $0 += nanoseconds } }
    }
}
