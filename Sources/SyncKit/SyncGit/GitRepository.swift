internal import CGit2
internal import Glibc
package import SyncModel

/// A bare git repository on disk, read and written through libgit2, its packs by our own writer.
///
/// Not safe for use from two threads: whoever opened it owns it. Any number of handles, also of
/// other processes, may be open on one repository.
package final class GitRepository: ObjectRepository {
    /// The repository's directory, as given.
    package let path: String
    /// A reference's lock file older than this is taken for left behind by a crash.
    let staleLockSeconds: Int
    let handle: RepositoryHandle
    private(set) var database: DatabaseHandle
    private var trees = TreeCache()
    private var packs = PackListing()
    var thinnedCache = ThinnedCache()
    /// The directory that all work trees share, with a slash at its end.
    let commonDirectory: String
    /// Whether nothing is read but the packs it was given.
    private let isSealed: Bool

    /// Opens the bare repository at exactly this path and removes what a crash left in it.
    /// - Parameter staleLockSeconds: from what age on the lock file of a reference is removed.
    ///   The default is for a vault's own repository, whose one owner holds the vault's lock: an
    ///   old lock file there has nobody left who could be writing.
    /// - Throws: `.absent` when nothing is there, `.notARepository`, `.readOnly` when it may not
    ///   be read, `.corrupt`, `.io`.
    package init(opening path: String, staleLockSeconds: Int = Limits.staleLockSeconds)
        throws(RepositoryError)
    {
        try LibGit2.start()
        self.path = path
        self.staleLockSeconds = staleLockSeconds
        handle = try RepositoryHandle(opening: path)
        commonDirectory = String(cString: git_repository_commondir(handle.pointer))
        isSealed = false
        // Before libgit2 looks: what comes in between is seen at the next look.
        var listing = PackListing()
        listing.look(at: commonDirectory + "objects/pack")
        packs = listing
        database = try DatabaseHandle(opening: commonDirectory + "objects")
        try LibGit2.check(
            git_repository_set_odb(handle.pointer, database.pointer), "open the objects")
        TemporaryFile.removeAbandoned(in: packDirectory)
        StagingDirectory.removeAbandoned(in: objectDirectory)
    }

    /// Removes what a git that has ended left in a repository that nobody else knows yet.
    package func removeLeftovers() {
        TemporaryFile.removeAbandoned(in: packDirectory, called: "tmp_")
    }

    /// Sees the objects of these packs and nothing else that stands in the repository: no
    /// configuration, no references. What is written goes beside the packs.
    init(packs indexes: [String], of path: String) throws(RepositoryError) {
        try LibGit2.start()
        (self.path, staleLockSeconds, isSealed) = (path, 0, true)
        commonDirectory = path + "/"
        database = try DatabaseHandle(packs: indexes)
        handle = try RepositoryHandle(around: database)
    }

    /// Makes a bare repository whose `HEAD` names `branch`; completes one that is half there and
    /// leaves a whole one as it is. Where nothing was, whoever is interrupted leaves nothing.
    /// - Parameters:
    ///   - path: the repository's directory; missing parents are made, all with mode 0700.
    ///   - branch: the branch's short name.
    package static func create(at path: String, branch: String) throws(RepositoryError) {
        try LibGit2.start()
        if FileSystem.exists(path) { return try complete(path, branch) }
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try FileSystem.makeDirectories(parent)
        let staging = try StagingDirectory(in: parent)
        let made = staging.path + "/new.git"
        try complete(made, branch)
        if rename(made, path) == 0 { return try FileSystem.sync(parent) }
        // Somebody else may have made it meanwhile.
        if errno != EEXIST && errno != ENOTEMPTY { throw SystemFailure.last("create", path) }
    }

    private static func complete(_ path: String, _ branch: String) throws(RepositoryError) {
        var options = git_repository_init_options()
        try LibGit2.check(
            git_repository_init_options_init(
                &options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION)), "create \(path)")
        options.flags = GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKDIR.rawValue
        options.mode = 0o700
        let code = branch.withCString { name in
            options.initial_head = name
            var created: OpaquePointer?
            let code = git_repository_init_ext(&created, path, &options)
            git_repository_free(created)
            return code
        }
        try LibGit2.check(code, "create \(path)")
        if chmod(path, 0o700) != 0 { throw SystemFailure.last("create", path) }
        // libgit2 syncs neither of the two, and a repository with an empty HEAD is none.
        for made in ["\(path)/HEAD", "\(path)/config", "\(path)/refs", path, "\(path)/.."] {
            try FileSystem.sync(made)
        }
    }

    /// The directory that holds the packs.
    var packDirectory: String { objectDirectory + "/pack" }

    /// The directory that holds all objects.
    var objectDirectory: String { commonDirectory + "objects" }
}

