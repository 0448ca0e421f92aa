internal import SyncModel
internal import SyncWatch
internal import Synchronization

/// What of a vault is watched.
struct FolderWatching {
    /// Plain directories whose watch was lost.
    private var lostDirectories: Set<String> = []
    /// Folders, by number, whose root went and took its watch with it.
    private var rootless: Set<Int> = []
    /// What is mounted on this machine; nil where that is not shown: a full scan finds out.
    private var mounts: MountTable?
    private let rules = Rules()

    /// What the watch asks about each folder, by number.
    private final class Rules: Sendable {
        let folders = Mutex<[VaultFolder.WatchRules]>([])

        func shouldWatch(_ directory: TreePath, in folder: Int) -> Bool {
            folders.withLock { $0[folder] }.shouldWatch(directory)
        }
    }

    /// Begins to watch.
    /// - Parameter remote: directories in which a change means that the remote has something.
    mutating func start(
        _ configuration: Configuration, _ folders: [VaultFolder], remote: [String]
    ) throws -> BatchStream {
        mounts = MountTable()
        follow(folders)
        let watched = configuration.folders.enumerated().map { [rules] number, folder in
            WatchedFolder(root: folder.path) { rules.shouldWatch($0, in: number) }
        }
        let timing = BatchTiming(
            quiet: configuration.sync.quiet, maxWait: configuration.sync.maxWait)
        let stream = try BatchStream(watched, timing: timing)
        for path in remote { stream.loop.watchDirectory(path) }
        return stream
    }

    /// Lets the watch ask these folders from now on: a capture brings the rules of no others up to
    /// date.
    func follow(_ folders: [VaultFolder]) {
        rules.folders.withLock { $0 = folders.map(\.watchRules) }
    }

    /// The watch of a plain directory was lost.
    mutating func noteLost(_ path: String) { lostDirectories.insert(path) }

    /// The root of a folder went.
    mutating func noteGone(_ folder: Int) { rootless.insert(folder) }

    /// Watches a folder whose root is back; nothing for all others.
    mutating func watchReturned(_ watch: BatchStream, folder: Int) {
        if rootless.remove(folder) != nil { watch.loop.rewatch(folder: folder) }
    }

    /// Watches a folder anew whose watch was lost, or that was stopped.
    /// - Returns: what nobody watches meanwhile, to be looked at; nil for nothing.
    func watchAgain(_ watch: BatchStream, folder: Int, _ wasStopped: Bool) -> DirtyPaths? {
        let status = watch.loop.status(folder: folder)
        // A root that went took its watch with it, and may be back by now.
        let isUnwatched = status.directories == 0
        if isUnwatched || status.error != nil || status.isIncomplete || wasStopped {
            watch.loop.rewatch(folder: folder)
        }
        guard let unwatched = status.unwatched, !isUnwatched else { return .everything }
        if unwatched.isEmpty { return nil }
        var dirty = DirtyPaths()
        dirty.directories = unwatched
        return dirty
    }

    /// What was covered in each folder, by its root, or came to light again: no event tells of it.
    func covered(_ roots: [String]) -> [DirtyPaths] {
        let places = mounts?.changes() ?? []
        return roots.map { root in
            var dirty = DirtyPaths()
            dirty.paths = MountTable.paths(places, below: root)
            return dirty
        }
    }

    /// Watches such directories anew.
    mutating func watchLost(_ watch: BatchStream) {
        for path in lostDirectories { watch.loop.watchDirectory(path) }
        lostDirectories = []
    }
}
