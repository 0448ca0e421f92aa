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
    /// Why it is not synced, or not all of it.
    private var troubles = Troubles()
    /// Where deletions wait for the user's word: by path below the root.
    package private(set) var quarantinedDeletions: Set<TreePath> = []
    /// Which files that were deleted in the vault and stand here are added again, at the user's
    /// word, with the next capture.
    var addsAgain = AddedAgain.none
    /// Files that were deleted a moment ago.
    var recentDeletions = RecentDeletions()
    /// The applies that the state store knows no end of.
    var interrupted = InterruptedApplies()
    /// Files that are left out for their names alone.
    var temporaries = TemporaryFiles()
    /// Files that a program has open for writing.
    var busy: BusyFiles

    private struct Troubles {
        var stopped: FolderError?
        var apply: FolderError?
    }

    /// Why the folder is not synced at the moment: its root is gone or another; nil while it is.
    package internal(set) var stopped: FolderError? {
        get { troubles.stopped }
        set { troubles.stopped = newValue }
    }

    /// Why the last apply could not put everything there; nil where it could.
    var applyFailure: FolderError? {
        get { troubles.apply }
        set { troubles.apply = newValue }
    }

    /// Files of the past that a user wants back.
    enum AddedAgain {
        case none
        /// Those that the state store does not know: they came with another directory.
        case unknown
        case all
    }

    /// - Parameters:
    ///   - id: the prefix of its files in the repository.
    ///   - access: the files.
    ///   - exclude: patterns in `.gitignore` form that hold on this device only.
    ///   - patience: how long to wait for a program to close a file before it is read as it is.
    package init(
        id: FolderID, access: any FolderAccess, exclude: [String] = [],
        patience: Duration = .seconds(5)
    ) {
        busy = BusyFiles(patience: patience)
        self.id = id
        self.access = access
        patterns = exclude
        let excluded = IgnoreRules.only(exclude)
        self.excluded = excluded.isEmpty ? nil : excluded
        ignore = IgnoreView(access)
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

    /// How many names lead to a path from the repository's top, as other devices count them.
    func depth(of path: TreePath) -> Int {
        // A name and its slash are two bytes at least.
        let bytes = path.bytes.count + 1 + (id?.bytes.count ?? 0)
        if bytes < 2 * Limits.pathDepth { return 0 }
        return repositoryPath(path).bytes.count { $0 == 0x2f } + 1
    }

    /// The path below the folder's root; nil when it stands elsewhere.
    func belowRoot(_ path: TreePath) -> TreePath? {
        guard let id else { return path }
        return path.relative(to: id)
    }

    /// The same; nil too when this device leaves the path out.
    /// - Parameter version: what stands there: a pattern may mean directories alone.
    package func localPath(_ path: TreePath, _ version: FileVersion? = nil) -> TreePath? {
        guard let local = belowRoot(path), isInScope(local, version) else { return nil }
        return local
    }

    /// Whether this device takes part in a version at a path; none counts as a file.
    func isInScope(_ path: TreePath, _ version: FileVersion?) -> Bool {
        isInScope(path, isDirectory: version?.isDirectory ?? false)
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

    /// Whether a failure concerns the whole folder and nothing but it: it stops, others go on.
    func stops(for error: FolderError) -> Bool {
        switch error.code {
        case .rootMissing, .rootReplaced, .prefixTaken: true
        case .notFound, .unreadable, .io: error.path == nil
        default: false
        }
    }

    /// What is held back in this folder, by path below its root.
    func quarantined(_ store: any StateStore) throws(StateStoreError) -> [TreePath: QuarantinedPath
        .Reason]
    {
        var result: [TreePath: QuarantinedPath.Reason] = [:]
        for quarantined in try store.quarantined(id) {
            guard let path = id.map({ quarantined.path.relative(to: $0) }) ?? quarantined.path
            else { continue }
            result[path] = quarantined.reason
        }
        return result
    }

    /// Holds the deletions at these paths, and at no other; the first of them are listed.
    func hold(_ paths: Set<TreePath>, _ store: any StateStore) throws(StateStoreError) {
        if paths.isEmpty && quarantinedDeletions.isEmpty { return }
        quarantinedDeletions = paths
        if paths.isEmpty { try store.setFact(mostHeldFact, nil) }
        var listed = Set(try listedDeletions(store))
        for path in listed.subtracting(paths) { try store.quarantine(id, path, nil) }
        listed.formIntersection(paths)
        let room = Limits.listedPaths - listed.count
        if room <= 0 || listed.count == paths.count { return }
        for path in paths.subtracting(listed).sorted().prefix(room) {
            try store.quarantine(id, path, .massDeletion)
        }
    }

    /// How many deletions were held together, with those whose files are back, and of how many
    /// files they were a share: new ones make them no fewer. 0 where none is held.
    func mostHeld(_ store: any StateStore) throws(StateStoreError) -> (count: Int, total: Int?) {
        if quarantinedDeletions.isEmpty { return (0, nil) }
        let words = try store.fact(mostHeldFact)?.split(separator: " ").map { Int($0) } ?? []
        return ((words.first ?? nil) ?? 0, words.count > 1 ? words[1] : nil)
    }

    /// Notes, over a restart too, that so many deletions of so many files are held together.
    func note(held count: Int, of total: Int, _ store: any StateStore) throws(StateStoreError) {
        let before = try mostHeld(store)
        if quarantinedDeletions.isEmpty || before == (count, total) { return }
        try store.setFact(mostHeldFact, "\(count) \(total)")
    }

    private var mostHeldFact: String { "held \(id?.description ?? "")" }

    /// Holds the deletions at these paths no longer.
    func release(_ paths: Set<TreePath>, _ store: any StateStore) throws(StateStoreError) {
        try hold(quarantinedDeletions.subtracting(paths), store)
    }

    /// The held deletions that the state store lists.
    func listedDeletions(_ store: any StateStore) throws(StateStoreError) -> [TreePath] {
        try quarantined(store).filter { $0.value == .massDeletion }.map(\.key)
    }

    /// The paths whose newer version waits; those that this device leaves out wait for nothing.
    func deferred(_ store: any StateStore) throws(StateStoreError) -> [DeferredPath] {
        let all = try store.deferred(id)
        if excluded == nil { return all }
        var waiting: [DeferredPath] = []
        for deferred in all {
            let row = try store.file(id, deferred.path)
            if isInScope(deferred.path, row?.version) { waiting.append(deferred) }
        }
        return waiting
    }
}
