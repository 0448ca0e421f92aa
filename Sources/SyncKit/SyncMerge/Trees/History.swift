internal import HeapModule
package import SyncModel

/// Questions about the commit graph, answered by parents alone. Dates only say in which order
/// commits are looked at: a forged or mistaken one costs time and changes no answer.
package struct History {
    private let stamps: CommitStamps

    /// Reads through `stamps`, which remembers what it read.
    package init(_ stamps: CommitStamps) { self.stamps = stamps }

    /// Whether `ancestor` is reachable from `commit`; a commit is its own ancestor.
    package func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(RepositoryError)
        -> Bool
    {
        try isAncestor(ancestor, ofAny: [commit])
    }

    private func isAncestor(_ ancestor: ObjectID, ofAny commits: [ObjectID])
        throws(RepositoryError) -> Bool
    {
        if commits.contains(ancestor) { return true }
        let marks = try paint(commits, [ancestor]) { $0[ancestor]?.contains(.first) ?? false }
        return marks[ancestor]?.contains(.first) ?? false
    }

    /// The best common ancestors of two commits: those that no other common ancestor descends
    /// from, sorted by name; empty when the histories are unrelated.
    package func mergeBases(_ one: ObjectID, _ other: ObjectID) throws(RepositoryError)
        -> [ObjectID]
    {
        if one == other { return [one] }
        let marks = try paint([one], [other])
        let found = marks.compactMap { $1 == [.first, .second] ? $0 : nil }.sorted()
        // Where dates were wrong one may stand behind another.
        if found.count < 2 || found.count > Limits.foldedBases { return found }
        var best: [ObjectID] = []
        for base in found {
            var isBehind = false
            for other in found where other != base && !isBehind {
                isBehind = try isAncestor(base, of: other)
            }
            if !isBehind { best.append(base) }
        }
        return best
    }

    /// How many commits are reachable from `commit` and not from `other`, counted up to `most`.
    package func count(from commit: ObjectID, notIn other: ObjectID?, most: Int)
        throws(RepositoryError) -> Int
    {
        try commits(behind: commit, notBehind: other, most: most).count
    }

    /// The commits that are reachable from `commit` and not from `other`, parents first; where
    /// they are more than `most`, so many of them.
    package func commits(behind commit: ObjectID, notBehind other: ObjectID?, most: Int)
        throws(RepositoryError) -> ArraySlice<ObjectID>
    {
        let known = other.map { [$0] } ?? []
        let marks = try paint([commit], known) { $0.count > 2 * most }
        // Of so many a walk that ended early tells enough.
        let asked = marks.count > 2 * most ? [] : known
        return try own(commit, asked, marks).prefix(most)
    }

    /// The newest commits that `head` brings and `known` does not reach, the newest first, at most
    /// `Limits.nearHistory` of them.
    package func news(in head: ObjectID, since known: ObjectID) throws(RepositoryError)
        -> [(id: ObjectID, commit: Commit)]
    {
        try commits(behind: head, notBehind: [known]).suffix(Limits.nearHistory).reversed()
            .map { id throws(RepositoryError) in (id, try stamps.commit(id)) }
    }

    /// The commits that are reachable from `head` and from none of `known`, parents before their
    /// children.
    package func commits(behind head: ObjectID, notBehind known: [ObjectID])
        throws(RepositoryError) -> [ObjectID]
    {
        try own(head, known, paint([head], known))
    }

    /// The commits of `head` that are behind none of `known`, parents first. Marks alone may take
    /// a known commit for one of them, where a date is wrong: with `known` each is asked for.
    private func own(_ head: ObjectID, _ known: [ObjectID], _ marks: [ObjectID: Marks])
        throws(RepositoryError) -> [ObjectID]
    {
        var own: [ObjectID] = []
        var seen: Set<ObjectID> = []
        for id in try parentsFirst(from: head, where: { marks[$0] == .first }) {
            // What is made upon a commit that is not known is not known either.
            if !known.isEmpty, try !stamps.commit(id).parents.contains(where: seen.contains) {
                if try isAncestor(id, ofAny: known) { continue }
            }
            own.append(id)
            seen.insert(id)
        }
        return own
    }

    /// Marks what is reachable from either side, until all that is left to look at stands behind
    /// a commit of both.
    /// - Parameter isEnough: asked now and then whether the marks tell enough.
    private func paint(
        _ first: [ObjectID], _ second: [ObjectID],
        until isEnough: ([ObjectID: Marks]) -> Bool = { _ in false }
    ) throws(RepositoryError) -> [ObjectID: Marks] {
        var marks: [ObjectID: Marks] = [:]
        var queue = Heap<Waiting>()
        /// How many of those that wait do not stand behind a commit of both.
        var live = 0
        func add(_ id: ObjectID, _ mark: Marks) throws(RepositoryError) {
            let old = marks[id]
            let new = (old ?? []).union(mark)
            if old == new { return }
            marks[id] = new
            if !new.contains(.below) { live += 1 }
            queue.insert(Waiting(time: try stamps.claim(of: id), id: id, mark: new))
        }
        for id in first { try add(id, .first) }
        for id in second { try add(id, .second) }
        while live > 0, let next = queue.popMax() {
            if !next.mark.contains(.below) { live -= 1 }
            guard let mark = marks[next.id], mark == next.mark else { continue }
            if isEnough(marks) { break }
            let isCommon = mark.isSuperset(of: [.first, .second])
            for parent in try stamps.commit(next.id).parents {
                try add(parent, isCommon ? mark.union(.below) : mark)
            }
            if marks.count > Limits.historyWalk {
                throw RepositoryError(.io, "walk history", object: first.first, "too long")
            }
        }
        return marks
    }

    /// The commits that a walk over parents comes by, each after its parents.
    private func parentsFirst(from head: ObjectID, where isWanted: (ObjectID) -> Bool)
        throws(RepositoryError) -> [ObjectID]
    {
        var found: [ObjectID] = []
        var seen: Set<ObjectID> = []
        var pending = isWanted(head) ? [(id: head, isDone: false)] : []
        while let (id, isDone) = pending.popLast() {
            if isDone {
                found.append(id)
            } else if seen.insert(id).inserted {
                pending.append((id, true))
                for parent in try stamps.commit(id).parents where isWanted(parent) {
                    pending.append((parent, false))
                }
            }
        }
        return found
    }

    /// From which sides a commit was reached, and whether it stands behind one of both.
    private struct Marks: OptionSet {
        let rawValue: UInt8
        static let first = Marks(rawValue: 1)
        static let second = Marks(rawValue: 2)
        static let below = Marks(rawValue: 4)
    }

    /// A commit that waits to be looked at, with the marks that it had when it came to wait.
    private struct Waiting: Comparable {
        let time: Timestamp
        let id: ObjectID
        let mark: Marks

        static func < (left: Waiting, right: Waiting) -> Bool {
            (left.time, left.id) < (right.time, right.id)
        }

        static func == (left: Waiting, right: Waiting) -> Bool {
            left.time == right.time && left.id == right.id
        }
    }
}
