package import SyncModel

extension TypeRules {
    /// Reads the attributes files of a tree that hold for a path.
    /// - Parameters:
    ///   - tree: a commit's; nil is the empty tree.
    ///   - path: a file's.
    package init(
        of tree: ObjectID?, for path: TreePath, reading reader: any ObjectReader
    ) throws(RepositoryError) {
        var files: [(directory: TreePath?, content: [UInt8])] = []
        for directory in [nil] + path.ancestors.map(Optional.some) {
            let file = Self.attributes(in: directory)
            guard let version = try TreeDiff.version(at: file, of: tree, reading: reader),
                version.mode.isFile
            else { continue }
            files.append((directory, try reader.blob(version.id)))
        }
        self.init(files: files)
    }
}

extension TreeChange {
    /// Renames of exactly equal content, one to one, by the old name.
    package static func renames(_ changes: [TreeChange]) -> [TreePath: TreePath] {
        PathTable.renames(changes)
    }
}
