/// Comparing trees without reading what they share.
package enum TreeDiff {
    /// Lists the files and empty directories that differ between two trees.
    /// - Parameters:
    ///   - old: the first tree; nil is the empty tree.
    ///   - new: the second tree; nil is the empty tree.
    ///   - directory: only what stands below it is compared; nil is all.
    ///   - nameless: told of each differing entry whose name no file can have, which is left out
    ///     with all below it: the path at which it may be shown, and whether it is in `new`.
    /// - Returns: the changes in no particular order, paths as of the trees' root, each once; a
    ///   file that became a directory with something in it is a removal and additions.
    package static func changes(
        from old: ObjectID?, to new: ObjectID?, below directory: TreePath? = nil,
        reading reader: any ObjectReader, nameless: (TreePath, Bool) -> Void = { _, _ in }
    ) throws(RepositoryError) -> [TreeChange] {
        var result: [TreeChange] = []
        var pending: [(path: TreePath?, old: ObjectID?, new: ObjectID?)] = []
        pending.append(
            (
                directory, try subtree(of: old, at: directory, reading: reader),
                try subtree(of: new, at: directory, reading: reader)
            ))
        while let (path, old, new) = pending.popLast() {
            if old == new { continue }
            let before = try reader.tree(old ?? Tree.emptyID)
            let after = try reader.tree(new ?? Tree.emptyID)
            for (left, right) in Tree.differences(before, after) {
                let name = left?.name ?? right?.name ?? []
                guard TreePath.isName(name),
                    let here = path.map({ $0.appending(name) }) ?? TreePath(name)
                else {
                    let shown = TreeName.quoted(name)
                    let place = path.map { $0.appending(shown) } ?? TreePath(shown)
                    if let place { nameless(place, right != nil) }
                    continue
                }
                if left?.version != right?.version {
                    result.append(
                        TreeChange(path: here, before: left?.version, after: right?.version))
                }
                let oldTree = left?.mode == .directory ? left?.id : nil
                let newTree = right?.mode == .directory ? right?.id : nil
                if oldTree != newTree { pending.append((here, oldTree, newTree)) }
            }
        }
        return joined(result)
    }

    /// Makes one change of two where a file and an empty directory changed places: in a tree they
    /// stand apart.
    private static func joined(_ changes: [TreeChange]) -> [TreeChange] {
        guard changes.contains(where: \.hasDirectory) else { return changes }
        var result: [TreePath: TreeChange] = [:]
        for change in changes {
            let other = result[change.path]
            result[change.path] = TreeChange(
                path: change.path, before: change.before ?? other?.before,
                after: change.after ?? other?.after)
        }
        return Array(result.values)
    }

    /// The tree that stands at a path; nil when there is none.
    package static func subtree(
        of root: ObjectID?, at path: TreePath?, reading reader: any ObjectReader
    ) throws(RepositoryError) -> ObjectID? {
        guard let path else { return root }
        var current = root
        for name in path.components {
            guard let id = current, let entry = try reader.tree(id)[name],
                entry.mode == .directory
            else { return nil }
            current = entry.id
        }
        return current
    }

    /// The version that stands at a path of a tree; nil for nothing or a directory that has
    /// something in it.
    package static func version(
        at path: TreePath, of root: ObjectID?, reading reader: any ObjectReader
    ) throws(RepositoryError) -> FileVersion? {
        guard let directory = try subtree(of: root, at: path.parent, reading: reader) else {
            return nil
        }
        return try reader.tree(directory)[path.name]?.version
    }

    /// The same of a file, a link or a submodule alone: nil for every directory.
    package static func file(
        at path: TreePath, of root: ObjectID?, reading reader: any ObjectReader
    ) throws(RepositoryError) -> FileVersion? {
        guard let version = try version(at: path, of: root, reading: reader) else { return nil }
        return version.isDirectory ? nil : version
    }
}
