internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// What somebody asked for last and `undo` takes back.
struct LastAction {
    /// The commit that was made for it; of an accept the head that it came to.
    let commit: ObjectID
    /// What stood before; nil for nothing.
    let before: ObjectID?
    /// Whether it was an accept of what the remote became.
    let isAccept: Bool

    /// Finds it behind a head: a commit that says so, of any device, or an accept of this device,
    /// which is no commit. A copy of such a commit, made by another program, is an edit like any
    /// other; an accept whose former head came back into the history is over.
    static func find(behind head: ObjectID, in repository: any ObjectRepository) throws
        -> LastAction?
    {
        let accepted = try KeptHeads(repository: repository).accepted()
        let history = History(CommitStamps(reading: repository))
        var walk = try HistoryWalk(from: head, reading: repository)
        while let step = try walk.next() {
            if let before = accepted[step.id], repository.contains(before),
                try !history.isAncestor(before, of: head)
            {
                return LastAction(commit: step.id, before: before, isAccept: true)
            }
            if step.commit.trailer(ChangeAction.trailer).flatMap(ChangeAction.init) != nil,
                CommitStamps.capturer(of: step.commit) != nil
            {
                return LastAction(
                    commit: step.id, before: step.commit.parents.first, isAccept: false)
            }
        }
        return nil
    }
}
