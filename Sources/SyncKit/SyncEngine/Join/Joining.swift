internal import SyncMerge
internal import SyncModel

/// Files that the state store knows nothing of although the vault may: of a device that joins, of a
/// folder that was left out for a while, of a home that came back from a backup. A version that
/// the path's history has is that version, and moves forward; anything else is an addition.
package final class Joining {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let folders: [VaultFolder]
    private let branch: Branch
    private let appliedReference: AppliedReference
    private let tracker: RemoteTracker
    private let limit: DeletionLimit
    private let device: String
    /// The folders that this device synced when the vault was last opened.
    private var knownFolders: Set<FolderID> = []
    /// What a join did that a user would not expect, by folder.
    private(set) var notices: [FolderID: String] = [:]

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, folders: [VaultFolder],
        branch: Branch, applied: AppliedReference, tracker: RemoteTracker, limit: DeletionLimit,
        device: String
    ) {
        (self.repository, self.store, self.folders) = (repository, store, folders)
        (self.branch, appliedReference, self.tracker) = (branch, applied, tracker)
        (self.limit, self.device) = (limit, device)
    }

    /// Compares what the configuration covers with what it covered before, and notes it.
    /// - Throws: `StateStoreError`, `RepositoryError`; it is done again at the next opening then.
    package func noteScope() throws {
        knownFolders = try ScopeChange(repository: repository, store: store, branch: branch)
            .note(folders)
    }

    /// Decides about those of a folder's captured files that join.
    /// - Parameters:
    ///   - files: what was captured, deletions left out.
    ///   - bases: which of the paths wait for a newer version.
    ///   - held: where a deletion was held before, and stays so.
    ///   - quarantined: where one was held before, whether or not it is decided anew.
    /// - Returns: the files that are captured all the same, those of known versions with the
    ///   commit that has them.
    func join(
        _ files: [Captured], of folder: VaultFolder, _ bases: FolderBases,
        held: Set<TreePath>, quarantined: Set<TreePath>, options: CaptureOptions
    ) throws -> [Captured] {
        guard let head = try branch.head() else { return files }
        let tree = try repository.tree(of: head)
        var wanted: [TreePath: FileVersion] = [:]
        for file in files {
            guard let version = file.change.after, file.change.before == nil,
                try folder.addsAgain != .none || quarantined.contains(file.local)
                    || isJoining(file, bases, at: head, tree)
            else { continue }
            wanted[file.change.path] = version
        }
        if wanted.isEmpty { return files }
        let past = try PastVersions(repository: repository, store: store)
            .commits(having: wanted, behind: head)
        if past.isEmpty { return files }
        var deleted: [Captured] = []
        for file in files {
            guard let commit = past[file.change.path] else { continue }
            file.containedIn = commit
            if try TreeDiff.version(at: file.change.path, of: tree, reading: repository) == nil {
                deleted.append(file)
            }
        }
        return try decide(deleted, of: files, folder, bases, held: held, options: options)
    }

    /// Whether nothing tells what a file's writer saw, so that its history is asked.
    private func isJoining(
        _ file: Captured, _ bases: FolderBases, at head: ObjectID, _ tree: ObjectID?
    ) throws -> Bool {
        guard let base = file.base, appliedReference.recalled == nil else { return true }
        if try bases.isNoted(file.local) {
            // Upon a version that has no such file it is a new one.
            let seen = try repository.tree(of: base)
            return try TreeDiff.version(at: file.change.path, of: seen, reading: repository) != nil
        }
        if base == head { return false }
        return try TreeDiff.version(at: file.change.path, of: tree, reading: repository) != nil
    }

    /// Files that stand here as they were, and were deleted since. Where this device had taken
    /// part they go, unless they are too many to go unasked; else they are added again, and the
    /// user is told.
    private func decide(
        _ deleted: [Captured], of files: [Captured], _ folder: VaultFolder, _ bases: FolderBases,
        held: Set<TreePath>, options: CaptureOptions
    ) throws -> [Captured] {
        if deleted.isEmpty { return files }
        let again = try tookPart(folder) ? folder.addsAgain : .all
        let added = try deleted.filter {
            try again == .all || again == .unknown && !bases.isNoted($0.local)
        }
        if let first = added.first {
            for file in added { file.containedIn = nil }
            let name = folder.id?.description ?? "the folder"
            notices[folder.id] =
                "\(added.count) files of \(name) had been deleted from the vault before and "
                + "are added again, \(first.change.path) for one"
        }
        let gone = Set(deleted.map(\.local)).subtracting(added.map(\.local))
        let isMany = limit.isPassed(by: gone.count, of: files.count)
        if gone.isEmpty || options.acceptDeletes { return files }
        let quarantined = gone.filter { isMany || held.contains($0) }
        try folder.hold(folder.quarantinedDeletions.union(quarantined), store)
        return files.filter { !quarantined.contains($0.local) }
    }

    /// Whether this device synced the folder before: the state store knows it, or, when that is
    /// lost, the device's own reference.
    func tookPart(_ folder: VaultFolder) throws -> Bool {
        if try store.applied(folder.id) != nil || knownFolders.contains(folder.id) { return true }
        guard appliedReference.isRecalled else { return false }
        return try appliedReference.commit() != nil
            || tracker.seen?.devices[device] != nil
    }

    /// Whether the vault knows nothing of what some folder holds.
    func isJoining() throws -> Bool {
        try folders.contains { try store.applied($0.id) == nil }
    }

    /// Whether a capture has to wait until the remote was asked once: only the history tells
    /// what a joining file is, and what the state store names may have to come from there.
    func waitsForRemote() throws -> Bool {
        if tracker.link == nil || tracker.wasAsked { return false }
        for folder in folders {
            guard let applied = try store.applied(folder.id) else { return true }
            if !repository.contains(applied) { return true }
        }
        return false
    }
}
