/// One file of a tree that differs between two states.
package struct TreeChange: Sendable, Hashable {
    /// From the trees' root.
    package let path: TreePath
    /// What stood there; nil for nothing or a directory.
    package let before: FileVersion?
    /// What stands there now; nil for nothing or a directory.
    package let after: FileVersion?

    /// Takes the path and both states; nil is absence.
    package init(path: TreePath, before: FileVersion?, after: FileVersion?) {
        self.path = path
        self.before = before
        self.after = after
    }
}

/// Editing a tree along the changed paths only: what is not touched is never read.
package enum TreeEdit {
    /// Writes the tree that `root` becomes when each path gets its version.
    /// - Parameters:
    ///   - root: the tree to start from; nil is the empty tree.
    ///   - versions: what shall stand at each path; nil removes the path if it is there. A file
    ///     put where a directory stands replaces the directory, and the other way round.
    ///   - reader: gives the old trees.
    ///   - sink: takes the new trees.
    /// - Returns: the new tree's name; directories left empty are gone from it.
    package static func apply(
        _ versions: [TreePath: FileVersion?], to root: ObjectID?, reading reader: any ObjectReader,
        writing sink: any PackSink
    ) throws(RepositoryError) -> ObjectID {
        let edits = versions.map { Edit(names: $0.key.components, version: $0.value) }
        let edited = try directory(root, edits[...], depth: 0, reader, sink)
        if let edited { return edited }
        return try sink.add(.tree, [])
    }

    private struct Edit {
        let names: [ArraySlice<UInt8>]
        let version: FileVersion?
    }

    /// Edits one directory; nil when nothing is left in it.
    private static func directory(
        _ id: ObjectID?, _ edits: ArraySlice<Edit>, depth: Int, _ reader: any ObjectReader,
        _ sink: any PackSink
    ) throws(RepositoryError) -> ObjectID? {
        let old = try reader.tree(id ?? Tree.emptyID)
        var changed: [ArraySlice<UInt8>: [Edit]] = [:]
        for edit in edits { changed[edit.names[depth], default: []].append(edit) }

        var gone: [[UInt8]] = []
        var entries: [TreeEntry] = []
        for (name, edits) in changed {
            let before = old[name]
            let after = try entry(before, edits, depth, reader, sink)
            if before == after { continue }
            if let before { gone.append(before.name) }
            if let after { entries.append(after) }
        }
        if old.count - gone.count + entries.count == 0 { return nil }
        if gone.isEmpty && entries.isEmpty, let id { return id }
        return try sink.add(.tree, old.replacing(gone, with: entries).serialized)
    }

    /// Edits one name of a directory.
    private static func entry(
        _ old: TreeEntry?, _ edits: [Edit], _ depth: Int, _ reader: any ObjectReader,
        _ sink: any PackSink
    ) throws(RepositoryError) -> TreeEntry? {
        let name = Array(edits[0].names[depth])
        let here = edits.first { $0.names.count == depth + 1 }
        if let version = here?.version {
            return TreeEntry(name: name, mode: version.mode, id: version.id)
        }
        let below = edits.filter { $0.names.count > depth + 1 }
        // Removing a file's path does not mean a directory of that name, nor the other way round.
        let file = old?.mode == .directory || here != nil ? nil : old
        if old?.mode != .directory, below.allSatisfy({ $0.version == nil }) { return file }
        if below.isEmpty { return old }
        let subtree = old?.mode == .directory ? old?.id : nil
        guard let id = try directory(subtree, below[...], depth: depth + 1, reader, sink) else {
            return nil
        }
        return TreeEntry(name: name, mode: .directory, id: id)
    }
}
