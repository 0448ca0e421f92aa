package import SyncModel

/// What changed in a folder since the batch before, to be captured together.
package struct Batch: Sendable, Equatable {
    /// Files that were made, changed, moved or removed.
    package var paths: Set<TreePath> = []
    /// Directories whose whole subtree is to be scanned; one that is gone took all below along.
    package var directories: Set<TreePath> = []
    /// Everything is to be scanned; then both sets are empty.
    package var rescan = false
    /// The folder's root is gone: nothing may be taken for deleted.
    package var rootGone = false

    /// Nothing changed.
    package init() {}

    /// Whether it says nothing.
    package var isEmpty: Bool {
        paths.isEmpty && directories.isEmpty && !rescan && !rootGone
    }

    /// How many paths it names.
    package var count: Int { paths.count + directories.count }

    /// Adds a later batch of the same folder. Past `Limits.batchPaths` files give way to their
    /// directories, and these to a rescan.
    package mutating func merge(_ later: Batch) {
        rootGone = later.rootGone || (rootGone && !later.rescan)
        rescan = rescan || later.rescan
        paths.formUnion(later.paths)
        directories.formUnion(later.directories)
        coarsen()
    }

    /// Keeps the batch within its bound, naming more than changed rather than less.
    mutating func coarsen() {
        if !rescan, count > Limits.batchPaths {
            for path in paths {
                guard let parent = path.parent else {
                    rescan = true
                    break
                }
                directories.insert(parent)
            }
            paths.removeAll()
            if directories.count > Limits.batchPaths { rescan = true }
        }
        if rescan {
            paths.removeAll()
            directories.removeAll()
        }
    }

    /// Takes out what stands below a directory that is scanned anyway.
    mutating func prune() {
        guard !directories.isEmpty else { return }
        let scanned = directories
        func isCovered(_ path: TreePath) -> Bool {
            var above = path.parent
            while let directory = above {
                if scanned.contains(directory) { return true }
                above = directory.parent
            }
            return false
        }
        paths = paths.filter { !scanned.contains($0) && !isCovered($0) }
        directories = directories.filter { !isCovered($0) }
    }
}
