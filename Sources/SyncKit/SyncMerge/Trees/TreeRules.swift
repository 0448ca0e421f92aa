package import SyncModel

/// The rules of many paths of one tree: each directory is looked into once.
package struct TreeRules {
    private let tree: ObjectID?
    private let reader: any ObjectReader
    /// What the attributes file of each directory says; nil where there is none.
    private var files: [TreePath?: AttributesFile?] = [:]
    /// The rules of all that stands right in a directory.
    private var known: [TreePath?: TypeRules] = [:]

    /// - Parameter tree: a commit's; nil is the empty tree.
    package init(of tree: ObjectID?, reading reader: any ObjectReader) {
        (self.tree, self.reader) = (tree, reader)
    }

    /// The rules that hold for a path.
    /// - Parameter path: a file's.
    package mutating func rules(for path: TreePath) throws(RepositoryError) -> TypeRules {
        if let rules = known[path.parent] { return rules }
        var found: [(directory: TreePath?, file: AttributesFile)] = []
        for directory in [nil] + path.ancestors.map(Optional.some) {
            if let file = try file(in: directory) { found.append((directory, file)) }
        }
        let rules = TypeRules(files: found)
        known[path.parent] = rules
        return rules
    }

    private mutating func file(in directory: TreePath?) throws(RepositoryError)
        -> AttributesFile?
    {
        if let file = files[directory] { return file }
        let path = TypeRules.attributes(in: directory)
        var file: AttributesFile?
        if let version = try TreeDiff.version(at: path, of: tree, reading: reader),
            version.mode.isFile
        {
            file = AttributesFile(try reader.blob(version.id))
        }
        files[directory] = .some(file)
        return file
    }
}
