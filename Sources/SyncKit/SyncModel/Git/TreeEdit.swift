/// One file or empty directory of a tree that differs between two states.
package struct TreeChange: Sendable, Hashable {
    /// From the trees' root.
    package let path: TreePath
    /// What stood there; nil for nothing or a directory with something in it.
    package let before: FileVersion?
    /// What stands there now; nil for nothing or a directory with something in it.
    package let after: FileVersion?

    /// Takes the path and both states; nil is absence.
    package init(path: TreePath, before: FileVersion?, after: FileVersion?) {
        self.path = path
        self.before = before
        self.after = after
    }

    /// Whether an empty directory is what stood or stands there.
    package var hasDirectory: Bool {
        before?.isDirectory ?? false || after?.isDirectory ?? false
    }

    /// The change for somebody to whom an empty directory is nothing; nil when that is none.
    package var ofFilesOnly: TreeChange? {
        guard hasDirectory else { return self }
        let (old, new) = (before.flatMap(Self.file), after.flatMap(Self.file))
        return old == new ? nil : TreeChange(path: path, before: old, after: new)
    }

    private static func file(_ version: FileVersion) -> FileVersion? {
        version.isDirectory ? nil : version
    }

    /// The changes without those of directories that are empty, or are so no more, because of
    /// another of the changes.
    package static func named(_ changes: [TreeChange]) -> [TreeChange] {
        guard changes.contains(where: \.hasDirectory) else { return changes }
        let above = Set(changes.lazy.flatMap(\.path.ancestors))
        return changes.filter { change in
            change.ofFilesOnly != nil || !above.contains(change.path)
        }
    }
}

/// Editing a tree along the changed paths only: what is not touched is never read.
package enum TreeEdit {
    /// Writes the tree that `root` becomes when each path gets its version.
    /// - Parameters:
    ///   - root: the tree to start from; nil is the empty tree.
    ///   - versions: what shall stand at each path; nil removes the file or empty directory that
    ///     is there. A file put where a directory stands replaces the directory, and the other way
    ///     round. An empty directory put there stays, whatever else is taken out of it.
    ///   - reader: gives the old trees.
    ///   - sink: takes the new trees.
    /// - Returns: the new tree's name; of the directories that were left empty those are gone from
    ///   it that were not put there.
    package static func apply(
        _ versions: [TreePath: FileVersion?], to root: ObjectID?, reading reader: any ObjectReader,
        writing sink: any PackSink
    ) throws(RepositoryError) -> ObjectID {
        let edits = versions.map { Edit(path: $0.key.bytes, version: $0.value) }
        // Numbers move faster than what counts its references.
        let sorted = edits.indices.sorted { edits[$0] < edits[$1] }.map { edits[$0] }
        let edited = try directory(root, sorted[...], at: 0, reader, sink)
        if let edited { return edited }
        return try sink.add(.tree, [])
    }

    private struct Edit {
        let path: [UInt8]
        let version: FileVersion?

        /// Puts all paths of one directory in a row, the directory's own path before them.
        static func < (left: Edit, right: Edit) -> Bool {
            let (one, other) = (left.path.span, right.path.span)
            for index in 0..<min(one.count, other.count) where one[index] != other[index] {
                // No name holds a zero, so an ending name comes before a longer one.
                let byte = one[index] == 0x2f ? 0 : one[index]
                return byte < (other[index] == 0x2f ? 0 : other[index])
            }
            return one.count < other.count
        }

        /// Where the name that begins at `start` ends.
        func end(ofNameAt start: Int) -> Int { path[start...].firstIndex(of: 0x2f) ?? path.count }
    }

    /// Edits one directory; nil when nothing is left in it.
    /// - Parameter start: where the names of this directory begin in the edits' paths.
    private static func directory(
        _ id: ObjectID?, _ edits: ArraySlice<Edit>, at start: Int, _ reader: any ObjectReader,
        _ sink: any PackSink
    ) throws(RepositoryError) -> ObjectID? {
        let old = try reader.tree(id ?? Tree.emptyID)
        var gone: [[UInt8]] = []
        var entries: [TreeEntry] = []
        var rest = edits
        while let first = rest.first {
            let end = first.end(ofNameAt: start)
            let name = first.path[start..<end]
            let same = rest.prefix {
                $0.end(ofNameAt: start) == end && $0.path[start..<end].elementsEqual(name)
            }
            rest = rest[same.endIndex...]
            let before = old[name]
            let after = try entry(before, Array(name), same, end, reader, sink)
            if before == after { continue }
            if let before { gone.append(before.name) }
            if let after { entries.append(after) }
        }
        if old.count - gone.count + entries.count == 0 { return nil }
        if gone.isEmpty && entries.isEmpty, let id { return id }
        return try sink.add(.tree, old.replacing(gone, with: entries).serialized)
    }

    /// Edits one name of a directory, which ends at `end` in the edits' paths.
    private static func entry(
        _ old: TreeEntry?, _ name: [UInt8], _ edits: ArraySlice<Edit>, _ end: Int,
        _ reader: any ObjectReader, _ sink: any PackSink
    ) throws(RepositoryError) -> TreeEntry? {
        let here = edits.first.flatMap { $0.path.count == end ? $0 : nil }
        let stays = here?.version?.isDirectory ?? false
        if let version = here?.version, !stays {
            return TreeEntry(name: name, mode: version.mode, id: version.id)
        }
        let below = here == nil ? edits : edits.dropFirst()
        let subtree = old?.mode == .directory ? old?.id : nil
        // Removing a file's path does not mean a directory of that name, nor the other way round.
        let file = subtree != nil || here != nil ? nil : old
        let takesOnly = below.allSatisfy { $0.version == nil }
        if !stays && takesOnly && subtree == nil { return file }
        let isKept = subtree == Tree.emptyID ? here == nil && takesOnly : below.isEmpty
        if !stays && isKept { return old }
        if let id = try directory(subtree, below, at: end + 1, reader, sink) {
            return TreeEntry(name: name, mode: .directory, id: id)
        }
        return stays
            ? TreeEntry(name: name, mode: .directory, id: try sink.add(.tree, [])) : nil
    }
}
