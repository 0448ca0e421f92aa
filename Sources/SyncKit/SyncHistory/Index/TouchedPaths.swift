package import SyncModel

/// The paths that a commit may have changed: every entry of its tree that is none of its parents'.
package enum TouchedPaths {
    /// Lists the files and empty directories that differ from those of every parent; of a merge
    /// the directories above them too, for one may differ although nothing in it does.
    /// - Parameters:
    ///   - tree: the commit's.
    ///   - parents: its parents' trees.
    ///   - most: the most bytes of all paths on the way, as `cost` counts them: a small tree that
    ///     holds another many times makes many long ones.
    /// - Returns: each once, in no order; nil for more. For a name that no file can have its
    ///   directory stands.
    package static func list(
        of tree: ObjectID, parents: [ObjectID], reading reader: any ObjectReader,
        atMost most: Int = Limits.indexedCommitBytes
    ) throws(RepositoryError) -> [TreePath]? {
        var found: Set<TreePath> = []
        var left = most
        var pending: [Place] = []
        let root = Place(path: nil, here: tree, before: parents.isEmpty ? [nil] : parents)
        if !root.before.contains(tree) { pending.append(root) }
        while let place = pending.popLast() {
            let here = try known(place.here, reader)
            var before: [Tree] = []
            for id in place.before { before.append(try known(id, reader)) }
            var names: Set<[UInt8]> = []
            for (left, right) in Tree.differences(before[0], here) {
                if let name = left?.name ?? right?.name { names.insert(name) }
            }
            for name in names {
                let (entry, entries) = (here[name], before.map { $0[name] })
                if entries.contains(entry) { continue }
                guard let path = place.path.map({ $0.appending(name) }) ?? TreePath(name) else {
                    if let directory = place.path { found.insert(directory) }
                    continue
                }
                left -= cost(of: path)
                if left < 0 { return nil }
                let directories = entries.map(directory)
                let own = directory(entry)
                if own == nil && directories.allSatisfy({ $0 == nil }) {
                    found.insert(path)
                    continue
                }
                if entries.count > 1 || ([entry] + entries).contains(where: isLeaf) {
                    found.insert(path)
                }
                pending.append(Place(path: path, here: own, before: directories))
            }
        }
        return Array(found)
    }

    /// A tree; one of the past that was left out, or cannot be read, has nothing that is known.
    private static func known(_ id: ObjectID?, _ reader: any ObjectReader)
        throws(RepositoryError) -> Tree
    {
        guard let id else { return Tree(sorting: []) }
        do { return try reader.tree(id) } catch {
            if error.code == .missing || error.code == .corrupt { return Tree(sorting: []) }
            throw error
        }
    }

    /// What a path takes, in bytes: its own and those of where it is kept.
    package static func cost(of path: TreePath) -> Int { path.bytes.count + 64 }

    /// A directory on the way, and what stood there in each parent.
    private struct Place {
        let path: TreePath?
        let here: ObjectID?
        let before: [ObjectID?]
    }

    private static func directory(_ entry: TreeEntry?) -> ObjectID? {
        entry.flatMap { $0.mode == .directory ? $0.id : nil }
    }

    private static func isLeaf(_ entry: TreeEntry?) -> Bool { entry?.version != nil }
}
