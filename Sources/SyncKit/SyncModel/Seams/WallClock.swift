/// The time of day, which the simulation sets as it likes.
package protocol WallClock: Sendable {
    /// The time now, in nanoseconds since 1970 UTC.
    func nanoseconds() -> Int64
}

extension WallClock {
    /// The time now, in milliseconds.
    package func now() -> Timestamp { Timestamp(nanoseconds: nanoseconds()) }
}
