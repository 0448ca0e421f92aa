internal import SyncModel

/// What the watch, a scan or a request named, until it is captured.
struct Inbox {
    private(set) var dirty: [FolderID: DirtyPaths] = [:]

    /// Whether nothing waits.
    var isEmpty: Bool { dirty.isEmpty }

    /// How many paths are named; a scan counts as one.
    var count: Int { dirty.values.reduce(0) { $0 + $1.count } }

    /// Adds what has to be looked at in a folder.
    mutating func add(_ more: DirtyPaths, in folder: FolderID) {
        dirty[folder, default: DirtyPaths()].merge(more)
    }

    /// Adds one path.
    mutating func add(_ path: TreePath, in folder: FolderID) {
        dirty[folder, default: DirtyPaths()].paths.insert(path)
    }

    /// Adds all of some folders.
    mutating func addAll(of folders: [VaultFolder]) {
        for folder in folders { dirty[folder.id] = .everything }
    }

    /// Takes everything, for a capture.
    mutating func take() -> [FolderID: DirtyPaths] {
        defer { dirty = [:] }
        return dirty
    }

    /// Gives back what a capture could not take.
    mutating func giveBack(_ taken: [FolderID: DirtyPaths]) {
        dirty.merge(taken, uniquingKeysWith: DirtyPaths.both)
    }
}
