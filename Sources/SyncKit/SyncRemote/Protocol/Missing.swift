package import SyncModel

/// Which objects a remote lacks that has some commits and all that those lead to.
///
/// A tree or blob is left out where a parent has it at the same path, or when it came before.
/// Both are right only as long as all that the parent leads to is at the remote or in the list,
/// so each commit comes after its parents, in whatever order they were named: commits of one
/// second, or of a clock that ran behind, come in any.
package struct MissingObjects {
    private let reader: any ObjectReader
    private let wanted: Set<ObjectID>
    /// The trees of the wanted commits that are in the list with all they lead to.
    private var roots: [ObjectID: ObjectID] = [:]
    /// Trees and blobs that are in the list with all they lead to.
    private var covered: Set<ObjectID> = []
    private var ids: [ObjectID] = []

    private init(of commits: [ObjectID], reading reader: any ObjectReader) {
        self.reader = reader
        wanted = Set(commits)
    }

    /// Lists the commits, their trees and what differs in those from the trees of all their
    /// parents. What only moved from one directory to another is named once more.
    /// - Parameter commits: all that the remote may lack, in any order; it has their other
    ///   parents with all they lead to.
    /// - Returns: at least what `git rev-list --objects` names for them; each object once.
    /// - Throws: as reading one of the commits or of their trees does.
    package static func ids(of commits: [ObjectID], reading reader: any ObjectReader)
        throws(RepositoryError) -> [ObjectID]
    {
        var missing = Self(of: commits, reading: reader)
        var pending: [ObjectID] = []
        for tip in commits {
            pending.append(tip)
            while let id = pending.last {
                if missing.roots[id] != nil {
                    pending.removeLast()
                    continue
                }
                let commit = try reader.commit(id)
                let first = commit.parents.filter {
                    missing.wanted.contains($0) && missing.roots[$0] == nil
                }
                pending += first
                if first.isEmpty { try missing.add(id, commit) }
            }
        }
        return missing.ids
    }

    /// Adds a commit whose parents are all at the remote or in the list.
    private mutating func add(_ id: ObjectID, _ commit: Commit) throws(RepositoryError) {
        var parents: [ObjectID] = []
        for parent in commit.parents {
            if let root = try root(of: parent) { parents.append(root) }
        }
        try addTree(commit.tree, lacking: parents)
        ids.append(id)
        roots[id] = commit.tree
    }

    private func root(of parent: ObjectID) throws(RepositoryError) -> ObjectID? {
        if let root = roots[parent] { return root }
        return try Self.readable { () throws(RepositoryError) in try reader.commit(parent).tree }
    }

    /// Nil for what an ancestor lacks here or has damaged: less is left out then.
    fileprivate static func readable<Value>(_ read: () throws(RepositoryError) -> Value)
        throws(RepositoryError) -> Value?
    {
        do throws(RepositoryError) { return try read() } catch {
            if [.missing, .thinned, .leftOut, .corrupt].contains(error.code) { return nil }
            throw error
        }
    }

    /// Adds a tree unless one of the trees beside it is the same.
    private mutating func addTree(_ root: ObjectID, lacking others: [ObjectID])
        throws(RepositoryError)
    {
        var pending = [(tree: root, others: others)]
        while let (id, others) = pending.popLast() {
            if others.contains(id) || !covered.insert(id).inserted { continue }
            ids.append(id)
            let known = try known(others)
            for entry in try reader.tree(id).entries where entry.mode != .submodule {
                let beside = known.compactMap { $0[entry.name] }
                if beside.contains(where: { $0.id == entry.id }) { continue }
                if entry.mode == .directory {
                    let trees = beside.filter { $0.mode == .directory }.map(\.id)
                    pending.append((entry.id, trees))
                } else if covered.insert(entry.id).inserted {
                    ids.append(entry.id)
                }
            }
        }
    }

    /// The entries of trees by name. A submodule's commit is in another repository.
    private func known(_ trees: [ObjectID]) throws(RepositoryError) -> [[[UInt8]: TreeEntry]] {
        var known: [[[UInt8]: TreeEntry]] = []
        for id in Set(trees) {
            let tree = try Self.readable { () throws(RepositoryError) in try reader.tree(id) }
            guard let tree else { continue }
            let entries = tree.entries.filter { $0.mode != .submodule }
            known.append(Dictionary(entries.map { ($0.name, $0) }) { first, _ in first })
        }
        return known
    }
}

/// A sample of a history to tell a remote what is here: the nearest commits, and of those
/// behind ever fewer.
struct NamedCommits {
    /// Takes commits from `tips` back, at most `Limits.namedCommits`. What is not named may come
    /// again; nothing more depends on it.
    /// - Parameters:
    ///   - tips: those that are here; the most likely to be known come first. Behind a commit
    ///     behind which not all is here, or which cannot be read, nothing is named.
    ///   - most: commits that are read for it.
    static func sample(
        _ tips: [ObjectID], reading reader: any ObjectReader, most: Int
    ) throws(RepositoryError) -> [ObjectID] {
        let near = 16
        var named: [ObjectID] = []
        let shallow = Set(reader.thinnedBehind)
        var seen = Set(tips)
        var pending = Array(tips.reversed())
        var distance = 0
        var gap = 1
        var untilNext = 1
        var generation: [ObjectID] = []
        var read = 0
        while read < most && named.count < Limits.namedCommits {
            guard let id = pending.popLast() else {
                if generation.isEmpty { break }
                (pending, generation) = (generation.reversed(), [])
                distance += 1
                if distance > near { gap = max(1, distance / near) }
                untilNext = untilNext <= 1 ? gap : untilNext - 1
                continue
            }
            read += 1
            let commit = try MissingObjects.readable { () throws(RepositoryError) in
                try reader.commit(id)
            }
            guard let commit else { continue }
            if untilNext <= 1 || distance <= near { named.append(id) }
            if shallow.contains(id) { continue }
            for parent in commit.parents where seen.insert(parent).inserted {
                if reader.contains(parent) { generation.append(parent) }
            }
        }
        return named
    }
}
