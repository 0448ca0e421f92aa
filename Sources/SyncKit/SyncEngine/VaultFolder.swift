package import SyncModel
internal import SyncTree

/// One folder of a vault with what the engine keeps about it between two cycles.
package final class VaultFolder {
    /// Where its files stand in the repository; nil is the top.
    package let id: FolderID
    /// The only way to its files; the simulation hands in its own.
    package let access: any FolderAccess
    /// What this device leaves out, in both directions; nil when that is nothing.
    let excluded: IgnoreRules?
    /// The patterns of `excluded`, as the configuration has them.
    let patterns: [String]
    let ignore: IgnoreView
    /// Why the folder is not synced at the moment: its root is gone or another; nil while it is.
    package internal(set) var stopped: FolderError?
    /// Deletions that wait for the user's word.
    package internal(set) var quarantinedDeletions = 0
    /// Whether files that were deleted in the vault and stand here are added again, at the user's
    /// word, with the next capture.
    var keepsDeleted = false
    /// Whether an apply was cut short and no capture has looked since at what it left: what
    /// differs from the state store may be of a version that the next head has no more.
    var needsScan = false
    /// Files and directories that could not be read since an apply was cut short: until they are,
    /// the heads of that apply are remembered.
    var unread: Set<TreePath> = []
    /// Those of them that this capture could read: the state store learns of them at its end.
    var readAtLast: Set<TreePath> = []
    /// The heads whose apply the state store knows no end of, the newest last.
    var interrupted: [ObjectID] = []
    /// What the state store says of the three: it is written when that changes.
    var notedInterrupted: String?
    /// Files that a built-in pattern leaves out, at most `Limits.leftOut`, and how many more.
    var leftOut: Set<TreePath> = []
    var leftOutBeyond = 0
    /// Since when a file could not be read because a program has it open for writing,
    /// nanoseconds since 1970 UTC.
    var busySince: [TreePath: Int64] = [:]
    /// After this long a file that is still open is read as it stands, in nanoseconds.
    let patience: Int64

    /// - Parameters:
    ///   - id: the prefix of its files in the repository.
    ///   - access: the files.
    ///   - exclude: patterns in `.gitignore` form that hold on this device only.
    ///   - patience: how long to wait for a program to close a file before it is read as it is.
    package init(
        id: FolderID, access: any FolderAccess, exclude: [String] = [],
        patience: Duration = .seconds(5)
    ) {
        self.patience =
            patience.components.seconds * 1_000_000_000
            + patience.components.attoseconds / 1_000_000_000
        self.id = id
        self.access = access
        patterns = exclude
        let excluded = IgnoreRules.only(exclude)
        self.excluded = excluded.isEmpty ? nil : excluded
        ignore = IgnoreView(access)
    }

    /// Whether an apply that was cut short may have put there what stands at a path. From the
    /// moment on at which the state store has learnt of it, an older version there is the user's.
    func mayBeApplied(_ path: TreePath) -> Bool {
        if interrupted.isEmpty { return false }
        if needsScan || unread.contains(path) { return true }
        return !unread.isEmpty && path.ancestors.contains(where: unread.contains)
    }

    /// Those of the files that a program has held open for longer than the patience.
    func neverClosed(_ paths: [TreePath], at now: Int64) -> Set<TreePath> {
        if busySince.isEmpty { return [] }
        return Set(paths.filter { path in busySince[path].map { now - $0 > patience } ?? false })
    }

    /// What the watch asks, on a thread of its own.
    struct WatchRules: Sendable {
        fileprivate let scope: IgnoreRules?
        fileprivate let ignore: IgnoreView

        /// Whether a directory is watched: not left out on this device, not ignored. A file that
        /// is synced although its directory is ignored is found by the full scan.
        func shouldWatch(_ directory: TreePath) -> Bool {
            if let scope, scope.isIgnored(directory, isDirectory: true) { return false }
            do { return try !ignore.isIgnored(directory, isDirectory: true) } catch {
                // Rules that cannot be read now leave nothing out.
                return true
            }
        }
    }

    var watchRules: WatchRules { WatchRules(scope: excluded, ignore: ignore) }

    /// The path in the repository of a path below the folder's root.
    func repositoryPath(_ path: TreePath) -> TreePath { id?.appending(path) ?? path }

    /// The path below the folder's root; nil when it stands elsewhere.
    func belowRoot(_ path: TreePath) -> TreePath? {
        guard let id else { return path }
        return path.relative(to: id)
    }

    /// The same; nil too when this device leaves the path out.
    func localPath(_ path: TreePath) -> TreePath? {
        guard let local = belowRoot(path), isInScope(local) else { return nil }
        return local
    }

    /// Whether this device takes part in the path: not excluded, nor a directory above it. The
    /// records of conflicts belong to the repository, not to a folder that is all of it.
    func isInScope(_ path: TreePath, isDirectory: Bool = false) -> Bool {
        if id == nil, path.components.first.map({ $0.elementsEqual(".sync".utf8) }) ?? false {
            return false
        }
        guard let excluded else { return true }
        return !excluded.isIgnored(path, isDirectory: isDirectory)
    }
}
