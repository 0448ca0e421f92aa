internal import SyncModel

/// How many files of a folder were deleted in a row: somebody who removes a large directory takes
/// longer than a batch, and asks for one thing.
struct RecentDeletions {
    /// Those that the capture under way takes; a capture that fails is made again.
    var underWay = 0
    private var files = 0
    private var last = Timestamp(milliseconds: 0)

    /// How many, where the last of them went a moment ago.
    func count(at now: Timestamp) -> Int {
        let age = now.milliseconds - last.milliseconds
        return (0...Int64(Limits.deletionsTogether / .milliseconds(1))).contains(age) ? files : 0
    }

    /// Notes that those under way are committed.
    mutating func end(at now: Timestamp) {
        if underWay == 0 { return }
        (files, last) = (count(at: now) + underWay, now)
        underWay = 0
    }
}
