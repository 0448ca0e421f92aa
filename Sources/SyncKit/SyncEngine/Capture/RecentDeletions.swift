internal import SyncModel

/// How many files of a folder were deleted in a row: somebody who removes a large directory takes
/// longer than a batch, and asks for one thing.
struct RecentDeletions {
    private var files = 0
    private var last = Timestamp(milliseconds: 0)

    /// How many, where the last of them went a moment ago.
    func count(at now: Timestamp) -> Int {
        let age = now.milliseconds - last.milliseconds
        return (0...Int64(Limits.deletionsTogether / .milliseconds(1))).contains(age) ? files : 0
    }

    /// Notes those that are committed.
    mutating func note(_ count: Int, at now: Timestamp) {
        if count == 0 { return }
        files = self.count(at: now) + count
        last = now
    }
}
