internal import CGit2
internal import Glibc
package import SyncModel

extension GitRepository {
    /// Writes the objects of many small packs into one, with deltas, and removes the small packs
    /// once that one is durable. Every object stays, reached from a reference or not.
    ///
    /// Does nothing until there are more than `most` packs below `Limits.smallPackBytes`. May
    /// take a minute: have a handle of its own for it. Other handles go on reading meanwhile.
    /// - Parameter most: the number of small packs that may stay as they are.
    /// - Returns: how many packs were replaced.
    /// - Throws: as writing a pack does; all objects are still there then.
    @discardableResult package func consolidatePacks(most: Int = Limits.packs)
        throws(RepositoryError) -> Int
    {
        let packs = try smallPacks()
        if packs.count <= most { return 0 }
        var bytes = 0
        let chosen = packs.prefix { pack in
            bytes += pack.size
            return bytes <= Limits.consolidatedBytes
        }
        if chosen.count < 2 { return 0 }
        var ids: Set<ObjectID> = []
        for pack in chosen { ids.formUnion(try PackIndex.names(in: path(of: pack, "idx"))) }
        let written = try writeAgain(ids)
        // The new names have to be durable before an old one goes.
        try FileSystem.sync(packDirectory)
        var replaced = 0
        for pack in chosen where !written.contains(pack.name) {
            try remove(pack)
            replaced += 1
        }
        try FileSystem.sync(packDirectory)
        try refresh()
        return replaced
    }

    private struct SmallPack {
        /// Without its ending.
        let name: String
        let size: Int
    }

    private func path(of pack: SmallPack, _ ending: String) -> String {
        "\(packDirectory)/\(pack.name).\(ending)"
    }

    /// The packs that may be consolidated, the smallest first. One that is marked to be kept, or
    /// that its maker has not finished, is none of them.
    private func smallPacks() throws(RepositoryError) -> [SmallPack] {
        let names = Set(try FileSystem.names(in: packDirectory))
        var packs: [SmallPack] = []
        for name in names where name.hasPrefix("pack-") && name.hasSuffix(".pack") {
            let stem = String(name.dropLast(".pack".count))
            guard names.contains(stem + ".idx"), !names.contains(stem + ".keep"),
                !names.contains(stem + ".promisor"),
                let status = FileSystem.status("\(packDirectory)/\(name)"),
                status.st_size < Limits.smallPackBytes
            else { continue }
            packs.append(SmallPack(name: stem, size: Int(status.st_size)))
        }
        return packs.sorted { ($0.size, $0.name) < ($1.size, $1.name) }
    }

    /// Writes objects into new packs: large ones as they are, because the search for deltas has
    /// several in memory at a time, the rest by libgit2, with deltas.
    /// - Returns: the new packs' names without ending.
    private func writeAgain(_ ids: Set<ObjectID>) throws(RepositoryError) -> Set<String> {
        let large = try PackWriter(into: self)
        var builder: OpaquePointer?
        try LibGit2.check(git_packbuilder_new(&builder, handle.pointer), "consolidate packs")
        defer { git_packbuilder_free(builder) }
        // One thread: this runs beside captures.
        git_packbuilder_set_threads(builder, 1)
        for id in ids.sorted() {
            if try header(id).size > Limits.deltaBytes {
                try large.addAgain(id, try object(id))
            } else {
                var oid = id.oid
                try LibGit2.check(
                    git_packbuilder_insert(builder, &oid, nil), "consolidate", object: id)
            }
        }
        var written: Set<String> = []
        if git_packbuilder_object_count(builder) > 0 {
            try LibGit2.check(
                git_packbuilder_write(builder, packDirectory, 0o444, nil, nil),
                "consolidate packs")
            if let name = git_packbuilder_name(builder) {
                written.insert("pack-\(String(cString: name))")
            }
        }
        if let name = try large.finishNamed() { written.insert("pack-\(name.hex)") }
        return written
    }

    /// Removes a pack, its index first: a pack without one is not there to git.
    private func remove(_ pack: SmallPack) throws(RepositoryError) {
        for ending in ["idx", "rev", "bitmap", "mtimes", "pack"] {
            let path = path(of: pack, ending)
            if unlink(path) != 0 && errno != ENOENT { throw SystemFailure.last("remove", path) }
        }
    }
}
