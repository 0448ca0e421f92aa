package import SyncModel

/// What has to be looked at in one folder: the watch's word, or a scan's.
package struct DirtyPaths: Sendable, Equatable {
    /// Single paths, files or directories that came, changed or went.
    package var paths: Set<TreePath> = []
    /// Directories whose subtree has to be scanned.
    package var directories: Set<TreePath> = []
    /// Whether the whole folder has to be scanned.
    package var all = false

    /// Nothing.
    package init() {}

    /// Everything.
    package static var everything: DirtyPaths {
        var dirty = DirtyPaths()
        dirty.all = true
        return dirty
    }

    /// Whether there is nothing to look at.
    package var isEmpty: Bool { !all && paths.isEmpty && directories.isEmpty }

    /// How many paths are named; a scan counts as one.
    package var count: Int { paths.count + directories.count + (all ? 1 : 0) }

    /// What either names.
    static func both(_ one: DirtyPaths, _ other: DirtyPaths) -> DirtyPaths {
        var result = one
        result.merge(other)
        return result
    }

    /// Adds another's; past `Limits.batchPaths` single paths the whole folder is scanned instead.
    package mutating func merge(_ other: DirtyPaths) {
        paths.formUnion(other.paths)
        directories.formUnion(other.directories)
        all = all || other.all || paths.count > Limits.batchPaths
        if all {
            paths = []
            directories = []
        }
    }
}
