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
    /// - Throws: `.corrupt` with what is missing, or with an object that cannot be parsed.
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
            let found = type == GIT_OBJECT_TREE ? Self.entries(bytes) : Self.lines(bytes)
            guard let found else {
                throw RepositoryError(.corrupt, "receive objects", object: id, "it is malformed")
            }
            for other in found where !names.contains(other) && other != Tree.emptyID {
                if repository.contains(other) { continue }
                throw RepositoryError(
                    .corrupt, "receive objects", object: other,
                    "\(id.hex) refers to it, and it did not come")
            }
        }
    }

    /// What a tree's entries name, submodules left out; nil for what is no tree.
    private static func entries(_ bytes: UnsafeRawBufferPointer) -> [ObjectID]? {
        var found: [ObjectID] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let nul = rest.firstIndex(of: 0), rest.endIndex - nul > ObjectID.byteCount else {
                return nil
            }
            let isSubmodule = rest.starts(with: Array("160000 ".utf8))
            let end = nul + 1 + ObjectID.byteCount
            guard let id = ObjectID(rest[(nul + 1)..<end]) else { return nil }
            if !isSubmodule { found.append(id) }
            rest = rest[end...]
        }
        return found
    }

    /// What the first lines of a commit or tag name; nil where none names anything. A line of such
    /// a name further down is nothing to git.
    private static func lines(_ bytes: UnsafeRawBufferPointer) -> [ObjectID]? {
        var found: [ObjectID] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != 0x0a }
            rest = rest[line.endIndex...].dropFirst()
            let words = line.split(separator: 0x20, maxSplits: 1)
            guard let key = words.first, words.count == 2 else { break }
            let names = found.isEmpty ? ["tree", "object"] : ["parent"]
            if !names.contains(where: { key.elementsEqual($0.utf8) }) { break }
            guard let id = ObjectID(hex: String(decoding: words[1], as: UTF8.self)) else {
                return nil
            }
            found.append(id)
        }
        return found.isEmpty ? nil : found
    }
}
