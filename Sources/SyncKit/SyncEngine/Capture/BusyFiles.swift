internal import SyncModel

/// Files that could not be read because a program has them open for writing, and since when.
struct BusyFiles {
    /// Nanoseconds since 1970 UTC.
    private var since: [TreePath: Int64] = [:]
    /// After this long a file that is still open is read as it stands, in nanoseconds.
    private let patience: Int64

    init(patience: Duration) {
        self.patience =
            patience.components.seconds * 1_000_000_000
            + patience.components.attoseconds / 1_000_000_000
    }

    /// Those of some files that were held open for longer than the patience.
    func neverClosed(_ paths: [TreePath], at now: Int64) -> Set<TreePath> {
        if since.isEmpty { return [] }
        return Set(paths.filter { path in since[path].map { now - $0 > patience } ?? false })
    }

    /// A file is open. A clock that was set back makes no file wait longer.
    mutating func noteBusy(_ path: TreePath, at now: Int64) {
        since[path] = min(since[path] ?? now, now)
    }

    /// A file was read, or is gone: what comes there is another one.
    mutating func noteEnd(_ path: TreePath) {
        if !since.isEmpty { since[path] = nil }
    }
}
