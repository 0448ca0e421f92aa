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
        let small = SmallPacks(in: packDirectory)
        let chosen = try small.chosen(most: most)
        if chosen.isEmpty { return 0 }
        var ids: Set<ObjectID> = []
        for pack in chosen { ids.formUnion(try PackIndex.names(in: small.path(of: pack, "idx"))) }
        let replaced = try small.replace(chosen, by: try writeAgain(ids))
        try refresh()
        return replaced
    }

    /// Writes objects into new packs: large ones as they are, because the search for deltas has
    /// several in memory at a time, the rest by libgit2, with deltas.
    /// - Returns: the new packs' names without ending.
    func writeAgain(_ ids: Set<ObjectID>) throws(RepositoryError) -> Set<String> {
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
}
