internal import SyncMerge
internal import SyncModel

/// Takes changes over to a history that they were not made in.
struct Transplanter {
    let repository: any ObjectRepository
    let writer: CommitWriter
    let integrator: Integrator
    let losses: ResolvedLosses

    private var kept: KeptHeads { KeptHeads(repository: repository) }

    /// Puts what `ours` changed since `base` over `onto`, without taking its history along.
    /// - Parameters:
    ///   - base: nil: all of `ours` is a change, and none of it a deletion.
    ///   - onto: nil begins a history.
    ///   - origin: is behind `ours`; a history that begins names it, for whoever has it still.
    /// - Returns: a commit that descends from `onto` alone; `onto` when nothing is left to add.
    func transplant(
        _ ours: ObjectID, since base: ObjectID?, onto: ObjectID?, following origin: ObjectID? = nil
    ) throws -> ObjectID {
        if let onto, ours == base { return onto }
        let merged = try taken(ours, since: base, onto: onto)
        let start = try repository.tree(of: onto)
        let named = try named(by: merged, since: start)
        if merged.tree == start, named.isEmpty, let onto { return onto }
        let time = try writer.time(after: [ours, onto].compactMap { $0 })
        let pack = try repository.beginPack()
        var parents = onto.map { [$0] } ?? []
        if !named.isEmpty {
            let tree = try TreeEdit.apply(named, to: start, reading: repository, writing: pack)
            let words = CaptureMessage.text(
                asked: "kept the versions that the next commit names", device: writer.device,
                time: time)
            parents = [try writer.write(tree, on: parents, at: time, words, into: pack)]
        }
        let next = time.next
        let message = CaptureMessage.text(
            asked: ChangeWords(
                "kept what only \(writer.device) had", follows: onto == nil ? origin : nil),
            device: writer.device, time: next)
        let id = try writer.write(merged.tree, on: parents, at: next, message, into: pack)
        try pack.finish()
        try losses.list(merged.losses, in: id)
        return id
    }

    /// The tree of `onto` with what `ours` changed since `base`; durable.
    private func taken(_ ours: ObjectID, since base: ObjectID?, onto: ObjectID?) throws
        -> MergedTree
    {
        guard let onto else {
            return MergedTree(tree: try repository.commit(ours).tree, losses: [])
        }
        let one = try squashed(for: ours, since: base)
        return try CommitMerge(repository).tree(of: one, onto, since: base)
    }

    /// A commit with the tree of `ours` that is one capture commit upon `base`, dated as `ours`:
    /// only what this device made enters the merge, as one version.
    private func squashed(for ours: ObjectID, since base: ObjectID?) throws -> ObjectID {
        let commit = try repository.commit(ours)
        if commit.parents == (base.map { [$0] } ?? []) { return ours }
        let stamps = CommitStamps(reading: repository)
        let own = try stamps.time(of: ours)
        let time = try base.map { max(own, try stamps.time(of: $0).next) } ?? own
        let pack = try repository.beginPack()
        let message = CaptureMessage.text(
            asked: "what \(writer.device) had", device: writer.device, time: time)
        let id = try writer.write(
            commit.tree, on: base.map { [$0] } ?? [], at: time, message, into: pack)
        try pack.finish()
        return id
    }

    /// The versions that lost, and those that open conflicts name: they have to be reached from
    /// the branch for other devices to have them. Each gets a name for one commit.
    private func named(by merged: MergedTree, since start: ObjectID?) throws
        -> [TreePath: FileVersion?]
    {
        // A conflict that was open before may have got one side more.
        let blobs = try namedByConflicts(of: merged.tree).subtracting(namedByConflicts(of: start))
            .union(merged.losses.compactMap { $0.loser?.id })
        var versions: [TreePath: FileVersion?] = [:]
        for blob in blobs where repository.contains(blob) {
            guard let path = TreePath(".sync/kept/\(blob.hex)") else { continue }
            versions[path] = FileVersion(mode: .regular, id: blob)
        }
        return versions
    }

    /// The versions that open conflicts name and do not hold themselves.
    private func namedByConflicts(of tree: ObjectID?) throws(RepositoryError) -> Set<ObjectID> {
        let records = try ConflictList(of: tree, reading: repository).records
        return records.reduce(into: []) { $0.formUnion($1.namedBlobs) }
    }

    /// Brings a capture commit into the head. One that was made upon a commit which a rewrite left
    /// behind comes without that history.
    /// - Returns: the new head.
    func transplant(_ capture: ObjectID, into head: ObjectID) throws -> ObjectID {
        let parents = try repository.commit(capture).parents
        let history = History(CommitStamps(reading: repository))
        guard parents.count == 1, try !history.isAncestor(parents[0], of: head),
            try kept.contain(parents[0], history)
        else { return try integrator.merge(head, capture) }
        return try transplant(capture, since: parents[0], onto: head)
    }

    /// Keeps capture commits that came into the head without their history: the state store names
    /// them as what paths are made upon. Done last, for a capture commit that is kept is never
    /// brought again.
    func pin(_ captures: some Sequence<ObjectID>, by head: ObjectID?) throws {
        guard let head else { return }
        var history: History?
        for capture in captures where capture != head {
            let known = history ?? History(CommitStamps(reading: repository))
            history = known
            if try !known.isAncestor(capture, of: head) { try kept.keep(capture) }
        }
    }
}
