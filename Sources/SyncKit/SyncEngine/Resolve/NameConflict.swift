internal import SyncMerge
internal import SyncModel

extension ConflictRecord {
    /// Whether two versions wanted names that cannot stand beside each other.
    var isOfNames: Bool { isAgainstDirectory || kind == .caseClash && copy != nil }
}

/// Resolving a conflict of names: what a device made gets the name, and what stands there goes.
extension ConflictResolution {
    /// Works out what one side's choice leaves.
    /// - Parameter side: the index of the side that shall have the name.
    func name(for side: Int) throws -> [TreePath: FileVersion?] {
        guard let copy = record.copy else { return [:] }
        var result: [TreePath: FileVersion?] = [:]
        result.updateValue(nil, forKey: copy)
        guard try side == movedSide() else { return result }
        guard let kept = try TreeDiff.file(at: copy, of: tree, reading: reader) else {
            throw ChangeRefusal(.missing, "there is no file \(copy) any more")
        }
        for path in try inTheWay() where path != copy { result.updateValue(nil, forKey: path) }
        result[record.path] = kept
        return result
    }

    /// The side whose version stands beside its name.
    private func movedSide() throws -> Int? {
        if record.isAgainstDirectory { return record.sides.firstIndex { $0.blob != nil } }
        let same = record.sides.indices.filter { index in
            record.sides[index].blob.map { blob in
                ConflictCopy.paths(for: record.path, blob: blob).contains { $0 == record.copy }
            } ?? false
        }
        if same.count == 1 { return same[0] }
        // Two names of one content: the side that called it so.
        return try same.first { index in
            let commit = record.sides[index].stamp.commit
            guard reader.contains(commit) else { return false }
            let tree = try reader.commit(commit).tree
            return try TreeDiff.file(at: record.path, of: tree, reading: reader) != nil
        }
    }

    /// The files that have the name: those of a directory, or one whose name differs in case or
    /// composition alone.
    private func inTheWay() throws -> [TreePath] {
        if record.isAgainstDirectory {
            return try TreeDiff.changes(from: nil, to: tree, below: record.path, reading: reader)
                .map(\.path)
        }
        var found: [(path: TreePath?, tree: ObjectID?)] = [(nil, tree)]
        for (depth, name) in record.path.components.enumerated() {
            let isLast = depth == record.path.components.count - 1
            guard let wanted = TreePath(Array(name)).map(CaseFolding.key) else { return [] }
            var next: [(path: TreePath?, tree: ObjectID?)] = []
            for (path, tree) in found {
                guard let tree else { continue }
                for entry in try reader.tree(tree).entries where entry.mode != .submodule {
                    guard let own = TreePath(entry.name), CaseFolding.key(own) == wanted,
                        (entry.mode == .directory) != isLast
                    else { continue }
                    next.append((path.map { $0.appending(own) } ?? own, entry.id))
                }
            }
            found = next
        }
        return found.compactMap(\.path).filter { $0 != record.path }
    }
}
