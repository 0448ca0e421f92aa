internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// Finds what a device, or an agent, changed since some moment: its commits that are no merges,
/// those that stand right upon each other as one change.
struct OwnChanges {
    /// From when on changes count.
    enum Start {
        /// What is not behind this commit.
        case commit(ObjectID)
        /// What was made later, in milliseconds since 1970.
        case time(Int64)
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
            var before = try stamps.commit(id).parents.first
            while let next = before, all.contains(next), taken.insert(next).inserted {
                run.append(next)
                before = try stamps.commit(next).parents.first
            }
            changes.append(TakeBack.Change(commit: id, before: before, commits: run))
        }
        return changes
    }

    private func isWanted(_ commit: Commit) -> Bool {
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
        case .time(let time):
            var walk = try HistoryWalk(from: head, since: time + 1, reading: reader)
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
