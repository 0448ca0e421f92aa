package import SyncModel

/// The files of a tree that somebody names: by their own names, by that of a directory above them,
/// or by a pattern.
package struct PastFiles {
    /// Each with its version.
    package private(set) var files: [TreePath: FileVersion] = [:]
    /// Where each file would stand in a place of its own: below the last name that was given.
    package private(set) var places: [TreePath: TreePath] = [:]
    /// What names nothing in the tree.
    package private(set) var missing: [TreePath] = []

    /// - Parameters:
    ///   - names: paths of the repository, or patterns over them; what the tree has under such a
    ///     name comes before what a pattern means.
    ///   - tree: a commit's.
    package init(
        _ names: [TreePath], of tree: ObjectID, reading reader: any ObjectReader
    ) throws(RepositoryError) {
        for name in names {
            if let file = try TreeDiff.version(at: name, of: tree, reading: reader) {
                add(name, file, below: name.parent)
                continue
            }
            var found = try TreeDiff.changes(from: nil, to: tree, below: name, reading: reader)
            var directory = name.parent
            if found.isEmpty, let patterns = PathPatterns([name.text]), Self.isPattern(name) {
                directory = Self.place(of: name)
                found = try TreeDiff.changes(
                    from: nil, to: tree, below: directory, reading: reader
                ).filter { patterns.match($0.path) }
            }
            for change in found {
                if let version = change.after { add(change.path, version, below: directory) }
            }
            if found.isEmpty { missing.append(name) }
        }
    }

    /// One file.
    package init(_ path: TreePath, _ version: FileVersion) {
        add(path, version, below: path.parent)
    }

    private mutating func add(_ path: TreePath, _ version: FileVersion, below directory: TreePath?)
    {
        files[path] = version
        places[path] = directory.flatMap { path.relative(to: $0) } ?? path
    }

    /// Where all stands that a name can mean: at it, or at the directories that a pattern begins
    /// with; nil is everywhere.
    package static func place(of name: TreePath) -> TreePath? {
        let plain = name.components.prefix { !isSpecial($0) }
        return plain.isEmpty ? nil : TreePath(Array(plain.joined(separator: [0x2f])))
    }

    /// Whether a name may be a pattern.
    package static func isPattern(_ path: TreePath) -> Bool {
        path.components.contains(where: isSpecial)
    }

    private static func isSpecial(_ name: ArraySlice<UInt8>) -> Bool {
        name.contains { [0x2a, 0x3f, 0x5b, 0x5c].contains($0) }
    }
}
