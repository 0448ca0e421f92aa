internal import SyncMerge
internal import SyncModel

/// The commit whose version stands at each path of a folder: the one that the folder holds, but
/// for paths whose newer version waits. What stands above or below such a path cannot be newer
/// than it: a file that takes a directory's place takes the place of every file in it.
struct FolderBases {
    private let applied: ObjectID?
    private let exceptions: [TreePath: ObjectID]
    /// The bases of what waits below a directory.
    private let below: [TreePath: Set<ObjectID>]
    private let repository: any ObjectRepository

    /// - Parameter lost: what a folder without a state store is known to have held once.
    init(
        _ folder: VaultFolder, _ store: any StateStore, lost: ObjectID?,
        in repository: any ObjectRepository
    ) throws(StateStoreError) {
        applied = try store.applied(folder.id) ?? lost
        self.repository = repository
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

    /// All commits of which some version stands in the folder.
    var commits: Set<ObjectID> {
        Set(exceptions.values).union(applied.map { [$0] } ?? []).subtracting([.zero])
    }

    /// The commit whose version stands at a path.
    /// - Returns: nil when the folder held nothing there before any commit was applied, or when
    ///   what waits around the path was made upon commits that share nothing.
    /// - Throws: `RepositoryError` when the history behind several such commits cannot be read.
    func base(of path: TreePath) throws(RepositoryError) -> ObjectID? {
        if exceptions.isEmpty { return applied }
        var bases = below[path] ?? []
        if let own = exceptions[path] {
            bases.insert(own)
        } else if let above = path.ancestors.lazy.compactMap({ exceptions[$0] }).first {
            bases.insert(above)
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
