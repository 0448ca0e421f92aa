internal import SyncModel

/// The renames of one side, followed commit by commit: a file that was renamed and then edited
/// has another content at its end than in the base, and is known all the same.
struct RenameTrail {
    let reader: any ObjectReader
    let stamps: CommitStamps

    /// Follows what one side renamed since it parted from the other.
    /// - Returns: the first name of each file and its last, merges left out: what they join is
    ///   followed itself. Nothing where more than `Limits.nearHistory` commits would be read.
    func renames(on side: ObjectID, since other: ObjectID) throws(RepositoryError)
        -> [TreePath: TreePath]
    {
        let commits = try History(stamps).commits(behind: side, notBehind: [other])
        if commits.count > Limits.nearHistory { return [:] }
        var last: [TreePath: TreePath] = [:]
        var first: [TreePath: TreePath] = [:]
        for id in commits {
            let commit = try stamps.commit(id)
            guard commit.parents.count == 1 else { continue }
            let changes = try TreeDiff.changes(
                from: stamps.commit(commit.parents[0]).tree, to: commit.tree, reading: reader)
            for (old, new) in PathTable.renames(changes) {
                let origin = first.removeValue(forKey: old) ?? old
                first[new] = origin
                last[origin] = new
            }
        }
        return last
    }
}

extension TreeMerge {
    /// What either side renamed on its way, where that decides something: a path that one side
    /// took away and the other changed.
    func renames(
        _ ours: [TreeChange], _ theirs: [TreeChange], first: ObjectID, second: ObjectID
    ) throws(RepositoryError) -> (first: [TreePath: TreePath], second: [TreePath: TreePath]) {
        (
            try renames(ours, against: theirs, on: first, since: second),
            try renames(theirs, against: ours, on: second, since: first)
        )
    }

    private func renames(
        _ own: [TreeChange], against other: [TreeChange], on side: ObjectID, since far: ObjectID
    ) throws(RepositoryError) -> [TreePath: TreePath] {
        let known = PathTable.renames(own)
        let changed = Set(other.map(\.path))
        let isOpen = own.contains { change in
            change.after == nil && known[change.path] == nil && changed.contains(change.path)
        }
        guard isOpen else { return known }
        let added = Set(own.filter { $0.before == nil && $0.after != nil }.map(\.path))
        let trail = try RenameTrail(reader: reader, stamps: stamps)
            .renames(on: side, since: far)
            .filter { changed.contains($0.key) && added.contains($0.value) }
        let taken = Set(known.values)
        return known.merging(trail.filter { !taken.contains($0.value) }) { exact, _ in exact }
    }
}
