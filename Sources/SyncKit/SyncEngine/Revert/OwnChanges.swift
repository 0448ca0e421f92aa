internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// Finds what a device, or an agent, changed since some moment: its commits that are no merges,
/// those that stand right upon each other as one change. One that may rename is a change of its
/// own: of several commits only the ends are compared, and there a file that was renamed and
/// edited is another one.
struct OwnChanges {
    /// From when on changes count.
    enum Start {
        /// What is not behind this commit.
        case commit(ObjectID)
        /// What was made later, in milliseconds since 1970, by what can be true at a moment.
        case time(Int64, now: Timestamp)
    }

    let reader: any ObjectReader
    /// Nil is any device.
    let device: String?
    /// Nil is any agent, or none.
    let agent: String?

    /// Lists the changes behind a head, the newest first.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    func list(from head: ObjectID, since start: Start) throws(RepositoryError)
        -> [TakeBack.Change]
    {
        let stamps = CommitStamps(reading: reader)
        var own: [ObjectID] = []
        for id in try commits(head, start, stamps).reversed() {
            let commit = try stamps.commit(id)
            if commit.parents.count < 2, isWanted(commit) { own.append(id) }
        }
        let all = Set(own)
        var taken: Set<ObjectID> = []
        var changes: [TakeBack.Change] = []
        for id in own where taken.insert(id).inserted {
            var run = [id]
            let commit = try stamps.commit(id)
            var moves = Moves(try Moves.changes(by: commit, stamps, reading: reader))
            var before = commit.parents.first
            while let next = before, all.contains(next), !taken.contains(next) {
                let commit = try stamps.commit(next)
                moves.add(try Moves.changes(by: commit, stamps, reading: reader))
                if moves.mayRename { break }
                taken.insert(next)
                run.append(next)
                before = commit.parents.first
            }
            changes.append(TakeBack.Change(commit: id, before: before, commits: run))
        }
        return changes
    }

    /// Whether a commit is by the device and the agent.
    func isWanted(_ commit: Commit) -> Bool {
        if let device, CommitStamps.device(of: commit) != device { return false }
        if let agent, !commit.isBy(agent) { return false }
        return true
    }

    /// The commits since the start, parents before their children.
    private func commits(
        _ head: ObjectID, _ start: Start, _ stamps: CommitStamps
    ) throws(RepositoryError) -> [ObjectID] {
        switch start {
        case .commit(let known):
            return try History(stamps).commits(behind: head, notBehind: [known])
        case .time(let time, let now):
            var walk = try HistoryWalk(
                from: head, since: time + 1, latest: now.latestClaim, reading: reader)
            var since: Set<ObjectID> = []
            while let step = try walk.next() { since.insert(step.id) }
            return try stamps.parentsFirst(from: head, among: since)
        }
    }
}

extension CommitStamps {
    /// Some commits in an order in which each comes after its parents.
    fileprivate func parentsFirst(from head: ObjectID, among wanted: Set<ObjectID>)
        throws(RepositoryError) -> [ObjectID]
    {
        var found: [ObjectID] = []
        var seen: Set<ObjectID> = []
        var pending = wanted.contains(head) ? [(id: head, isDone: false)] : []
        while let (id, isDone) = pending.popLast() {
            if isDone {
                found.append(id)
            } else if seen.insert(id).inserted {
                pending.append((id, true))
                for parent in try commit(id).parents where wanted.contains(parent) {
                    pending.append((parent, false))
                }
            }
        }
        return found
    }
}
