internal import CGit2
internal import Glibc
package import SyncModel

/// A pack that comes from somebody else, piece by piece. It stands in a directory of its own
/// until every object was hashed, every delta resolved and nothing that an object refers to is
/// missing; only then the repository sees it. Dropped before `finish` it leaves nothing behind.
///
/// Source: libgit2's `git_indexer`.
package final class IncomingPack {
    private static let prefix = "tmp_syncd_in_"
    private let repository: GitRepository
    private let directory: String
    private let lock: Int32
    private var indexer: OpaquePointer?
    private var progress = git_indexer_progress()
    private var gauge: PackGauge

    /// Makes the directory.
    /// - Parameters:
    ///   - repository: where the pack shall go; deltas may build on what it has.
    ///   - mostBytes: of the pack.
    ///   - mostObjects: of the pack.
    package init(
        into repository: GitRepository, mostBytes: Int = Limits.receivedPackBytes,
        mostObjects: Int = Limits.receivedObjects
    ) throws(RepositoryError) {
        self.repository = repository
        gauge = PackGauge(mostBytes: mostBytes, mostObjects: mostObjects)
        let objects = repository.objectDirectory
        Self.removeAbandoned(in: objects)
        (directory, lock) = try Self.makeDirectory(in: objects)
        var options = git_indexer_options()
        try LibGit2.check(
            git_indexer_options_init(&options, UInt32(GIT_INDEXER_OPTIONS_VERSION)),
            "receive objects")
        try LibGit2.check(
            git_indexer_new(&indexer, directory, 0o444, repository.database.pointer, &options),
            "receive objects")
    }

    deinit {
        git_indexer_free(indexer)
        Self.remove(directory)
        if lock >= 0 { close(lock) }
    }

    /// Takes the next piece of the pack.
    /// - Throws: `.corrupt` for what is no pack or has too many objects or bytes, `.noSpace`,
    ///   `.io`.
    package func append(_ piece: UnsafeRawBufferPointer) throws(RepositoryError) {
        try gauge.take(piece)
        try LibGit2.check(
            git_indexer_append(indexer, piece.baseAddress, piece.count, &progress),
            "receive objects")
    }

    /// How many objects came, and how many the pack has by its own account.
    package var objects: (received: Int, total: Int) {
        (Int(progress.received_objects), Int(progress.total_objects))
    }

    /// Checks the pack as a whole, makes it durable and lets the repository see it.
    /// - Parameter tips: objects that have to be here afterwards.
    /// - Returns: how many objects came.
    /// - Throws: `.corrupt` when it is not whole or something is missing; the repository is as
    ///   before then.
    @discardableResult package func finish(_ tips: [ObjectID]) throws(RepositoryError) -> Int {
        if gauge.bytes == 0 { throw RepositoryError(.corrupt, "receive objects", "no pack came") }
        // Nothing large was made so far: now the deltas are resolved in memory.
        for name in try FileSystem.names(in: directory) {
            try PackBounds.check("\(directory)/\(name)")
        }
        try LibGit2.check(git_indexer_commit(indexer, &progress), "receive objects")
        let count = Int(progress.total_objects)
        let names = try FileSystem.names(in: directory)
        guard let pack = names.first(where: { $0.hasSuffix(".pack") }) else {
            throw RepositoryError(.io, "receive objects", "the pack is gone")
        }
        let index = String(pack.dropLast(5)) + ".idx"
        let ids = try PackIndex.names(in: "\(directory)/\(index)")
        try PackReferences(index: "\(directory)/\(index)", ids).check(in: repository)
        let known = Set(ids)
        for tip in tips where !known.contains(tip) && !repository.contains(tip) {
            throw RepositoryError(.corrupt, "receive objects", object: tip, "it did not come")
        }
        // An empty pack says that all was here; git has no use for one either.
        if known.isEmpty { return 0 }
        // libgit2 has synced both. The index last: a pack without one is not there to git.
        for name in [pack, index] {
            let target = "\(repository.packDirectory)/\(name)"
            if rename("\(directory)/\(name)", target) != 0 {
                throw SystemFailure.last("rename", target)
            }
        }
        try FileSystem.sync(repository.packDirectory)
        try repository.refresh()
        return count
    }

    /// Makes the pack's directory. It is locked while it is in use, which tells it from one that a
    /// crash left.
    private static func makeDirectory(
        in objects: String
    ) throws(RepositoryError) -> (path: String, lock: Int32) {
        while true {
            let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
            let path = "\(objects)/\(prefix)\(unique)"
            if mkdir(path, 0o700) != 0 { throw SystemFailure.last("make", path) }
            let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if lock < 0 && errno != ENOENT { throw SystemFailure.last("open", path) }
            if lock >= 0 && FileSystem.own(lock, at: path) { return (path, lock) }
            if lock >= 0 { close(lock) }
        }
    }

    /// Removes such directories that nobody has locked. What cannot be removed stays: it is in
    /// nobody's way, and the next pack tries again.
    private static func removeAbandoned(in objects: String) {
        let names: [String]
        do throws(RepositoryError) { names = try FileSystem.names(in: objects) } catch { return }
        for name in names where name.hasPrefix(prefix) {
            let path = "\(objects)/\(name)"
            let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            if descriptor < 0 { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { remove(path) }
            close(descriptor)
        }
    }

    private static func remove(_ directory: String) {
        do throws(RepositoryError) {
            for name in try FileSystem.names(in: directory) { unlink("\(directory)/\(name)") }
        } catch { return }
        rmdir(directory)
    }
}