extension GitRepository {
    /// Reads a whole object, loose or packed; its bytes are checked against its name.
    package func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        var oid = id.oid
        var read: OpaquePointer?
        defer { git_odb_object_free(read) }
        try lookup("read", id) { git_odb_read(&read, $0, &oid) }
        let kind = try Self.kind(git_odb_object_type(read), id)
        let content = Array(
            UnsafeRawBufferPointer(
                start: git_odb_object_data(read), count: git_odb_object_size(read)))
        let found = ObjectID(hashing: content, as: kind)
        if found != id {
            throw RepositoryError(
                .corrupt, "read", object: id, "what is stored under its name is \(found.hex)")
        }
        return StoredObject(kind: kind, content: content)
    }

    /// Reads the kind and the inflated size in bytes; the content stays unread.
    package func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        var oid = id.oid
        var size = 0
        var type = GIT_OBJECT_INVALID
        try lookup("read the header of", id) { git_odb_read_header(&size, &type, $0, &oid) }
        return (try Self.kind(type, id), size)
    }

    /// Asks the objects, and once more of a fresh handle when that failed for another reason
    /// than the object's: libgit2 does not get over a pack that was there and is gone, as after
    /// `git gc`.
    private func lookup(
        _ operation: String, _ id: ObjectID, _ call: (OpaquePointer) -> Int32
    ) throws(RepositoryError) {
        var code = call(database.pointer)
        if code < 0 && code != GIT_ENOTFOUND.rawValue && !isSealed {
            try reopenObjects()
            code = call(database.pointer)
        }
        if code == GIT_ENOTFOUND.rawValue && !isSealed {
            if isThinned(id) { throw RepositoryError(.thinned, operation, object: id) }
            if isNotedLeftOut(id) { throw RepositoryError(.leftOut, operation, object: id) }
        }
        try LibGit2.check(code, operation, object: id)
    }

    /// Reads and parses a tree, or remembers it.
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

    /// Whether the object is here, also in packs that others just put there.
    package func contains(_ id: ObjectID) -> Bool {
        if database.has(id) { return true }
        // A miss would make libgit2 list the packs again, each time: only worth it when the
        // directory changed since.
        return refreshPacks() && database.has(id)
    }

    /// `refresh` for one whose work does not hang on it: whoever then reads an object is told why
    /// it cannot be had.
    @discardableResult func refreshPacks() -> Bool {
        do throws(RepositoryError) { return try refresh() } catch { return false }
    }

    /// Starts a pack; its file is made when the first object comes.
    package func beginPack() throws(RepositoryError) -> any PackSink {
        try PackWriter(into: self)
    }

    /// Sees packs that others put there and lets go of packs that are gone, whose space on disk
    /// an open handle would keep. Costs one look at the directory when nothing changed.
    /// - Returns: whether anything may have changed.
    @discardableResult package func refresh() throws(RepositoryError) -> Bool {
        if isSealed { return false }
        do throws(RepositoryError) {
            switch packs.look(at: packDirectory) {
            case .same: return false
            case .more: try LibGit2.check(git_odb_refresh(database.pointer), "look at the packs")
            case .fewer: try reopenObjects()
            }
        } catch {
            // What was listed was not seen: the next look finds it changed.
            packs = PackListing()
            throw error
        }
        return true
    }

    /// Notes a pack of our own. Whoever first reads an object of it makes libgit2 see it.
    func noteIndex(_ name: String) { packs.add(name) }

    /// Takes fresh handles on the objects: the only way to make libgit2 forget a pack. One that a
    /// repository owns goes on giving what the repository read before, though it is gone: what is
    /// read and asked for here goes by another.
    private func reopenObjects() throws(RepositoryError) {
        let fresh = try DatabaseHandle(opening: objectDirectory)
        try LibGit2.check(
            git_repository_set_odb(handle.pointer, fresh.pointer), "open the objects")
        database = try DatabaseHandle(opening: objectDirectory)
    }

    static func kind(_ type: git_object_t, _ id: ObjectID) throws(RepositoryError)
        -> ObjectKind
    {
        switch type {
        case GIT_OBJECT_COMMIT: return .commit
        case GIT_OBJECT_TREE: return .tree
        case GIT_OBJECT_BLOB: return .blob
        case GIT_OBJECT_TAG: return .tag
        default:
            throw RepositoryError(.corrupt, "read", object: id, "of unknown type \(type.rawValue)")
        }
    }
}
