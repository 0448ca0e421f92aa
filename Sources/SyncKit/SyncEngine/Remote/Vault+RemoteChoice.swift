internal import SyncMerge
internal import SyncModel

/// The two ways out when the remote was rewritten. Both keep the local head first, move nothing
/// but the local branch, and leave it to the next exchange to push forward.
extension Vault {
    /// Carries out a choice about what the remote became when it was last looked at.
    /// - Returns: the new head, and the files that change: here for `accept`, on the remote for
    ///   `restore`.
    /// - Throws: `ChangeRefusal` when there is nothing to choose.
    package func choose(_ request: RemoteRequest) throws -> ChangeReport {
        guard let change = remoteChange else {
            throw ChangeRefusal(
                .missing, "the remote has what it had and went on from there: nothing to choose")
        }
        let before = try head()
        listsLosses = !request.dryRun
        defer { listsLosses = true }
        // A head that was seen and not yet merged when the remote was rewritten is ours too.
        let ours = try before.map { try merge($0, change.old) } ?? change.old
        let new =
            switch request.choice {
            case .accept: try accepted(change, over: ours)
            case .restore: try restored(change.new, with: ours)
            }
        let (left, right) = request.choice == .accept ? (before, new) : (change.new, new)
        let paths = try TreeDiff.changes(
            from: tree(of: left), to: tree(of: right), reading: repository
        )
        .map(\.path).filter { !ConflictRecord.isRecord($0) }.sorted()
        if request.dryRun { return ChangeReport(commit: nil, paths: paths) }
        try keep(change.old)
        if let before { try keep(before) }
        try setHead(new, from: before)
        // The head first: after a crash in between the same choice comes to the same tree again.
        try remember(remote: change.new)
        try store.setFact(Fact.remoteChange, nil)
        remoteChange = nil
        return ChangeReport(commit: new, paths: paths)
    }

    /// The remote's history with what only this device has over it. A file that is here as the
    /// remote had it follows the remote, into its deletion too. A history that shares nothing
    /// with ours never knew our files: it deletes none of them.
    private func accepted(_ change: RemoteChange, over ours: ObjectID) throws -> ObjectID {
        let isRelated = change.kind == .takenBack || change.kind == .rewritten
        return try transplant(ours, since: isRelated ? change.old : nil, onto: change.new)
    }

    /// Our history, with the remote's as what it went on from. What devices of this vault made
    /// there is merged; of what nobody of them made the tree keeps nothing.
    private func restored(_ far: ObjectID?, with ours: ObjectID) throws -> ObjectID {
        let history = History(CommitStamps(reading: repository))
        guard let far, try !history.isAncestor(far, of: ours) else { return ours }
        guard let others = try others(in: far, since: ours, history) else {
            return try merge(ours, far)
        }
        var current = ours
        for own in others.below { current = try restored(own, with: current) }
        for other in others.newest {
            let time = try after([current, other])
            let message = CaptureMessage.text(
                asked: "restored \(current.short) over \(other.short)", device: identity.device,
                time: time)
            let pack = try repository.beginPack()
            current = try captureCommit(
                of: repository.commit(current).tree, on: [current, other], at: time, message, pack)
            try pack.finish()
        }
        return try merge(current, far)
    }

    /// Commits of the remote's that no device of this vault made.
    private struct Others {
        /// All others of them are behind these.
        let newest: [ObjectID]
        /// What devices made right behind them.
        let below: [ObjectID]
    }

