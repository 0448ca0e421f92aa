internal import SyncMerge
package import SyncModel

/// A walk back through history, the newest commit first.
///
/// With a path every commit is looked at that put a version there, on whichever side of a merge:
/// a version that lost is listed too. A merge is shown when what it has there is none of its
/// parents' versions.
package struct HistoryLog {
    private let reader: any ObjectReader
    private let stamps: CommitStamps
    private let path: TreePath?

    /// - Parameters:
    ///   - reader: the repository.
    ///   - path: a file or a directory, as a path of the repository; nil is everything.
    package init(reading reader: any ObjectReader, path: TreePath? = nil) {
        self.reader = reader
        self.path = path
        stamps = CommitStamps(reading: reader)
    }

    /// Lists commits.
    /// - Parameters:
    ///   - head: where the walk begins.
    ///   - most: how many at most; at least 0.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    package func entries(from head: ObjectID, most: Int) throws(RepositoryError) -> [HistoryEntry] {
        var entries: [HistoryEntry] = []
        var waiting = [try waiting(head)]
        var seen: Set<ObjectID> = [head]
        while entries.count < most, let next = waiting.popLast() {
            let commit = try stamps.commit(next.id)
            if let entry = try entry(next.id, commit) { entries.append(entry) }
            for parent in commit.parents where seen.insert(parent).inserted {
                insert(try self.waiting(parent), into: &waiting)
            }
            if seen.count > Limits.historyWalk {
                throw RepositoryError(.io, "list history", object: head, "it is too long")
            }
        }
        return entries
    }

    private struct Waiting {
        let id: ObjectID
        let time: Timestamp
        /// A merge of ours has its later parent's time and comes before it.
        let isMerge: Bool

        var order: (Int64, Int, ObjectID) { (time.milliseconds, isMerge ? 1 : 0, id) }
    }

    private func waiting(_ id: ObjectID) throws(RepositoryError) -> Waiting {
        let isMerge = MergeIdentity.made(try stamps.commit(id))
        return Waiting(id: id, time: try stamps.time(of: id), isMerge: isMerge)
    }

    /// Keeps the newest at the end.
    private func insert(_ item: Waiting, into waiting: inout [Waiting]) {
        var (low, high) = (0, waiting.count)
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle].order < item.order { low = middle + 1 } else { high = middle }
        }
        waiting.insert(item, at: low)
    }

    /// A commit's entry; nil when it has nothing to do with the path.
    private func entry(_ id: ObjectID, _ commit: Commit) throws(RepositoryError) -> HistoryEntry? {
        var parents: [ObjectID] = []
        for parent in commit.parents { parents.append(try stamps.commit(parent).tree) }
        if let path {
            let here = try content(at: path, of: commit.tree)
            for parent in parents where try content(at: path, of: parent) == here { return nil }
            if parents.isEmpty && here == nil { return nil }
        }
        let changed = try changed(commit.tree, parents)
        return HistoryEntry(
            commit: id, time: Timestamp(seconds: commit.committer.seconds).iso8601,
            device: CommitStamps.device(of: commit), subject: commit.subject, changed: changed)
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
