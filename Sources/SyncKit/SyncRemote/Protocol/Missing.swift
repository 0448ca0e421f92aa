internal import SyncModel

/// Which objects of some commits a remote lacks that has the commits' parents.
struct MissingObjects {
    private let reader: any ObjectReader
    private var seen: Set<ObjectID> = []
    private(set) var ids: [ObjectID] = []

    init(reading reader: any ObjectReader) { self.reader = reader }

    /// Adds a commit, its tree and what differs in it from the trees of all its parents. What
    /// only moved from one directory to another is added once more.
    mutating func add(_ id: ObjectID) throws(RepositoryError) {
        guard seen.insert(id).inserted else { return }
        ids.append(id)
        let commit = try reader.commit(id)
        var parents: [ObjectID] = []
        for parent in commit.parents { parents.append(try reader.commit(parent).tree) }
        try addTree(commit.tree, lacking: parents)
    }

    /// Adds a tree unless one of the trees beside it is the same.
    private mutating func addTree(_ root: ObjectID, lacking others: [ObjectID])
        throws(RepositoryError)
    {
        var pending = [(tree: root, others: others)]
        while let (id, others) = pending.popLast() {
            if others.contains(id) || !seen.insert(id).inserted { continue }
            // The tree without entries need not be stored anywhere.
            if id == Tree.emptyID && !reader.contains(id) { continue }
            ids.append(id)
            var known: [[[UInt8]: TreeEntry]] = []
            for other in others {
                let entries = try reader.tree(other).entries
                known.append(Dictionary(entries.map { ($0.name, $0) }) { first, _ in first })
            }
            for entry in try reader.tree(id).entries where entry.mode != .submodule {
                let beside = known.compactMap { $0[entry.name] }
                if beside.contains(where: { $0.id == entry.id }) { continue }
                if entry.mode == .directory {
                    let trees = beside.filter { $0.mode == .directory }.map(\.id)
                    pending.append((entry.id, trees))
                } else if seen.insert(entry.id).inserted {
                    ids.append(entry.id)
                }
            }
        }
    }
}

/// A sample of a history to tell a remote what is here: the nearest commits, and of those
/// behind ever fewer.
struct NamedCommits {
    /// Takes commits from `tips` back, at most `Limits.namedCommits`.
    /// - Parameter tips: those that are here; the most likely to be known come first.
    static func sample(_ tips: [ObjectID], reading reader: any ObjectReader)
        throws(RepositoryError) -> [ObjectID]
    {
        let near = 16
        var named: [ObjectID] = []
        var seen = Set(tips)
        var pending = Array(tips.reversed())
        var distance = 0
        var gap = 1
        var untilNext = 1
        var generation: [ObjectID] = []
        while distance < Limits.historyWalk && named.count < Limits.namedCommits {
            guard let id = pending.popLast() else {
                if generation.isEmpty { break }
                (pending, generation) = (generation.reversed(), [])
                distance += 1
                if distance > near { gap = max(1, distance / near) }
                untilNext = untilNext <= 1 ? gap : untilNext - 1
                continue
            }
            if untilNext <= 1 || distance <= near { named.append(id) }
            for parent in try reader.commit(id).parents where seen.insert(parent).inserted {
                if reader.contains(parent) { generation.append(parent) }
            }
        }
        return named
    }
}
