internal import Glibc
internal import SyncModel

/// Which packs there are, so that a change is seen at the price of one `lstat`.
struct PackListing {
    /// What a look at the directory found.
    enum Change { case same, more, fewer }

    /// The directory's identity and time. Nil while the time is so young that another change
    /// could leave it as it is.
    private struct Stamp: Equatable {
        let device: UInt
        let inode: UInt
        let seconds: Int
        let nanoseconds: Int

        init?(of path: String) {
            guard let status = FileSystem.status(path) else { return nil }
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            let changed = status.st_mtim
            let age =
                (now.tv_sec - changed.tv_sec) * 1000
                + (now.tv_nsec - changed.tv_nsec) / 1_000_000
            if age < Limits.fileTimeGrainMilliseconds { return nil }
            device = UInt(status.st_dev)
            inode = UInt(status.st_ino)
            (seconds, nanoseconds) = (changed.tv_sec, changed.tv_nsec)
        }
    }

    private var stamp: Stamp?
    private var names: Set<String> = []
    /// Whether a pack was noted since the last look: who reads has not seen it.
    private var hasNoted = false

    /// Notes a pack that was just put there: it is missed when it goes.
    mutating func add(_ index: String) {
        names.insert(index)
        hasNoted = true
    }

    /// Looks at the directory again. One that cannot be listed counts as empty: what then fails
    /// is the reading of an object, which says so.
    @discardableResult mutating func look(at directory: String) -> Change {
        let now = Stamp(of: directory)
        if let now, now == stamp { return .same }
        stamp = now
        var found: Set<String> = []
        do throws(RepositoryError) {
            for name in try FileSystem.names(in: directory) where name.hasSuffix(".idx") {
                found.insert(name)
            }
        } catch { stamp = nil }
        defer { (names, hasNoted) = (found, false) }
        if found == names && !hasNoted { return .same }
        return names.isSubset(of: found) ? .more : .fewer
    }
}
