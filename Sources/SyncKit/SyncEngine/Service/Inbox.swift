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

    /// Keeps, of what is named while nothing is captured, what differs from the state store: what
    /// an apply by request wrote, or a scan found as it was, does not wait for anything.
    mutating func keepChanged(
        of dirty: DirtyPaths, in folder: VaultFolder, _ store: any StateStore
    ) {
        do {
            let found = try UncapturedChanges(store: store).paths(dirty, in: folder)
            replace(dirty, with: found, in: folder.id)
        } catch {
            // The look at everything once syncing is taken up again says what is wrong.
            add(dirty, in: folder.id)
        }
    }

    /// Puts what a look at some paths found in the place of all that was named of them.
    /// - Parameter found: what of them is to be captured.
    private mutating func replace(
        _ looked: DirtyPaths, with found: Set<TreePath>, in folder: FolderID
    ) {
        var rest = dirty[folder, default: DirtyPaths()]
        if looked.all {
            rest = DirtyPaths()
        } else {
            let places = looked.paths.union(looked.directories)
            let isLooked = { (path: TreePath) in
                places.contains(path) || path.ancestors.contains(where: places.contains)
            }
            rest.paths = rest.paths.filter { !isLooked($0) }
            rest.directories = rest.directories.filter { !isLooked($0) }
        }
        var more = DirtyPaths()
        more.paths = found
        rest.merge(more)
        dirty[folder] = rest.isEmpty ? nil : rest
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
