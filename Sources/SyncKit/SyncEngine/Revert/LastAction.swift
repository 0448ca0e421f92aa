internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// What somebody asked for last and `undo` takes back.
struct LastAction {
    /// The commits that were made for it, each with what stood before, the newest first; of an
    /// accept the head that it came to.
    let changes: [TakeBack.Change]
    /// Whether it was an accept of what the remote became.
    let isAccept: Bool
    /// The newest of the commits.
    var commit: ObjectID { changes[0].commit }
    /// All of them, the newest first.
    var commits: [ObjectID] { changes.flatMap(\.commits) }

    /// One commit alone.
    init(_ commit: ObjectID, before: ObjectID?, isAccept: Bool = false) {
        changes = [.init(commit: commit, before: before, commits: [commit])]
        self.isAccept = isAccept
    }

    /// A commit, and those before it that the same command made.
    private init(_ last: ObjectID, in repository: any ObjectRepository, most limit: Int)
        throws(RepositoryError)
    {
        // Commits right upon each other are one change, but for what renames: as of `OwnChanges`.
        let stamps = CommitStamps(reading: repository)
        var runs: [(before: ObjectID?, commits: [ObjectID])] = []
        var moves = Moves([])
        var next: ObjectID? = last
        var count = 0
        while let id = next, count < limit {
            count += 1
            let commit = try stamps.commit(id)
            let changed = try Moves.changes(by: commit, stamps, reading: repository)
            moves.add(changed)
            if let run = runs.last, run.before == id, !moves.mayRename {
                runs[runs.count - 1].before = commit.parents.first
                runs[runs.count - 1].commits.append(id)
            } else {
                moves = Moves(changed)
                runs.append((commit.parents.first, [id]))
            }
            next = try Self.continued(by: id, stamps, in: repository)
        }
        changes = runs.map {
            TakeBack.Change(commit: $0.commits[0], before: $0.before, commits: $0.commits)
        }
        isAccept = false
    }

    /// The commit of the same command before one; nil for none. Who wrote it into a message by hand
    /// names what is no such commit.
    private static func continued(
        by id: ObjectID, _ stamps: CommitStamps, in repository: any ObjectRepository
    ) throws(RepositoryError) -> ObjectID? {
        let commit = try stamps.commit(id)
        guard let action = ChangeAction(of: commit),
            let before = commit.trailer(ChangeAction.continues).flatMap({ ObjectID(hex: $0) }),
            repository.contains(before), try repository.header(before).kind == .commit,
            ChangeAction(of: try stamps.commit(before)) == action
        else { return nil }
        if commit.parents.contains(before) { return before }
        return try History(stamps).isAncestor(before, of: id) ? before : nil
    }

    /// Finds it behind a head: a commit that says so, of any device, or an accept of this device,
    /// which is no commit. A copy of such a commit, made by another program, is an edit like any
    /// other; an accept whose former head came back into the history is over.
    /// - Parameter limit: the most commits of one command.
    static func find(
        behind head: ObjectID, in repository: any ObjectRepository,
        most limit: Int = Limits.undoneCommits
    ) throws -> LastAction? {
        let accepted = try KeptHeads(repository: repository).accepted()
        let history = History(CommitStamps(reading: repository))
        var walk = try HistoryWalk(from: head, reading: repository)
        while let step = try walk.next() {
            if let before = accepted[step.id], repository.contains(before),
                try !history.isAncestor(before, of: head)
            {
                return LastAction(step.id, before: before, isAccept: true)
            }
            if ChangeAction(of: step.commit) != nil {
                return try Self(step.id, in: repository, most: limit)
            }
        }
        return nil
    }
}
