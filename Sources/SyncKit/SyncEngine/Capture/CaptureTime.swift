internal import SyncModel

/// The stamp of a commit that this device makes.
enum CaptureTime {
    /// Stamps a change.
    /// - Parameters:
    ///   - seen: when the change was made.
    ///   - parent: the parent's stamp; the change comes after it. One that is later
    ///     than `Timestamp.latestClaim` is not followed: stamps choose between versions, and what
    ///     came before what is the parents' to say.
    ///   - now: what this device's clock shows.
    static func of(_ seen: Timestamp, after parent: Timestamp?, at now: Timestamp) -> Timestamp {
        guard let parent, parent <= now.latestClaim else { return seen }
        return max(seen, parent.next)
    }
}
