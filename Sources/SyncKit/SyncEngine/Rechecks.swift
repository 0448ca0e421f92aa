package import SyncModel

/// What apply or capture found that has to be looked at again, by folder. Whoever finds something
/// adds to it, at any moment; a capture takes it, and gives it back when it fails.
package final class Rechecks {
    /// Grows by union alone until a capture takes it.
    private(set) var dirty: [FolderID: DirtyPaths] = [:]
    /// Folders whose ignore rules changed since `takeChangedRules` was last called.
    private var changedRules: Set<FolderID> = []
    /// Folders that stopped since a capture last took what is to be looked at.
    private var stopped: Set<FolderID> = []

    /// Whether there is nothing to look at.
    package var isEmpty: Bool { dirty.isEmpty }

    /// Whether nothing is to be looked at but in folders that stopped just now.
    var areOfStopped: Bool { dirty.keys.allSatisfy(stopped.contains) }

    /// How many paths are named; a scan counts as one.
    var count: Int { dirty.values.reduce(0) { $0 + $1.count } }

    /// Notes that a path has to be looked at again.
    func note(_ path: TreePath, in folder: VaultFolder) {
        dirty[folder.id, default: DirtyPaths()].paths.insert(path)
    }

    /// Notes that a whole folder has to be looked at again.
    func noteAll(of folder: VaultFolder) { dirty[folder.id] = .everything }

    /// Stops a folder in which something failed until the next capture, which looks at all of it.
    /// - Throws: the failure, where it is the process's: files that are open everywhere.
    func stop(_ folder: VaultFolder, for failure: FolderError) throws(FolderError) {
        if failure.code == .tooManyOpenFiles { throw failure }
        folder.stopped = failure
        stopped.insert(folder.id)
        noteAll(of: folder)
    }

    /// Notes that ignore rules changed: what they left out until now may be synced from now on.
    func noteRules(of folder: VaultFolder) {
        changedRules.insert(folder.id)
        noteAll(of: folder)
    }

    /// Gives back what was taken and not done.
    func add(_ more: [FolderID: DirtyPaths]) {
        dirty.merge(more, uniquingKeysWith: DirtyPaths.both)
    }

    /// Takes all of it.
    func take() -> [FolderID: DirtyPaths] {
        defer { (dirty, stopped) = ([:], []) }
        return dirty
    }

    /// The folders whose ignore rules changed since the last call: their watches are set anew.
    package func takeChangedRules() -> Set<FolderID> {
        defer { changedRules = [] }
        return changedRules
    }
}
