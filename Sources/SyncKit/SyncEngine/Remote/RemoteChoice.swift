internal import SyncMerge
internal import SyncModel

/// The two ways out when the remote was rewritten, and the one when it declined a push. All keep
/// the local head first, move nothing but the local branch, and leave it to the next exchange to
/// push forward.
struct RemoteChoice {
    let tracker: RemoteTracker
    let branch: Branch
    let repository: any ObjectRepository
    let store: any StateStore
    let writer: CommitWriter
    let integrator: Integrator
    let transplanter: Transplanter
    let losses: ResolvedLosses
    let places: WritablePlaces

    /// Carries out a choice about what the remote became when it was last looked at.
    /// - Returns: the new head, and the files that change: here for `accept`, on the remote for
    ///   `restore`.
    /// - Throws: `ChangeRefusal` when there is nothing to choose.
    func choose(_ request: RemoteRequest) throws -> ChangeReport {
        losses.isListing = !request.dryRun
        defer { losses.isListing = true }
        guard let change = tracker.change else { return try acceptDeclining(request) }
        if request.choice == .restore { try refuseWhatWasThinned(change.new) }
        let before = try branch.head()
        // A head that was seen and not yet merged when the remote was rewritten is ours too.
        let ours = try before.map { try integrator.merge($0, change.old) } ?? change.old
        let new =
            switch request.choice {
            case .accept: try accepted(change, over: ours)
            case .restore: try restored(change.new, with: ours)
            }
        let left = request.choice == .accept ? before : change.new
        let report = try report(request, from: left, to: new, openedSince: before)
        if request.dryRun { return report }
        try KeptHeads(repository: repository).keep(change.old)
        try move(to: new, from: before, isAccept: request.choice == .accept)
        // The head first: after a crash in between the same choice comes to the same tree again.
        try tracker.endChange(at: change.new)
        return report
    }

    /// The remote's history with what it declined, and all else that it lacks, as one commit: what
    /// was taken out of the files since is in none that is pushed.
    /// - Throws: `ChangeRefusal` when the remote declined nothing that it still lacks.
    private func acceptDeclining(_ request: RemoteRequest) throws -> ChangeReport {
        let far = tracker.seen?.head
        guard request.choice == .accept, let before = try branch.head(), before != far,
            try store.fact(Vault.Fact.declined) != nil
        else {
            throw ChangeRefusal(
                .missing, "the remote has what it had and went on from there: nothing to choose")
        }
        let ours = try far.map { try integrator.merge(before, $0) } ?? before
        let new = try transplanter.transplant(ours, since: far, onto: far)
        let report = try report(request, from: before, to: new, openedSince: before)
        // What changes here is what others made meanwhile: undo has nothing to take back.
        if !request.dryRun { try move(to: new, from: before, isAccept: false) }
        return report
    }

    /// What a choice changes: files, and conflicts that it opens.
    private func report(
        _ request: RemoteRequest, from left: ObjectID?, to new: ObjectID,
        openedSince before: ObjectID?
    ) throws -> ChangeReport {
        let changes = try TreeDiff.changes(
            from: repository.tree(of: left), to: repository.tree(of: new), reading: repository
        ).filter { !ConflictRecord.isRecord($0.path) }
        var report = ChangeReport(commit: request.dryRun ? nil : new, changes)
        if request.choice == .accept {
            report.elsewhere = TreeChange.named(changes).filter {
                places.synced($0.path, $0.after ?? $0.before) == nil
            }.map(\.path).sorted()
        }
        report.conflicts = try opened(in: new, since: before)
        return report
    }

    /// Moves the head, and keeps the one that it leaves.
    private func move(to new: ObjectID, from before: ObjectID?, isAccept: Bool) throws {
        if let before {
            let kept = KeptHeads(repository: repository)
            try kept.keep(before)
            if isAccept { try kept.note(before, acceptedAs: new) }
        }
        try branch.move(to: new, from: before)
    }

    /// What this device does not keep any more it cannot give back to a remote that lacks it.
    private func refuseWhatWasThinned(_ far: ObjectID?) throws {
        let history = History(CommitStamps(reading: repository))
        for kept in repository.thinnedBehind {
            for parent in try repository.commit(kept).parents {
                if let far, try history.isAncestor(parent, of: far) { continue }
                throw ChangeRefusal(
                    .wrong,
                    "the remote lost what this device does not keep: syncctl remote restore on a "
                        + "device that keeps all, or give the remote a backup's history first: "
                        + "git clone --mirror BUNDLE v.git && git -C v.git push REMOTE "
                        + branch.name)
            }
        }
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
    /// with ours and does not say what it went on from never knew our files: it deletes none.
    private func accepted(_ change: RemoteChange, over ours: ObjectID) throws -> ObjectID {
        let base: ObjectID? =
            switch (change.kind, change.new) {
            case (.takenBack, _), (.rewritten, _): change.old
            case (.replaced, let new?):
                try FarHistory(of: new, beside: ours, in: repository).origin()
            default: nil
            }
        return try transplanter.transplant(
            ours, since: base, onto: change.new, following: change.old)
    }

    /// Our history, with the remote's as what it went on from. What devices of this vault made
    /// there is merged; of what nobody of them made the tree keeps nothing.
    private func restored(_ far: ObjectID?, with ours: ObjectID) throws -> ObjectID {
        let history = History(CommitStamps(reading: repository))
        guard let far, try !history.isAncestor(far, of: ours) else { return ours }
        let remote = try FarHistory(of: far, beside: ours, in: repository)
        guard let others = try remote.others() else {
            return try merged(far, since: remote.origin(), with: ours)
        }
        var current = ours
        for own in others.below { current = try restored(own, with: current) }
        for other in others.newest {
            current = try write(repository.commit(current).tree, current, over: other)
        }
        return try integrator.merge(current, far)
    }

    /// Ours with all of the remote's.
    /// - Parameter origin: what both went on from though the remote's history does not have it;
    ///   a merge commit could not say so.
    private func merged(_ far: ObjectID, since origin: ObjectID?, with ours: ObjectID) throws
        -> ObjectID
    {
        guard let origin else { return try integrator.merge(ours, far) }
        let merged = try CommitMerge(repository).tree(of: ours, far, since: origin)
        let id = try write(merged.tree, ours, over: far)
        try losses.list(merged.losses, in: id)
        return id
    }

    /// Writes what a restore made of two heads, durably.
    private func write(_ tree: ObjectID, _ ours: ObjectID, over other: ObjectID) throws -> ObjectID
    {
        let time = try writer.time(after: [ours, other])
        let message = CaptureMessage.text(
            asked: "restored \(ours.short) over \(other.short)", device: writer.device, time: time)
        let pack = try repository.beginPack()
        let id = try writer.write(tree, on: [ours, other], at: time, message, into: pack)
        try pack.finish()
        return id
    }
}
