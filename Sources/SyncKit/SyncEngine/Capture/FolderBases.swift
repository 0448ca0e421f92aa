internal import SyncMerge
internal import SyncModel

/// The commit whose version stands at each path of a folder: the one that the folder holds, but
/// for paths whose newer version waits. What stands above or below such a path cannot be newer
/// than it: a file that takes a directory's place takes the place of every file in it. The same
/// holds around what this device leaves out, which is looked up where it is asked for alone: it may
/// be most of the vault.
struct FolderBases {
    private let folder: FolderID
    private let store: any StateStore
    private let applied: ObjectID?
    private let exceptions: [TreePath: ObjectID]
    /// The bases of what waits below a directory.
    private let below: [TreePath: Set<ObjectID>]
    /// The bases of what is parked.
    private let parked: Set<ObjectID>
    private let repository: any ObjectRepository

    /// - Parameter lost: what a folder without a state store is known to have held once.
    init(
        _ folder: VaultFolder, _ store: any StateStore, lost: ObjectID?,
        in repository: any ObjectRepository
    ) throws(StateStoreError) {
        (self.folder, self.store, self.repository) = (folder.id, store, repository)
        applied = try store.applied(folder.id) ?? lost
        parked = try store.parkedBases(folder.id, below: nil)
        var exceptions: [TreePath: ObjectID] = [:]
        var below: [TreePath: Set<ObjectID>] = [:]
        for waiting in try store.deferred(folder.id) {
            exceptions[waiting.path] = waiting.base
            for directory in waiting.path.ancestors {
                below[directory, default: []].insert(waiting.base)
            }
        }
        self.exceptions = exceptions
        self.below = below
    }

    /// The paths whose newer version waits to be applied.
    var deferred: Set<TreePath> { Set(exceptions.keys) }

    /// Whether a path is noted to have another version than the applied commit's.
    func isNoted(_ path: TreePath) throws(StateStoreError) -> Bool { try note(at: path) != nil }

    private func note(at path: TreePath) throws(StateStoreError) -> ObjectID? {
        if let base = exceptions[path] { return base }
        return parked.isEmpty ? nil : try store.parkedBase(folder, at: path)
    }

    /// All commits of which some version stands in the folder.
    var commits: Set<ObjectID> {
        parked.union(exceptions.values).union(applied.map { [$0] } ?? []).subtracting([.zero])
    }

    /// The commit whose version stands at a path.
    /// - Returns: nil when the folder held nothing there before any commit was applied, or when
    ///   what waits around the path was made upon commits that share nothing.
    /// - Throws: `RepositoryError` when the history behind several such commits cannot be read;
    ///   `StateStoreError`.
    func base(of path: TreePath) throws -> ObjectID? {
        if exceptions.isEmpty && parked.isEmpty { return applied }
        var bases = below[path] ?? []
        if !parked.isEmpty { bases.formUnion(try store.parkedBases(folder, below: path)) }
        for place in [path] + path.ancestors {
            guard let base = try note(at: place) else { continue }
            bases.insert(base)
            break
        }
        guard let any = bases.first else { return applied }
        if bases.contains(.zero) { return nil }
        return bases.count == 1 ? any : try common(bases)
    }

    /// The nearest commit behind all of some: what it has, the writer saw or something later.
    private func common(_ bases: Set<ObjectID>) throws(RepositoryError) -> ObjectID? {
        let history = History(CommitStamps(reading: repository))
        var common: ObjectID?
        for base in bases.sorted() {
            guard let known = common else {
                common = base
                continue
            }
            guard let next = try history.mergeBases(known, base).first else { return nil }
            common = next
        }
        return common
    }
}
