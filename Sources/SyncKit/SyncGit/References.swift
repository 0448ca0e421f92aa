internal import CGit2
internal import Glibc
package import SyncModel

extension GitRepository {
    /// Reads a reference, symbolic ones followed; nil when it does not exist. Whoever begins at a
    /// branch sees the packs that are there now: what is gone with another, as after `git gc`,
    /// must not be built upon.
    package func reference(_ name: String) throws(RepositoryError) -> ObjectID? {
        refreshPacks()
        var oid = git_oid()
        let code = git_reference_name_to_id(&oid, handle.pointer, name)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try LibGit2.check(code, "read \(name)")
        return ObjectID(oid)
    }

    /// Lists the references below a prefix, sorted by name.
    package func references(_ prefix: String) throws(RepositoryError)
        -> [(name: String, id: ObjectID)]
    {
        var iterator: OpaquePointer?
        // A reference's name holds none of the characters that a glob gives a meaning to.
        try LibGit2.check(
            git_reference_iterator_glob_new(&iterator, handle.pointer, prefix + "*"),
            "list \(prefix)")
        defer { git_reference_iterator_free(iterator) }
        var result: [(name: String, id: ObjectID)] = []
        while true {
            var found: OpaquePointer?
            let code = git_reference_next(&found, iterator)
            if code == GIT_ITEROVER.rawValue { break }
            try LibGit2.check(code, "list \(prefix)")
            defer { git_reference_free(found) }
            let name = String(cString: git_reference_name(found))
            if let oid = git_reference_target(found) {
                result.append((name, ObjectID(oid.pointee)))
            } else if let id = try reference(name) {
                result.append((name, id))
            }
        }
        return result.sorted { $0.name < $1.name }
    }

    /// Moves, makes or deletes a reference if it stands where it is expected. File and directory
    /// are synced before it returns. A lock file left by a crash is removed, see `init(opening:)`.
    /// - Throws: `.moved` when it stands elsewhere, `.locked` while somebody else changes it,
    ///   `.missing` when `id` is not here; nothing has changed then.
    package func setReference(_ name: String, to id: ObjectID?, expecting expected: ObjectID?)
        throws(RepositoryError)
    {
        do {
            try change(name, to: id, expecting: expected)
        } catch {
            guard error.code == .locked, try removeStaleLocks(of: name) else { throw error }
            try change(name, to: id, expecting: expected)
        }
        // Of packs that others put there or took away while we wrote ours.
        refreshPacks()
    }

    /// Changes a reference once. libgit2 takes the lock file first and compares under it.
    private func change(_ name: String, to id: ObjectID?, expecting expected: ObjectID?)
        throws(RepositoryError)
    {
        guard let id else { return try delete(name, expecting: expected) }
        var target = id.oid
        // To libgit2 the zero name says that the reference must not exist.
        var old = (expected ?? .zero).oid
        var changed: OpaquePointer?
        let code = git_reference_create_matching(
            &changed, handle.pointer, name, &target, 1, &old, nil)
        git_reference_free(changed)
        if code == GIT_ENOTFOUND.rawValue {
            throw RepositoryError(.moved, "move \(name)", object: id, "it is not there")
        }
        if code < 0 {
            let failure = LibGit2.failure(code, "move \(name)", object: id)
            throw failure.code == .io && !contains(id)
                ? RepositoryError(.missing, "move \(name)", object: id, failure.cause) : failure
        }
    }

    private func delete(_ name: String, expecting expected: ObjectID?) throws(RepositoryError) {
        var found: OpaquePointer?
        let code = git_reference_lookup(&found, handle.pointer, name)
        defer { git_reference_free(found) }
        if code == GIT_ENOTFOUND.rawValue && expected == nil { return }
        let target = git_reference_target(found).map { ObjectID($0.pointee) }
        if code == GIT_ENOTFOUND.rawValue || (code == 0 && target != expected) {
            throw RepositoryError(.moved, "delete \(name)", object: expected)
        }
        try LibGit2.check(code, "delete \(name)", object: expected)
        // Compares once more, under the lock, with what was looked up.
        let deleted = git_reference_delete(found)
        if deleted == GIT_ENOTFOUND.rawValue {
            throw RepositoryError(.moved, "delete \(name)", object: expected)
        }
        try LibGit2.check(deleted, "delete \(name)", object: expected)
    }

    /// Removes lock files that a crash left; says whether there was one. A process holds such a
    /// lock for the time of one small write.
    private func removeStaleLocks(of name: String) throws(RepositoryError) -> Bool {
        var removed = false
        for lock in ["\(commonDirectory)\(name).lock", "\(commonDirectory)packed-refs.lock"] {
            guard let age = FileSystem.ageInSeconds(lock), age >= staleLockSeconds else { continue }
            try FileSystem.remove(lock)
            removed = true
        }
        return removed
    }
}
