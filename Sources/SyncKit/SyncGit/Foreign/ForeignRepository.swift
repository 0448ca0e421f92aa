internal import Glibc
package import SyncModel

/// A bare repository on a path that others write too, for better or worse: a disk, a memory
/// stick, a share. It is read with the rigour of what comes over a network, by nothing of
/// libgit2: regular files only, sizes and numbers of everything bounded, deltas that lead
/// somewhere; its configuration says nothing but its format.
///
/// Not safe for use from two threads: whoever opened it owns it.
package final class ForeignRepository: ObjectRepository {
    /// The repository's directory, as given.
    package let path: String
    private let objects: ForeignObjects
    private let references: ForeignReferences
    private var trees = TreeCache()

    /// Opens the repository at exactly this path and removes what a crash of ours left in it.
    /// - Throws: `.notARepository`, `.missing`, `.readOnly`, `.corrupt`, `.io`.
    package init(
        opening path: String, staleLockSeconds: Int = Limits.staleRemoteLockSeconds
    ) throws(RepositoryError) {
        self.path = path
        guard FileSystem.isDirectory(path) else { throw RepositoryError(.missing, "open \(path)") }
        for part in ["objects", "refs"] where !FileSystem.isDirectory("\(path)/\(part)") {
            throw RepositoryError(.notARepository, "open \(path)", "it has no \(part)")
        }
        references = ForeignReferences(
            directory: path, staleLockSeconds: staleLockSeconds,
            shared: try ForeignConfiguration.check(path))
        _ = try references.headTarget()
        objects = try ForeignObjects("\(path)/objects")
        TemporaryFile.removeAbandoned(in: packDirectory)
    }

    /// Whether what is here may stand in another directory `objects` alone.
    package func borrows(from other: String) -> Bool { objects.stand(in: other) }

    /// The full name of the branch that `HEAD` names; nil when it names none.
    package func headBranch() throws(RepositoryError) -> String? { try references.headTarget() }

    /// The working directory that has a branch checked out, of those that `git worktree add` made.
    /// - Parameter branch: its full name.
    /// - Returns: the name by which git knows it; nil for none.
    package func worktree(of branch: String) throws(RepositoryError) -> String? {
        let places = "\(path)/worktrees"
        if !FileSystem.isDirectory(places) { return nil }
        for name in try FileSystem.names(in: places).sorted() {
            let head = ForeignReferences(directory: "\(places)/\(name)", staleLockSeconds: 0)
            if FileSystem.exists("\(places)/\(name)/HEAD"), try head.headTarget() == branch {
                return name
            }
        }
        return nil
    }

    package func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        try objects.object(id)
    }

    package func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        let object = try objects.object(id)
        return (object.kind, object.content.count)
    }

    package func tree(_ id: ObjectID) throws(RepositoryError) -> Tree {
        if id == Tree.emptyID { return .empty }
        if let known = trees[id] { return known }
        let stored = try object(id)
        guard stored.kind == .tree else {
            throw RepositoryError(.corrupt, "read tree", object: id, "it is a \(stored.kind)")
        }
        do {
            let tree = try Tree(parsing: stored.content)
            trees.insert(tree, id)
            return tree
        } catch { throw RepositoryError(.corrupt, "read tree", object: id, "\(error)") }
    }

    package func contains(_ id: ObjectID) -> Bool {
        // Whoever then reads the object is told why it cannot be had.
        do throws(RepositoryError) { return try objects.contains(id) } catch { return false }
    }

    package func holds(_ id: ObjectID) throws(RepositoryError) -> Bool { try objects.contains(id) }

    /// Sees packs that others put there and lets go of packs that are gone.
    package func refresh() throws(RepositoryError) { try objects.refresh() }

    package func beginPack() throws(RepositoryError) -> any PackSink { try PackWriter(into: self) }

    package func reference(_ name: String) throws(RepositoryError) -> ObjectID? {
        try references.resolve(name).id
    }

    /// All references below a prefix; one that is broken is left out: what it would say is
    /// nobody's to know.
    package func references(_ prefix: String) throws(RepositoryError)
        -> [(name: String, id: ObjectID)]
    {
        try references.all(prefix)
    }

    package func setReference(_ name: String, to id: ObjectID?, expecting expected: ObjectID?)
        throws(RepositoryError)
    {
        guard let id else { return try references.delete(name, expecting: expected) }
        guard try objects.contains(id) else {
            throw RepositoryError(.missing, "move \(name)", object: id)
        }
        try references.set(name, to: id, expecting: expected)
    }

    package func prepareReference(_ name: String, to id: ObjectID, expecting expected: ObjectID?)
        -> (any PreparedReference)?
    { nil }
}

extension ForeignRepository: PackPlace {
    var packDirectory: String { "\(path)/objects/pack" }

    /// Nothing is read there by libgit2.
    var libraryObjects: String? { nil }

    func hasNow(_ id: ObjectID) -> Bool { contains(id) }

    func went(of ids: Set<ObjectID>) -> ObjectID? {
        do throws(RepositoryError) { try refresh() } catch { return ids.first }
        return ids.first { !contains($0) }
    }

    func noteIndex(_ name: String) { objects.noteIndex(name) }
}
