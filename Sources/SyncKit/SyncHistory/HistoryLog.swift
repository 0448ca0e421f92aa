internal import SyncMerge
package import SyncModel

/// A walk back through history, the newest commit first.
///
/// With a path every commit is looked at that put a version there, on whichever side of a merge:
/// a version that lost is listed too. A merge is shown when what it has there is none of its
/// parents' versions.
package struct HistoryLog {
    private let reader: any ObjectReader
    private let path: TreePath?

    /// - Parameters:
    ///   - reader: the repository.
    ///   - path: a file or a directory, as a path of the repository; nil is everything.
    package init(reading reader: any ObjectReader, path: TreePath? = nil) {
        self.reader = reader
        self.path = path
    }

    /// Lists commits.
    /// - Parameters:
    ///   - head: where the walk begins.
    ///   - filter: which of them are wanted.
    ///   - most: how many at most; at least 0.
    ///   - last: nothing up to this commit, with which the page before ended; nil is all.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    package func entries(
        from head: ObjectID, where filter: HistoryFilter = HistoryFilter(), most: Int,
        after last: ObjectID? = nil
    ) throws(RepositoryError) -> [HistoryEntry] {
        var entries: [HistoryEntry] = []
        var walk = try HistoryWalk(from: head, since: filter.since, reading: reader)
        if let last { while let step = try walk.next(), step.id != last {} }
        while entries.count < most, let step = try walk.next() {
            guard filter.admits(step), let entry = try entry(step, walk) else { continue }
            let isPlainMerge = step.commit.parents.count > 1 && entry.paths.isEmpty
            if !isPlainMerge || filter.everyMerge { entries.append(entry) }
        }
        return entries
    }

    /// A commit's entry, and all paths that it changed; of a merge those that differ from every
    /// parent.
    func shown(_ id: ObjectID) throws(RepositoryError) -> (HistoryEntry, Set<TreePath>) {
        let commit = try reader.commit(id)
        var parents: [ObjectID] = []
        for parent in commit.parents { parents.append(try reader.commit(parent).tree) }
        let changed = try changed(commit.tree, parents)
        return (Self.entry(id, commit, changed), Set(changed))
    }

    private static func entry(_ id: ObjectID, _ commit: Commit, _ changed: [TreePath])
        -> HistoryEntry
    {
        HistoryEntry(
            commit: id, time: Timestamp(seconds: commit.committer.seconds).iso8601,
            device: CommitStamps.device(of: commit), agent: commit.agent,
            subject: commit.subject, changed: changed)
    }

    /// A commit's entry; nil when it has nothing to do with the path.
    private func entry(_ step: HistoryWalk.Step, _ walk: HistoryWalk) throws(RepositoryError)
        -> HistoryEntry?
    {
        let commit = step.commit
        var parents: [ObjectID] = []
        for parent in commit.parents { parents.append(try walk.commit(parent).tree) }
        if let path {
            let here = try content(at: path, of: commit.tree)
            for parent in parents where try content(at: path, of: parent) == here { return nil }
            if parents.isEmpty && here == nil { return nil }
        }
        return Self.entry(step.id, commit, try changed(commit.tree, parents))
    }

    /// The paths in which a tree differs from every parent's, below the path that was asked for.
    private func changed(_ tree: ObjectID, _ parents: [ObjectID]) throws(RepositoryError)
        -> [TreePath]
    {
        var common: Set<TreePath>?
        for parent in parents.isEmpty ? [Tree.emptyID] : parents {
            let paths = Set(
                try TreeChange.named(
                    TreeDiff.changes(from: parent, to: tree, reading: reader)
                ).map(\.path))
            common = common?.intersection(paths) ?? paths
        }
        let all = common ?? []
        guard let path else { return Array(all) }
        return all.filter { $0.isAtOrBelow(path) }
    }

    /// What stands at a path, file or directory; nil for nothing.
    private func content(at path: TreePath, of tree: ObjectID) throws(RepositoryError)
        -> TreeEntry?
    {
        guard let directory = try TreeDiff.subtree(of: tree, at: path.parent, reading: reader)
        else { return nil }
        return try reader.tree(directory)[path.name]
    }
}
