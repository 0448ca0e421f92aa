internal import CGit2
internal import SyncModel

/// Whether everything is there that the objects of a pack refer to. libgit2's own check takes the
/// commit of a submodule for missing.
struct PackReferences: ~Copyable {
    private let database: OpaquePointer
    private let names: Set<ObjectID>

    /// Opens a pack by its index, wherever it stands.
    init(index: String, _ names: [ObjectID]) throws(RepositoryError) {
        var made: OpaquePointer?
        let code = git_odb_new(&made)
        guard code == 0, let made else { throw LibGit2.failure(code, "open \(index)") }
        var backend: UnsafeMutablePointer<git_odb_backend>?
        var failed = git_odb_backend_one_pack(&backend, index)
        if failed == 0 { failed = git_odb_add_backend(made, backend, 1) }
        if failed < 0 {
            git_odb_free(made)
            throw LibGit2.failure(failed, "open \(index)")
        }
        database = made
        self.names = Set(names)
    }

    deinit { git_odb_free(database) }

    /// Looks at every commit, tree and tag of the pack.
    /// - Throws: `.corrupt` with what is missing, with an object that cannot be parsed, or with a
    ///   commit whose parent is none.
    func check(in repository: GitRepository) throws(RepositoryError) {
        for id in names {
            var oid = id.oid
            var (size, type) = (0, GIT_OBJECT_INVALID)
            try LibGit2.check(
                git_odb_read_header(&size, &type, database, &oid), "check", object: id)
            if type == GIT_OBJECT_BLOB { continue }
            var read: OpaquePointer?
            defer { git_odb_object_free(read) }
            try LibGit2.check(git_odb_read(&read, database, &oid), "check", object: id)
            let bytes = UnsafeRawBufferPointer(
                start: git_odb_object_data(read), count: git_odb_object_size(read))
            let found =
                type == GIT_OBJECT_TREE ? NamedObjects.inTree(bytes) : NamedObjects.inLines(bytes)
            guard let found else {
                throw RepositoryError(.corrupt, "receive objects", object: id, "it is malformed")
            }
            for other in found where !names.contains(other) && other != Tree.emptyID {
                if repository.contains(other) { continue }
                throw RepositoryError(
                    .corrupt, "receive objects", object: other,
                    "\(id.hex) refers to it, and it did not come")
            }
            // Of a commit the tree comes first.
            if type != GIT_OBJECT_COMMIT { continue }
            for parent in found.dropFirst() {
                let kind = try kind(of: parent, or: repository)
                if kind == .commit { continue }
                throw RepositoryError(
                    .corrupt, "receive objects", object: id,
                    "its parent \(parent.short) is a \(kind)")
            }
        }
    }

    /// What an object is, of the pack or of the repository.
    private func kind(of id: ObjectID, or repository: GitRepository) throws(RepositoryError)
        -> ObjectKind
    {
        if !names.contains(id) { return try repository.header(id).kind }
        var oid = id.oid
        var (size, type) = (0, GIT_OBJECT_INVALID)
        try LibGit2.check(git_odb_read_header(&size, &type, database, &oid), "check", object: id)
        return try GitRepository.kind(type, id)
    }
}
