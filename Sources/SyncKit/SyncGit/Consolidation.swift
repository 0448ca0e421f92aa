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
        guard let lock = DirectoryLock(packDirectory, waits: false) else { return 0 }
        defer { lock.release() }
        let small = SmallPacks(in: packDirectory)
        return try consolidate(small.chosen(most: most), of: small)
    }

    /// The same at once, of all small packs however few they are, and of what an interrupted one
    /// left. Waits for another process that consolidates.
    @discardableResult package func consolidateEverything() throws(RepositoryError) -> Int {
        let lock = DirectoryLock(packDirectory, waits: true)
        defer { lock?.release() }
        let small = SmallPacks(in: packDirectory)
        try small.removeLeftovers()
        for pack in try small.withoutIndex() { try takeUp(pack) }
        var replaced = 0
        var left = Int.max
        // What one consolidation takes on is bounded; one that makes no fewer of them is the last.
        while true {
            let packs = try small.everything()
            if packs.count >= left { return replaced }
            left = packs.count
            replaced += try consolidate(packs, of: small)
        }
    }

    /// Makes the index that a pack has none of: somebody was interrupted between the two. One that
    /// is damaged, too large, or refers to what is not here, stays as it is.
    private func takeUp(_ path: String) throws(RepositoryError) {
        do throws(RepositoryError) {
            let pack = try IncomingPack(into: self)
            try FileSystem.mapped(path) { (bytes) throws(RepositoryError) in
                try pack.append(bytes)
            }
            try pack.finish([])
        } catch {
            if ![.corrupt, .tooLarge].contains(error.code) { throw error }
        }
    }

    private func consolidate(_ chosen: [SmallPacks.Pack], of small: SmallPacks)
        throws(RepositoryError) -> Int
    {
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
        let names = try names(of: ids)
        for id in ids.sorted() {
            if try header(id).size > Limits.deltaBytes {
                let stored = try object(id)
                _ = try large.addAgain(stored.kind, stored.content)
            } else {
                var oid = id.oid
                let name = names[id].map { $0.map { CChar(bitPattern: $0) } + [0] }
                try LibGit2.check(
                    git_packbuilder_insert(builder, &oid, name), "consolidate", object: id)
            }
        }
        var written: Set<String> = []
        if git_packbuilder_object_count(builder) > 0 {
            let staging = try StagingDirectory(in: objectDirectory)
            try LibGit2.check(
                git_packbuilder_write(builder, staging.path, 0o444, nil, nil),
                "consolidate packs")
            if let hash = git_packbuilder_name(builder) {
                let name = "pack-\(String(cString: hash))"
                // libgit2 has synced both. The index last: a pack without one is not there to git.
                try staging.move(["\(name).pack", "\(name).idx"], to: packDirectory)
                written.insert(name)
            }
        }
        if let name = try large.finishNamed() { written.insert("pack-\(name.hex)") }
        return written
    }

    /// What the trees among some objects call the others: versions of one name are alike, so that
    /// a delta is looked for among them first.
    private func names(of ids: Set<ObjectID>) throws(RepositoryError) -> [ObjectID: [UInt8]] {
        var names: [ObjectID: [UInt8]] = [:]
        for id in ids where try header(id).kind == .tree {
            let tree: Tree
            do { tree = try self.tree(id) } catch {
                // One that somebody else wrote wrongly is kept like any object.
                if error.code == .corrupt { continue }
                throw error
            }
            for entry in tree.entries where names[entry.id] == nil && ids.contains(entry.id) {
                names[entry.id] = entry.name
            }
        }
        return names
    }
}
