internal import CGit2
package import SyncModel

extension ForeignRepository {
    /// Joins small packs as `GitRepository.consolidatePacks` does, after each was looked at entry
    /// by entry. libgit2, which makes the deltas, sees these packs and nothing else that stands
    /// there.
    /// - Returns: how many packs were replaced; 0 while another process is at it.
    /// - Throws: `.corrupt`, `.missing` or `.tooLarge`, once the others are joined, for a pack that
    ///   libgit2 may not see, the first of them; and as writing a pack does. All objects are still
    ///   there then.
    @discardableResult package func consolidatePacks(most: Int = Limits.packs)
        throws(RepositoryError) -> Int
    {
        // Two devices at it would take each other's packs away.
        guard let lock = DirectoryLock(packDirectory, waits: false) else { return 0 }
        defer { lock.release() }
        let small = SmallPacks(in: packDirectory)
        var sound: [SmallPacks.Pack] = []
        var ids: Set<ObjectID> = []
        var damage: RepositoryError?
        for pack in try small.chosen(most: most) {
            do throws(RepositoryError) {
                ids.formUnion(try names(of: pack, small))
                sound.append(pack)
            } catch {
                guard [.corrupt, .missing, .tooLarge].contains(error.code) else { throw error }
                let cause = "\(error.operation): \(error.cause)"
                damage = damage ?? RepositoryError(error.code, "join \(pack.name).pack", cause)
            }
        }
        var replaced = 0
        if sound.count > 1 {
            let packs = sound.map { small.path(of: $0, "idx") }
            let repository = try GitRepository(packs: packs, of: path)
            replaced = try small.replace(sound, by: try repository.writeAgain(ids))
            try refresh()
        }
        if let damage { throw damage }
        return replaced
    }

    /// What a pack has, once each entry of it was looked at.
    private func names(of pack: SmallPacks.Pack, _ small: SmallPacks) throws(RepositoryError)
        -> [ObjectID]
    {
        let stem = "\(packDirectory)/\(pack.name)"
        var room = Int.max
        guard let opened = try ForeignPack(stem, room: &room) else {
            throw RepositoryError(.missing, "read \(stem).idx")
        }
        let offsets = Set(try PackBounds.check(stem + ".pack"))
        guard try opened.checkDeltas() == offsets else {
            throw RepositoryError(.corrupt, "read \(stem).pack", "its index is of another pack")
        }
        return try PackIndex.names(in: small.path(of: pack, "idx"))
    }
}

extension ForeignPack {
    /// Follows every delta to its end.
    /// - Returns: where the entries begin that the index names.
    /// - Throws: `.corrupt` for deltas without end, or longer than `Limits.deltaChain`.
    func checkDeltas() throws(RepositoryError) -> Set<Int> {
        let offsets = try offsets()
        var depths: [Int: Int] = [:]
        for start in offsets {
            var chain: [Int] = []
            var met: Set<Int> = []
            var next: Int? = start
            var depth = -1
            while let offset = next {
                if let known = depths[offset] {
                    depth = known
                    break
                }
                guard met.insert(offset).inserted, chain.count < Limits.deltaChain else {
                    throw RepositoryError(.corrupt, "read a pack", "its deltas have no base")
                }
                chain.append(offset)
                next =
                    if case .delta(let base) = try entry(at: offset).content { base } else { nil }
            }
            for offset in chain.reversed() {
                depth += 1
                depths[offset] = depth
            }
            if depth > Limits.deltaChain {
                throw RepositoryError(.corrupt, "read a pack", "its deltas are too long")
            }
        }
        return offsets
    }
}
