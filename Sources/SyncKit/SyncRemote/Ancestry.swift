internal import SyncMerge
internal import SyncModel

/// Whether a push moves a branch forward.
struct Ancestry {
    let local: any ObjectRepository

    /// Whether `head` descends from what the branch stands at; history is never replaced.
    func isForward(from expected: ObjectID?, to head: ObjectID) throws(RepositoryError) -> Bool {
        guard let expected else { return true }
        guard local.contains(expected) else { return false }
        if try isNear(expected, of: head) { return true }
        return try History(CommitStamps(reading: local)).isAncestor(expected, of: head)
    }

    /// Whether `ancestor` stands among the nearest commits. Nearly always it does; the whole
    /// answer has to date commits that other programs made, which may read all of history.
    private func isNear(_ ancestor: ObjectID, of head: ObjectID) throws(RepositoryError) -> Bool {
        var found = [head]
        var seen: Set<ObjectID> = [head]
        var next = 0
        while next < found.count && next < Limits.nearHistory {
            let id = found[next]
            if id == ancestor { return true }
            next += 1
            for parent in try local.commit(id).parents where seen.insert(parent).inserted {
                found.append(parent)
            }
        }
        return false
    }
}
