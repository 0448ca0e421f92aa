package import SyncModel

/// Questions about the commit graph. Every commit ranks above its ancestors, so a walk from the
/// highest rank down never looks behind what it searches for.
package struct History {
    private let stamps: CommitStamps

    /// Reads through `stamps`, which remembers what it read.
    package init(_ stamps: CommitStamps) { self.stamps = stamps }

    /// Whether `ancestor` is reachable from `commit`; a commit is its own ancestor.
    package func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(RepositoryError)
        -> Bool
    {
        let floor = try stamps.rank(of: ancestor)
        var seen: Set<ObjectID> = [commit]
        var pending = [commit]
        while let id = pending.popLast() {
            if id == ancestor { return true }
            if try stamps.rank(of: id) <= floor { continue }
            for parent in try stamps.commit(id).parents where seen.insert(parent).inserted {
                pending.append(parent)
            }
            if seen.count > Limits.historyWalk {
                throw RepositoryError(.io, "walk history", object: commit, "too long")
            }
        }
        return false
    }

    /// The best common ancestors of two commits: those that no other common ancestor descends
    /// from, sorted by name; empty when the histories are unrelated.
    package func mergeBases(_ one: ObjectID, _ other: ObjectID) throws(RepositoryError)
        -> [ObjectID]
    {
        var marks: [ObjectID: Marks] = [one: .first]
        marks[other, default: []].insert(.second)
        var queue = RankedQueue()
        for id in Set([one, other]) { queue.insert(id, try stamps.rank(of: id)) }
        var found: [ObjectID] = []
        // What is left in the queue is of use only while one of it is not below a result.
        while queue.contains(where: { marks[$0]?.contains(.below) != true }),
            let id = queue.popHighest()
        {
            var mark = marks[id] ?? []
            if mark.isSuperset(of: [.first, .second]) && !mark.contains(.below) {
                found.append(id)
                mark.insert(.below)
            }
            for parent in try stamps.commit(id).parents {
                let known = marks[parent]
                marks[parent] = (known ?? []).union(mark)
                if known == nil { queue.insert(parent, try stamps.rank(of: parent)) }
            }
            if marks.count > Limits.historyWalk {
                throw RepositoryError(.io, "find a merge base", object: one, "history too long")
            }
        }
        return found.sorted()
    }

    /// How many commits are reachable from `commit` and not from `other`, counted up to `most`.
    package func count(from commit: ObjectID, notIn other: ObjectID?, most: Int)
        throws(RepositoryError) -> Int
    {
        var seen: Set<ObjectID> = [commit]
        var pending = [commit]
        var count = 0
        while let id = pending.popLast(), count < most {
            if let other, try isAncestor(id, of: other) { continue }
            count += 1
            for parent in try stamps.commit(id).parents where seen.insert(parent).inserted {
                pending.append(parent)
            }
        }
        return count
    }

    /// The commits that are reachable from `head` and from none of `known`, parents before their
    /// children. A stamp that somebody forged may bring a known commit in, and leaves none out.
    package func commits(behind head: ObjectID, notBehind known: [ObjectID])
        throws(RepositoryError) -> [ObjectID]
    {
        var isKnown = [head: false]
        for id in known { isKnown[id] = true }
        var queue = RankedQueue()
        for id in isKnown.keys { queue.insert(id, try stamps.rank(of: id)) }
        while queue.contains(where: { isKnown[$0] == false }), let id = queue.popHighest() {
            let mark = isKnown[id] ?? false
            for parent in try stamps.commit(id).parents {
                let before = isKnown[parent]
                if before == true || before == mark { continue }
                isKnown[parent] = mark
                if !queue.contains(where: { $0 == parent }) {
                    queue.insert(parent, try stamps.rank(of: parent))
                }
            }
            if isKnown.count > Limits.historyWalk {
                throw RepositoryError(.io, "walk history", object: head, "too long")
            }
        }
        return try parentsFirst(from: head) { isKnown[$0] == false }
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

    /// From which sides a commit was reached, and whether a result stands above it.
    private struct Marks: OptionSet {
        let rawValue: UInt8
        static let first = Marks(rawValue: 1)
        static let second = Marks(rawValue: 2)
        static let below = Marks(rawValue: 4)
    }
}

/// Commits waiting to be looked at, the highest rank first.
private struct RankedQueue {
    private var sorted: [(id: ObjectID, rank: CommitStamps.Rank)] = []

    mutating func insert(_ id: ObjectID, _ rank: CommitStamps.Rank) {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if (sorted[middle].rank, sorted[middle].id) < (rank, id) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        sorted.insert((id, rank), at: low)
    }

    mutating func popHighest() -> ObjectID? { sorted.popLast()?.id }

    func contains(where matches: (ObjectID) -> Bool) -> Bool {
        sorted.contains { matches($0.id) }
    }
}
