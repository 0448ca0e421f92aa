package import SyncModel

/// A repository in memory with git's own object names: what the simulation runs on.
/// A simulated world runs on one thread at a time, which is what makes the class sendable.
package final class InMemoryRepository: ObjectRepository, @unchecked Sendable {
    private var objects: [ObjectID: StoredObject] = [:]
    /// What was thinned.
    private var thinned: [ObjectID: StoredObject] = [:]
    package private(set) var thinnedBehind: [ObjectID] = []
    private var trees: [ObjectID: Tree] = [:]
    private var commits: [ObjectID: Commit] = [:]
    private var refs: [String: ObjectID] = [:]
    /// Called before each change; throws to simulate a crash or a full disk.
    package var beforeWrite: (() throws(RepositoryError) -> Void)?
    /// How many changes of references still find a lock that a crash left.
    package var lockedTries = 0

    /// An empty repository.
    package init() {}

    /// The repository as it stands, apart from this one: a backup.
    package func copy() -> InMemoryRepository {
        let copy = InMemoryRepository()
        (copy.objects, copy.refs) = (objects, refs)
        (copy.thinned, copy.thinnedBehind) = (thinned, thinnedBehind)
        return copy
    }

    /// A copy with what was thinned: to look at what a history holds.
    package func whole() -> InMemoryRepository {
        let copy = InMemoryRepository()
        copy.refs = refs
        copy.objects = objects.merging(thinned) { here, _ in here }
        return copy
    }

    package func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        guard let object = objects[id] else {
            throw RepositoryError(isThinned(id) ? .thinned : .missing, "read", object: id)
        }
        return object
    }

    /// Takes objects out, as a vault's repository does.
    package func thin(_ ids: Set<ObjectID>, behind boundary: [ObjectID])
        throws(RepositoryError)
    {
        try beforeWrite?()
        for id in ids {
            if let object = objects.removeValue(forKey: id) { thinned[id] = object }
            trees[id] = nil
        }
        thinnedBehind = boundary
    }

    package func isThinned(_ id: ObjectID) -> Bool { thinned[id] != nil && objects[id] == nil }

    package func endThinning() throws(RepositoryError) -> Bool {
        if !thinned.keys.allSatisfy({ objects[$0] != nil }) { return false }
        try beforeWrite?()
        (thinned, thinnedBehind) = ([:], [])
        return true
    }

    package func tree(_ id: ObjectID) throws(RepositoryError) -> Tree {
        if id == Tree.emptyID { return .empty }
        if let known = trees[id] { return known }
        let stored = try object(id)
        do {
            let tree = try Tree(parsing: stored.content)
            trees[id] = tree
            return tree
        } catch { throw RepositoryError(.corrupt, "read tree", object: id, "\(error)") }
    }

    package func commit(_ id: ObjectID) throws(RepositoryError) -> Commit {
        if let known = commits[id] { return known }
        let stored = try object(id)
        guard stored.kind == .commit else {
            throw RepositoryError(.corrupt, "read commit", object: id, "it is a \(stored.kind)")
        }
        do {
            let commit = try Commit(parsing: stored.content)
            commits[id] = commit
            return commit
        } catch { throw RepositoryError(.corrupt, "read commit", object: id, "\(error)") }
    }

    package func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        let object = try object(id)
        return (object.kind, object.content.count)
    }

    package func contains(_ id: ObjectID) -> Bool { objects[id] != nil }

    package func beginPack() throws(RepositoryError) -> any PackSink { Sink(into: self) }

    package func reference(_ name: String) throws(RepositoryError) -> ObjectID? { refs[name] }

    package func references(_ prefix: String) throws(RepositoryError)
        -> [(name: String, id: ObjectID)]
    {
        refs.filter { $0.key.hasPrefix(prefix) }.map { (name: $0.key, id: $0.value) }
            .sorted { $0.name < $1.name }
    }

    package func setReference(_ name: String, to id: ObjectID?, expecting expected: ObjectID?)
        throws(RepositoryError)
    {
        try beforeWrite?()
        if lockedTries > 0 {
            lockedTries -= 1
            throw RepositoryError(.locked, "move \(name)")
        }
        guard refs[name] == expected else { throw RepositoryError(.moved, "move \(name)") }
        refs[name] = id
    }

    package func prepareReference(
        _ name: String, to id: ObjectID, expecting expected: ObjectID?
    ) -> (any PreparedReference)? { nil }

    /// The names of all objects.
    package var names: some Sequence<ObjectID> { objects.keys }

    private final class Sink: PackSink {
        private let repository: InMemoryRepository
        private var added: [ObjectID: StoredObject] = [:]

        init(into repository: InMemoryRepository) { self.repository = repository }

        func add(_ kind: ObjectKind, _ content: [UInt8]) throws(RepositoryError) -> ObjectID {
            let id = ObjectID(hashing: content, as: kind)
            if repository.objects[id] == nil {
                added[id] = StoredObject(kind: kind, content: content)
            }
            return id
        }

        func finish() throws(RepositoryError) {
            if added.isEmpty { return }
            try repository.beforeWrite?()
            repository.objects.merge(added) { old, _ in old }
        }
    }
}