    /// Finds what no device of this vault made since the remote's history parted from ours; nil
    /// when they made all of it.
    private func others(in far: ObjectID, since ours: ObjectID, _ history: History) throws
        -> Others?
    {
        let news = try news(in: far, since: ours, history)
        if news.count >= Limits.nearHistory { return Others(newest: [far], below: []) }
        let known = Set(try self.news(in: ours, since: far, history).compactMap { made($0.commit) })
        let others = news.filter { _, commit in
            if MergeIdentity.made(commit) { return false }
            // A commit of ours that somebody made again carries its stamp a second time.
            return made(commit).map { known.contains($0) } ?? true
        }
        if others.isEmpty {
            // All of another vault's is no work of this one.
            let isRelated = try !history.mergeBases(far, ours).isEmpty
            return isRelated ? nil : Others(newest: [far], below: [])
        }
        let ids = Set(others.map(\.id))
        let parents = Dictionary(uniqueKeysWithValues: news.map { ($0.id, $0.commit.parents) })
        var behind: Set<ObjectID> = []
        var pending = others.flatMap(\.commit.parents)
        while let id = pending.popLast() {
            guard let next = parents[id], behind.insert(id).inserted else { continue }
            pending += next
        }
        let below = Set(others.flatMap(\.commit.parents)).subtracting(ids)
        return Others(newest: ids.subtracting(behind).sorted(), below: below.sorted())
    }

    /// Which device made a capture commit, and when; nil for a commit of another program.
    private func made(_ commit: Commit) -> String? {
        guard let device = commit.trailer("Sync-Device"), let time = commit.trailer("Sync-HLC")
        else { return nil }
        return "\(time) \(device)"
    }
}

/// Taking changes over to a history that they were not made in.
extension Vault {
    /// Puts what `ours` changed since `base` over `onto`, without taking its history along.
    /// - Parameters:
    ///   - base: nil: all of `ours` is a change, and none of it a deletion.
    ///   - onto: nil begins a history.
    /// - Returns: a commit that descends from `onto` alone; `onto` when nothing is left to add.
    func transplant(_ ours: ObjectID, since base: ObjectID?, onto: ObjectID?) throws -> ObjectID {
        if let onto, ours == base { return onto }
        let merged = try taken(ours, since: base, onto: onto)
        let start = try tree(of: onto)
        if merged.tree == start, let onto { return onto }
        let time = try after([ours, onto].compactMap { $0 })
        let pack = try repository.beginPack()
        var parents = onto.map { [$0] } ?? []
        let named = try named(by: merged, since: start)
        if !named.isEmpty {
            let tree = try TreeEdit.apply(named, to: start, reading: repository, writing: pack)
            let words = CaptureMessage.text(
                asked: "kept the versions that the next commit names", device: identity.device,
                time: time)
            parents = [try captureCommit(of: tree, on: parents, at: time, words, pack)]
        }
        let next = time.next
        let message = CaptureMessage.text(
            asked: "kept what only \(identity.device) had", device: identity.device, time: next)
        let id = try captureCommit(of: merged.tree, on: parents, at: next, message, pack)
        try pack.finish()
        try list(merged.losses, in: id)
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
            asked: "what \(identity.device) had", device: identity.device, time: time)
        let id = try captureCommit(
            of: commit.tree, on: base.map { [$0] } ?? [], at: time, message, pack)
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

    /// A stamp after those of some commits, and now at the earliest.
    private func after(_ commits: [ObjectID]) throws -> Timestamp {
        let stamps = CommitStamps(reading: repository)
        let latest = try commits.map { try stamps.time(of: $0) }.max()
        return CaptureTime.of(clock.now(), after: latest, at: clock.now())
    }

    /// Brings a capture commit into the head. One that was made upon a commit which a rewrite left
    /// behind comes without that history.
    /// - Returns: the new head.
    func transplant(_ capture: ObjectID, into head: ObjectID) throws -> ObjectID {
        let parents = try repository.commit(capture).parents
        let history = History(CommitStamps(reading: repository))
        guard parents.count == 1, try !history.isAncestor(parents[0], of: head),
            try isLeftBehind(parents[0], history)
        else { return try merge(head, capture) }
        return try transplant(capture, since: parents[0], onto: head)
    }

    /// Keeps capture commits that came into the head without their history: the state store names
    /// them as what paths are made upon. Done last, for a capture commit that is kept is never
    /// brought again.
    func pinTransplanted(_ captures: some Sequence<ObjectID>, by head: ObjectID?) throws {
        guard let head else { return }
        var history: History?
        for capture in captures where capture != head {
            let known = history ?? History(CommitStamps(reading: repository))
            history = known
            if try !known.isAncestor(capture, of: head) { try keep(capture) }
        }
    }
}
