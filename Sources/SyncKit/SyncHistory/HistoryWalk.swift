internal import SyncMerge
package import SyncModel

/// A walk back through history by the commits' stamps, the newest first, no commit twice.
///
/// Stamps are claims: where they lie the order is another, and nothing else is.
package struct HistoryWalk {
    /// A commit that the walk came to.
    package struct Step {
        /// Its name.
        package let id: ObjectID
        /// What it says.
        package let commit: Commit
        /// Its stamp.
        package let time: Timestamp
    }

    private let stamps: CommitStamps
    private let head: ObjectID
    private let since: Int64?
    private var waiting: [Waiting]
    private var seen: Set<ObjectID>

    /// - Parameters:
    ///   - head: where the walk begins.
    ///   - since: milliseconds since 1970; what is older is left out, and all that is behind it.
    package init(
        from head: ObjectID, since: Int64? = nil, reading reader: any ObjectReader
    ) throws(RepositoryError) {
        stamps = CommitStamps(reading: reader)
        self.head = head
        self.since = since
        waiting = []
        seen = [head]
        waiting.append(try step(head))
    }

    /// The next commit; nil at the end.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    package mutating func next() throws(RepositoryError) -> Step? {
        while let next = waiting.popLast() {
            if let since, next.time.milliseconds < since { continue }
            let commit = try stamps.commit(next.id)
            for parent in commit.parents where seen.insert(parent).inserted {
                insert(try step(parent))
            }
            if seen.count > Limits.historyWalk {
                throw RepositoryError(.io, "list history", object: head, "it is too long")
            }
            return Step(id: next.id, commit: commit, time: next.time)
        }
        return nil
    }

    /// A commit that the walk met before.
    func commit(_ id: ObjectID) throws(RepositoryError) -> Commit { try stamps.commit(id) }

    private struct Waiting {
        let id: ObjectID
        let time: Timestamp
        /// A merge of ours has its later parent's time and comes before it.
        let isMerge: Bool

        var order: (Int64, Int, ObjectID) { (time.milliseconds, isMerge ? 1 : 0, id) }
    }

    private func step(_ id: ObjectID) throws(RepositoryError) -> Waiting {
        let isMerge = MergeIdentity.made(try stamps.commit(id))
        return Waiting(id: id, time: try stamps.time(of: id), isMerge: isMerge)
    }

    /// Keeps the newest at the end.
    private mutating func insert(_ item: Waiting) {
        var (low, high) = (0, waiting.count)
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle].order < item.order { low = middle + 1 } else { high = middle }
        }
        waiting.insert(item, at: low)
    }
}
