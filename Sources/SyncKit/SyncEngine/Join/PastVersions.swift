internal import SyncMerge
internal import SyncModel

/// Where versions of paths once stood in the history behind a commit.
///
/// Only a joining file asks this: one that the state store knows nothing of. A content that the
/// repository does not have costs nothing. The rest is looked up in an index that the state store
/// has of the versions that each commit brought, and then in the commits that the index does not
/// cover, the nearest first, until all is found. Past `Limits.indexedVersions` there is no index.
struct PastVersions {
    let repository: any ObjectRepository
    let store: any StateStore

    /// The fact that names the commit up to which the index is filled.
    private static let fact = "versions up to"

    /// Finds for each path a commit in which it had a version.
    /// - Parameters:
    ///   - wanted: paths of the repository, with the version to find.
    ///   - head: only commits behind it count.
    /// - Returns: only those that were found.
    /// - Throws: `RepositoryError` when a commit of the head's own cannot be read, or something
    ///   was thinned; `StateStoreError`. A commit further back that cannot be read ends that way
    ///   through the history.
    func commits(having wanted: [TreePath: FileVersion], behind head: ObjectID) throws
        -> [TreePath: ObjectID]
    {
        // What was thinned did stand somewhere, and where is told by what was thinned with it.
        if let past = wanted.values.first(where: { repository.isThinned($0.id) }) {
            throw RepositoryError(.thinned, "look for a version", object: past.id)
        }
        let left = wanted.filter { repository.contains($0.value.id) }
        if left.isEmpty { return [:] }
        var found: [TreePath: ObjectID] = [:]
        var isOutdated = false
        let history = History(CommitStamps(reading: repository))
        for (path, version) in left {
            guard let commit = try store.pastVersion(Self.key(path, version)) else { continue }
            if repository.contains(commit), try stands(version, at: path, in: commit),
                try history.isAncestor(commit, of: head)
            {
                found[path] = commit
            } else {
                // What stood in a history that was left behind may stand in this one too.
                isOutdated = true
            }
        }
        let rest = left.filter { found[$0.key] == nil }
        if rest.isEmpty { return found }
        let walked = try walk(from: head, lookingFor: rest, pastIndexed: !isOutdated)
        return found.merging(walked) { indexed, _ in indexed }
    }

    /// Fills the index with what came in since, once it is in use. Of a history that is short it is
    /// made at the first call.
    func follow(_ branch: Branch) throws {
        guard branch.moves >= Limits.indexedMoves, let head = try branch.head() else { return }
        branch.moves = 0
        if try !isFilled {
            let history = History(CommitStamps(reading: repository))
            let most = 10 * Limits.indexedMoves
            if try history.count(from: head, notIn: nil, most: most) >= most { return }
        }
        do { try fill(upTo: head) } catch let error as RepositoryError
            where error.code == .thinned
        {
            // Who asks for a version has it brought back first, and fills the index then.
        }
    }

    /// Brings the index up to a commit, if it holds that much history.
    func fill(upTo head: ObjectID) throws {
        _ = try walk(from: head, lookingFor: nil, pastIndexed: true)
    }

    /// Walks the history until all is found; where it had to go to the end, the index is filled
    /// with what it met.
    /// - Parameters:
    ///   - wanted: nil to go to the end.
    ///   - pastIndexed: whether to leave out what is behind the commit up to which the index is
    ///     filled.
    private func walk(
        from head: ObjectID, lookingFor wanted: [TreePath: FileVersion]?, pastIndexed: Bool
    ) throws -> [TreePath: ObjectID] {
        var walk = VersionWalk(repository, from: head)
        if pastIndexed, let known = try store.fact(Self.fact).flatMap({ ObjectID(hex: $0) }) {
            if known == head { return [:] }
            if repository.contains(known) {
                let stamps = CommitStamps(reading: repository)
                walk.only = Set(try History(stamps).commits(behind: head, notBehind: [known]))
            }
        }
        let most = try Limits.indexedVersions - store.pastVersionCount()
        var versions: [Int64: ObjectID] = [:]
        var found: [TreePath: ObjectID] = [:]
        while let (commit, changes) = try walk.next() {
            for change in changes {
                guard let version = change.after else { continue }
                if found[change.path] == nil, wanted?[change.path] == version {
                    found[change.path] = commit
                }
                if versions.count > most { continue }
                let key = Self.key(change.path, version)
                if versions[key] == nil { versions[key] = commit }
            }
            if found.count == wanted?.count { return found }
        }
        if walk.isCut || versions.count > most { return found }
        try store.addPastVersions(versions)
        try store.setFact(Self.fact, head.hex)
        return found
    }

    /// Whether the index has been asked for, so that it is filled as commits come in.
    var isFilled: Bool { get throws(StateStoreError) { try store.fact(Self.fact) != nil } }

    /// The number of a version at a path; two may share one, so what it finds is looked at.
    private static func key(_ path: TreePath, _ version: FileVersion) -> Int64 {
        let name = ObjectID(hashing: version.id.bytes + path.bytes, as: .blob)
        return name.bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    private func stands(_ version: FileVersion, at path: TreePath, in commit: ObjectID) throws
        -> Bool
    {
        let tree = try repository.commit(commit).tree
        return try TreeDiff.version(at: path, of: tree, reading: repository) == version
    }
}

/// The commits behind a head, the nearest first, each with what it changed against its first
/// parent: every version came in by one.
struct VersionWalk {
    private let repository: any ObjectRepository
    private let head: ObjectID
    private var queue: [ObjectID]
    private var position = 0
    private var seen: Set<ObjectID>
    /// Commits that were read as parents, until they are walked over themselves.
    private var read: [ObjectID: Commit] = [:]
    /// When set, other commits are passed over with all behind them.
    var only: Set<ObjectID>?
    /// Whether the walk ended at `Limits.joinedCommits`, and not at the beginning.
    private(set) var isCut = false

    init(_ repository: any ObjectRepository, from head: ObjectID) {
        self.repository = repository
        self.head = head
        queue = [head]
        seen = [head]
    }

    /// The next commit; nil at the end.
    mutating func next() throws(RepositoryError) -> (commit: ObjectID, changes: [TreeChange])? {
        while position < queue.count {
            if position >= Limits.joinedCommits {
                isCut = true
                return nil
            }
            let id = queue[position]
            position += 1
            if let only, !only.contains(id) { continue }
            guard let commit = try commit(id) else { continue }
            read[id] = nil
            for parent in commit.parents where seen.insert(parent).inserted { queue.append(parent) }
            return (id, try changes(of: commit, at: id))
        }
        return nil
    }

    /// Of history that cannot be read nothing is known; the head has to be readable.
    private mutating func commit(_ id: ObjectID) throws(RepositoryError) -> Commit? {
        if let known = read[id] { return known }
        do {
            let commit = try repository.commit(id)
            read[id] = commit
            return commit
        } catch {
            if id == head { throw error }
            return nil
        }
    }

    private mutating func changes(of commit: Commit, at id: ObjectID) throws(RepositoryError)
        -> [TreeChange]
    {
        var parent: Commit?
        if let first = commit.parents.first { parent = try self.commit(first) }
        do {
            return try TreeDiff.changes(from: parent?.tree, to: commit.tree, reading: repository)
        } catch {
            if error.code == .thinned { throw error }
            // Beside a parent that cannot be read all that the commit has came in by it.
            do {
                return try TreeDiff.changes(from: nil, to: commit.tree, reading: repository)
            } catch {
                if id == head { throw error }
                return []
            }
        }
    }
}
