internal import CGit2
package import SyncModel

/// A pack that comes from somebody else, piece by piece. It stands in a directory of its own
/// until every object was hashed, every delta resolved and nothing that an object refers to is
/// missing; only then the repository sees it. Dropped before `finish` it leaves nothing behind.
///
/// Source: libgit2's `git_indexer`.
package final class IncomingPack {
    private let repository: GitRepository
    private let staging: StagingDirectory
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
        staging = try StagingDirectory(in: repository.objectDirectory)
        var options = git_indexer_options()
        try LibGit2.check(
            git_indexer_options_init(&options, UInt32(GIT_INDEXER_OPTIONS_VERSION)),
            "receive objects")
        try LibGit2.check(
            git_indexer_new(&indexer, staging.path, 0o444, repository.database.pointer, &options),
            "receive objects")
    }

    deinit { git_indexer_free(indexer) }

    /// Takes the next piece of the pack.
    /// - Throws: `.corrupt` for what is no pack, `.tooLarge` for one that has too many objects or
    ///   bytes, `.noSpace`, `.io`.
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
    /// - Throws: `.corrupt` when it is not whole or something is missing, `.tooLarge` for an object
    ///   or a whole past the bounds; the repository is as before then.
    @discardableResult package func finish(_ tips: [ObjectID]) throws(RepositoryError) -> Int {
        if gauge.bytes == 0 { throw RepositoryError(.corrupt, "receive objects", "no pack came") }
        let directory = staging.path
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
        try staging.move([pack, index], to: repository.packDirectory)
        try repository.refresh()
        return count
    }
}
