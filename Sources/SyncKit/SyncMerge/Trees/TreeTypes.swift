package import SyncModel

extension TypeRules {
    /// Reads the attributes files of a tree that hold for a path.
    /// - Parameters:
    ///   - tree: a commit's; nil is the empty tree.
    ///   - path: a file's.
    package init(
        of tree: ObjectID?, for path: TreePath, reading reader: any ObjectReader
    ) throws(RepositoryError) {
        var rules = TreeRules(of: tree, reading: reader)
        self = try rules.rules(for: path)
    }
}

extension TreeChange {
    /// Renames of exactly equal content, by the old name: one to one, or under one name in another
    /// directory.
    package static func renames(_ changes: [TreeChange]) -> [TreePath: TreePath] {
        PathTable.renames(changes, byName: true)
    }
}
