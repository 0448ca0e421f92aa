internal import SyncMerge
package import SyncModel
internal import SyncStore

/// A walk back through history by the commits' stamps, the newest first, no commit twice and none
/// before one that stands upon it.
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
    private let index: IndexedHistory?
    private var waiting: [Waiting] = []
    private var seen: Set<ObjectID> = []
    /// The same of commits that the index has, by their numbers.
    private var seenNumbers: [Bool] = []
    private var depths = MergeDepths<ObjectID>()
    private var numberDepths = MergeDepths<Int32>()
    private var count = 0

    /// - Parameters:
    ///   - head: where the walk begins.
    ///   - since: milliseconds since 1970; what is older is left out, and all that is behind it.
    ///   - latest: as for `CommitStamps`.
    package init(
        from head: ObjectID, since: Int64? = nil, latest: Timestamp = .latest,
        reading reader: any ObjectReader
    ) throws(RepositoryError) {
        try self.init(from: head, since: since, latest: latest, reading: reader, index: nil)
    }

    /// - Parameter index: tells of commits what need not be read then.
    init(
        from head: ObjectID, since: Int64?, latest: Timestamp, reading reader: any ObjectReader,
        index: IndexedHistory?
    ) throws(RepositoryError) {
        stamps = CommitStamps(reading: reader, latest: latest)
        self.head = head
        self.since = since
        self.index = index
        seenNumbers = Array(repeating: false, count: index?.commits.count ?? 0)
        try meet(head)
    }

    /// The next commit; nil at the end.
    /// - Parameter isWanted: asked of each commit that the index has by its number; one that is
    ///   not wanted is walked past.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    package mutating func next() throws(RepositoryError) -> Step? { try next { _ in true } }

    mutating func next(where isWanted: (Int32) -> Bool) throws(RepositoryError) -> Step? {
        while let next = waiting.popLast() {
            if let since, next.time < since { continue }
            if let number = next.number, let commits = index?.commits {
                for parent in commits.parents(of: number) { try meet(parent, commits) }
                if !isWanted(number) { continue }
            }
            let commit = try stamps.commit(next.id)
            if next.number == nil {
                for parent in commit.parents { try meet(parent) }
            }
            return Step(id: next.id, commit: commit, time: Timestamp(milliseconds: next.time))
        }
        return nil
    }

    /// A commit that the walk met before.
    func commit(_ id: ObjectID) throws(RepositoryError) -> Commit { try stamps.commit(id) }

    private struct Waiting {
        let id: ObjectID
        let time: Int64
        /// A merge of ours has its later parent's time and comes before it.
        let isMerge: Bool
        /// Of a merge: how many of the same time it stands upon.
        let depth: Int
        /// In the index; nil for one that it does not have.
        let number: Int32?

        static func < (left: Waiting, right: Waiting) -> Bool {
            if left.time != right.time { return left.time < right.time }
            if left.isMerge != right.isMerge { return right.isMerge }
            return (left.depth, left.id) < (right.depth, right.id)
        }
    }

    /// Comes by a commit for the first time, or once more.
    private mutating func meet(_ id: ObjectID) throws(RepositoryError) {
        if let index, let number = index.number(id) { return try meet(number, index.commits) }
        guard seen.insert(id).inserted else { return }
        let isMerge = MergeIdentity.made(try stamps.commit(id))
        let time = try stamps.time(of: id).milliseconds
        let depth = isMerge ? try depth(of: id, at: time) : 0
        insert(Waiting(id: id, time: time, isMerge: isMerge, depth: depth, number: nil))
        count += 1
        if count > Limits.historyWalk {
            throw RepositoryError(.io, "list history", object: head, "it is too long")
        }
    }

    /// The same of a commit that the index has; the index holds no more than the limit.
    private mutating func meet(
        _ number: Int32, _ commits: IndexedCommits
    ) throws(RepositoryError) {
        if seenNumbers[Int(number)] { return }
        seenNumbers[Int(number)] = true
        let (time, isMerge) = (commits.time(number), commits.isMerge(number))
        let depth =
            isMerge
            ? try numberDepths.depth(of: number) { merge in
                commits.parents(of: merge).filter {
                    commits.isMerge($0) && commits.time($0) == time
                }
            } : 0
        insert(
            Waiting(
                id: commits.id(number), time: time, isMerge: isMerge, depth: depth,
                number: number))
    }

    private mutating func depth(of merge: ObjectID, at time: Int64) throws(RepositoryError) -> Int {
        try depths.depth(of: merge) { [stamps] merge throws(RepositoryError) in
            var same: [ObjectID] = []
            for parent in try stamps.commit(merge).parents
            where MergeIdentity.made(try stamps.commit(parent)) {
                if try stamps.time(of: parent).milliseconds == time { same.append(parent) }
            }
            return same
        }
    }

    /// Keeps the newest at the end.
    private mutating func insert(_ item: Waiting) {
        var (low, high) = (0, waiting.count)
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle] < item { low = middle + 1 } else { high = middle }
        }
        waiting.insert(item, at: low)
    }
}
