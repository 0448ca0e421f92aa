package import SyncModel

/// A conflict of names: two versions wanted names that cannot stand beside each other.
extension ConflictRecord {
    /// Whether it is one: a file and a directory, or two names that differ in case or composition
    /// alone.
    package var isOfNames: Bool { isAgainstDirectory || kind == .caseClash && copy != nil }

    /// The files that have the name which the copy's maker wanted: those of a directory, or one
    /// whose name differs in case or composition alone.
    /// - Parameter tree: where they stand; nil for nothing.
    package func inTheWay(
        of tree: ObjectID?, reading reader: any ObjectReader
    ) throws(RepositoryError) -> [TreePath] {
        if isAgainstDirectory {
            return try TreeDiff.changes(from: nil, to: tree, below: path, reading: reader)
                .map(\.path)
        }
        var found: [(path: TreePath?, tree: ObjectID?)] = [(nil, tree)]
        for (depth, name) in path.components.enumerated() {
            let isLast = depth == path.components.count - 1
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
        return found.compactMap(\.path).filter { $0 != path }
    }
}
