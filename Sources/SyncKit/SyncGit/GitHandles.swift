internal import CGit2
internal import Glibc
internal import SyncModel

/// An open repository of libgit2.
struct RepositoryHandle: ~Copyable {
    let pointer: OpaquePointer

    /// Opens the bare repository at exactly this path.
    init(opening path: String) throws(RepositoryError) {
        var opened: OpaquePointer?
        let flags = GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue | GIT_REPOSITORY_OPEN_BARE.rawValue
        let code = git_repository_open_ext(&opened, path, flags, nil)
        guard code == 0, let opened else {
            let failure = LibGit2.failure(code, "open \(path)")
            if code != GIT_ENOTFOUND.rawValue { throw failure }
            if !FileSystem.exists(path) { throw RepositoryError(.absent, "open \(path)") }
            if access(path, R_OK | X_OK) != 0 && errno == EACCES {
                throw RepositoryError(.readOnly, "open \(path)")
            }
            // A directory that is there but lacks what makes it a repository.
            throw RepositoryError(.notARepository, "open \(path)", failure.cause)
        }
        pointer = opened
    }

    /// One that has objects and no place: it reads no configuration and has no references.
    init(around database: borrowing DatabaseHandle) throws(RepositoryError) {
        var made: OpaquePointer?
        let code = git_repository_wrap_odb(&made, database.pointer)
        guard code == 0, let made else { throw LibGit2.failure(code, "open the objects") }
        pointer = made
    }

    deinit { git_repository_free(pointer) }
}

/// An object database of libgit2.
struct DatabaseHandle: ~Copyable {
    let pointer: OpaquePointer

    /// The objects of a repository, and of those that it borrows from. Another database for the
    /// same objects shares nothing with it: another thread may have it.
    /// - Parameter objects: the path of the directory `objects`.
    init(opening objects: String) throws(RepositoryError) {
        let places = try LooseObjects.places(objects)
        let database = try Self.packs(in: places)
        do { try LooseBackend.add(to: database, places) } catch {
            git_odb_free(database)
            throw error
        }
        pointer = database
    }

    /// One that sees packs alone: to ask for a loose object takes a look at the disk each time.
    /// Another thread may have it.
    /// - Parameter objects: the path of the directory `objects`.
    init(packsOf objects: String) throws(RepositoryError) {
        pointer = try Self.packs(in: [objects])
    }

    /// The packs of some directories `objects`, the first of which is asked first.
    private static func packs(in places: [String]) throws(RepositoryError) -> OpaquePointer {
        var database: OpaquePointer?
        var code = git_odb_new(&database)
        for (index, objects) in places.enumerated() where code == 0 {
            var packs: UnsafeMutablePointer<git_odb_backend>?
            code = git_odb_backend_pack(&packs, objects)
            let priority = Int32(1 + places.count - index)
            if code == 0 { code = git_odb_add_backend(database, packs, priority) }
        }
        guard code == 0, let database else {
            let failure = LibGit2.failure(code, "open \(places[0])")
            git_odb_free(database)
            throw failure
        }
        return database
    }

    /// One that sees the packs of these indexes alone.
    init(packs indexes: [String]) throws(RepositoryError) {
        var database: OpaquePointer?
        var code = git_odb_new(&database)
        for index in indexes where code == 0 {
            var pack: UnsafeMutablePointer<git_odb_backend>?
            code = git_odb_backend_one_pack(&pack, index)
            if code == 0 { code = git_odb_add_backend(database, pack, 1) }
        }
        guard code == 0, let database else {
            let failure = LibGit2.failure(code, "open the packs")
            git_odb_free(database)
            throw failure
        }
        pointer = database
    }

    deinit { git_odb_free(pointer) }

    /// Whether the object is in what was known at the last look at the packs, or loose where
    /// that is seen.
    func has(_ id: ObjectID) -> Bool {
        var oid = id.oid
        return git_odb_exists_ext(pointer, &oid, GIT_ODB_LOOKUP_NO_REFRESH.rawValue) == 1
    }
}
