internal import SyncMerge
internal import SyncModel

/// The two ways out when the remote was rewritten. Both keep the local head first, move nothing
/// but the local branch, and leave it to the next exchange to push forward.
struct RemoteChoice {
    let tracker: RemoteTracker
    let branch: Branch
    let repository: any ObjectRepository
    let writer: CommitWriter
    let integrator: Integrator
    let transplanter: Transplanter
    let losses: ResolvedLosses

    /// Carries out a choice about what the remote became when it was last looked at.
    /// - Returns: the new head, and the files that change: here for `accept`, on the remote for
    ///   `restore`.
    /// - Throws: `ChangeRefusal` when there is nothing to choose.
    func choose(_ request: RemoteRequest) throws -> ChangeReport {
        guard let change = tracker.change else {
            throw ChangeRefusal(
                .missing, "the remote has what it had and went on from there: nothing to choose")
        }
        let before = try branch.head()
        losses.isListing = !request.dryRun
        defer { losses.isListing = true }
        // A head that was seen and not yet merged when the remote was rewritten is ours too.
        let ours = try before.map { try integrator.merge($0, change.old) } ?? change.old
        let new =
            switch request.choice {
            case .accept: try accepted(change, over: ours)
            case .restore: try restored(change.new, with: ours)
            }
        let (left, right) = request.choice == .accept ? (before, new) : (change.new, new)
        let paths = try TreeDiff.changes(
            from: repository.tree(of: left), to: repository.tree(of: right), reading: repository
        )
        .map(\.path).filter { !ConflictRecord.isRecord($0) }.sorted()
        var report = ChangeReport(commit: request.dryRun ? nil : new, paths: paths)
        report.conflicts = try opened(in: new, since: before)
        if request.dryRun { return report }
        let kept = KeptHeads(repository: repository)
        try kept.keep(change.old)
        if let before {
            try kept.keep(before)
            if request.choice == .accept { try kept.note(before, acceptedAs: new) }
        }
        try branch.move(to: new, from: before)
        // The head first: after a crash in between the same choice comes to the same tree again.
        try tracker.endChange(at: change.new)
        return report
    }

    /// The conflicts that are open in a commit and were not in the one before it.
    private func opened(in new: ObjectID, since before: ObjectID?) throws(RepositoryError)
        -> [OpenConflict]
    {
        let old = try ConflictList(of: repository.tree(of: before), reading: repository).records
        let known = Set(old.map(\.id))
        return try ConflictList(of: repository.tree(of: new), reading: repository).records
            .filter { !known.contains($0.id) }
            .map { OpenConflict($0, device: writer.device) }
    }

    /// The remote's history with what only this device has over it. A file that is here as the
    /// remote had it follows the remote, into its deletion too. A history that shares nothing
    /// with ours never knew our files: it deletes none of them.
    private func accepted(_ change: RemoteChange, over ours: ObjectID) throws -> ObjectID {
        let isRelated = change.kind == .takenBack || change.kind == .rewritten
        return try transplanter.transplant(
            ours, since: isRelated ? change.old : nil, onto: change.new)
    }

    /// Our history, with the remote's as what it went on from. What devices of this vault made
    /// there is merged; of what nobody of them made the tree keeps nothing.
    private func restored(_ far: ObjectID?, with ours: ObjectID) throws -> ObjectID {
        let history = History(CommitStamps(reading: repository))
        guard let far, try !history.isAncestor(far, of: ours) else { return ours }
        guard let others = try others(in: far, since: ours, history) else {
            return try integrator.merge(ours, far)
        }
        var current = ours
        for own in others.below { current = try restored(own, with: current) }
        for other in others.newest {
            let time = try writer.time(after: [current, other])
            let message = CaptureMessage.text(
                asked: "restored \(current.short) over \(other.short)", device: writer.device,
                time: time)
            let pack = try repository.beginPack()
            current = try writer.write(
                repository.commit(current).tree, on: [current, other], at: time, message,
                into: pack)
            try pack.finish()
        }
        return try integrator.merge(current, far)
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
        let news = try history.news(in: far, since: ours)
        if news.count >= Limits.nearHistory { return Others(newest: [far], below: []) }
        let known = Set(try history.news(in: ours, since: far).compactMap { made($0.commit) })
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
