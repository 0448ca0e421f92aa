package import SyncModel

/// What the watch, a scan or a request named, until it is captured.
package struct Inbox {
    /// What was named, by folder.
    package private(set) var dirty: [FolderID: DirtyPaths] = [:]

    /// Nothing waits.
    package init() {}

    /// Whether nothing waits.
    package var isEmpty: Bool { dirty.isEmpty }

    /// How many paths are named; a scan counts as one.
    package var count: Int { dirty.values.reduce(0) { $0 + $1.count } }

    /// Adds what has to be looked at in a folder.
    package mutating func add(_ more: DirtyPaths, in folder: FolderID) {
        dirty[folder, default: DirtyPaths()].merge(more)
    }

    /// Adds one path.
    package mutating func add(_ path: TreePath, in folder: FolderID) {
        dirty[folder, default: DirtyPaths()].paths.insert(path)
    }

    /// Adds all of some folders.
    package mutating func addAll(of folders: [VaultFolder]) {
        for folder in folders { dirty[folder.id] = .everything }
    }

    /// Takes everything, for a capture.
    package mutating func take() -> [FolderID: DirtyPaths] {
        defer { dirty = [:] }
        return dirty
    }

    /// Gives back what a capture could not take.
    package mutating func giveBack(_ taken: [FolderID: DirtyPaths]) {
        dirty.merge(taken, uniquingKeysWith: DirtyPaths.both)
    }
}
