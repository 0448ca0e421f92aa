internal import CGit2
internal import Glibc
package import SyncModel

/// What is to go out of a repository.
package struct Thinning: Sendable {
    /// Commits that stay while what they hold goes, or went before.
    let commits: [ObjectID]
    /// Trees and blobs. No commit that keeps what it holds leads to one of them.
    let objects: Set<ObjectID>
    /// As `ObjectReader.thinnedBehind` afterwards.
    let boundary: [ObjectID]

    package init(commits: [ObjectID], objects: Set<ObjectID>, boundary: [ObjectID]) {
        (self.commits, self.objects, self.boundary) = (commits, objects, boundary)
    }
}

/// A thinning whose new packs are written: what is left to do takes no time. One that is dropped
/// leaves every object where it was.
package struct PreparedThinning: Sendable {
    fileprivate let thinning: Thinning
    /// The packs that go, and those that have what stays of them.
    fileprivate let replaced: [SmallPacks.Pack]
    fileprivate let written: Set<String>
    fileprivate let turn: Turn

    /// Keeps others from joining packs until this is done with, or dropped.
    fileprivate final class Turn: Sendable {
        private let lock: DirectoryLock?

        init(in directory: String) { lock = DirectoryLock(directory, waits: true) }

        deinit { lock?.release() }
    }
}

extension GitRepository {
    /// Writes again, without what is to go, each pack that has some of it; nothing is gone yet.
    /// Waits for another process that consolidates, and keeps it out until the end.
    /// - Throws: `RepositoryError`; everything is as it was then.
    package func prepare(_ thinning: Thinning) throws(RepositoryError) -> PreparedThinning {
        let turn = PreparedThinning.Turn(in: packDirectory)
        try refresh()
        let small = SmallPacks(in: packDirectory)
        var replaced: [SmallPacks.Pack] = []
        var written: Set<String> = []
        // To git a pack of this kind says: what these name is at the remote.
        let named = Set(thinning.commits)
        let promised = try PackWriter(into: self)
        for id in thinning.commits {
            let stored = try object(id)
            _ = try promised.addAgain(stored.kind, stored.content)
        }
        if let name = try promised.finishNamed() {
            let stem = "pack-\(name.hex)"
            written.insert(stem)
            let mark = try TemporaryFile(in: packDirectory)
            try TemporaryFile.seal([mark])
            try mark.keep(as: stem + ".promisor")
        }
        for pack in try small.whole() {
            let ids = Set(try PackIndex.names(in: small.path(of: pack, "idx")))
            let isPromised = FileSystem.exists(small.path(of: pack, "promisor"))
            if ids.isDisjoint(with: thinning.objects) && !isPromised { continue }
            if written.contains(pack.name) { continue }
            let rest = ids.subtracting(thinning.objects).subtracting(named)
            written.formUnion(try writeAgain(rest))
            replaced.append(pack)
        }
        try FileSystem.sync(packDirectory)
        return PreparedThinning(
            thinning: thinning, replaced: replaced, written: written, turn: turn)
    }

    /// Writes down what goes, then takes it out. Interrupted at any moment it leaves a repository
    /// that knows what it lacks.
    ///
    /// Nobody may be writing to the repository, by whatever handle: what is taken out must not be
    /// named by anything that comes. Every other handle has to be refreshed before it writes.
    package func finish(_ prepared: PreparedThinning) throws(RepositoryError) {
        try writeThinned(prepared.thinning)
        _ = try SmallPacks(in: packDirectory).replace(prepared.replaced, by: prepared.written)
        for id in prepared.thinning.objects { unlink(loosePath(id)) }
        try refresh()
    }

    /// Whether an object was taken out on purpose. A list that cannot be read says so of all: who
    /// then asks the remote for it is told.
    package func isThinned(_ id: ObjectID) -> Bool {
        do throws(RepositoryError) {
            return try thinnedCache.list(in: commonDirectory)?.contains(id) ?? false
        } catch { return true }
    }

    /// Reads the list of what was taken out on purpose, where there is one.
    /// - Throws: `RepositoryError`, `.corrupt` for a damaged one: what was lost cannot be told
    ///   from what was taken out then.
    package func checkThinned() throws(RepositoryError) {
        _ = try ThinnedObjects(in: commonDirectory)
    }

    package var thinnedBehind: [ObjectID] {
        do throws(RepositoryError) {
            return try thinnedCache.list(in: commonDirectory)?.boundary ?? []
        } catch { return [] }
    }

    /// Whether something was taken out on purpose.
    package var hasThinned: Bool { FileSystem.exists("\(commonDirectory)\(ThinnedObjects.name)") }

    package func endThinning() throws(RepositoryError) -> Bool { try endThinning(waits: false) }

    /// Forgets what was taken out once all of it is here again.
    /// - Parameter waits: whether to wait for whoever tidies the repository: never where that may
    ///   be this process.
    /// - Returns: whether it is. What is not stays listed: it is nothing that was lost here, and
    ///   the remote may have it again. So does all while somebody tidies.
    package func endThinning(waits: Bool) throws(RepositoryError) -> Bool {
        // First: what is listed is another thing once somebody else has thinned.
        guard let lock = DirectoryLock(packDirectory, waits: waits) else { return false }
        defer { lock.release() }
        try refresh()
        let list = try ThinnedObjects(in: commonDirectory)
        guard let list else { return true }
        if !list.objects.allSatisfy({ contains($0) }) { return false }
        for name in try FileSystem.names(in: packDirectory) where name.hasSuffix(".promisor") {
            try FileSystem.remove("\(packDirectory)/\(name)")
        }
        try FileSystem.remove("\(commonDirectory)\(ThinnedObjects.name)")
        try FileSystem.sync(commonDirectory)
        try setPromisor(false)
        return true
    }

    private func writeThinned(_ thinning: Thinning) throws(RepositoryError) {
        try setPromisor(true)
        // What went before and is here again is not listed any more.
        let before = try ThinnedObjects(in: commonDirectory)?.objects ?? []
        let list = ThinnedObjects(
            boundary: thinning.boundary,
            objects: thinning.objects.union(before.filter { !contains($0) }))
        let file = try TemporaryFile(in: commonDirectory)
        try file.write(list.serialized)
        try TemporaryFile.seal([file])
        try file.keep(as: ThinnedObjects.name)
        try FileSystem.sync(commonDirectory)
    }

    /// Tells git that what is missing is at the remote, as of a partial clone, whose packs it
    /// cannot make bitmaps for.
    /// Source: `Documentation/technical/partial-clone`.
    private func setPromisor(_ isOn: Bool) throws(RepositoryError) {
        var configuration: OpaquePointer?
        try LibGit2.check(
            git_repository_config(&configuration, handle.pointer), "read the configuration")
        defer { git_config_free(configuration) }
        let keys: [(String, Int32)] = [("remote.origin.promisor", 1), ("repack.writeBitmaps", 0)]
        for (key, value) in keys {
            let code =
                isOn
                ? git_config_set_bool(configuration, key, value)
                : git_config_delete_entry(configuration, key)
            if code == GIT_ENOTFOUND.rawValue { continue }
            try LibGit2.check(code, "write the configuration")
        }
    }

    private func loosePath(_ id: ObjectID) -> String {
        "\(objectDirectory)/\(id.hex.prefix(2))/\(id.hex.dropFirst(2))"
    }
}
