internal import SyncMerge
package import SyncModel

/// Files that the state store knows nothing of although the vault may: of a device that joins, of a
/// folder that was left out for a while, of a home that came back from a backup. A version that
/// the path's history has is that version, and moves forward; anything else is an addition.
extension Vault {
    /// Decides about those of a folder's captured files that join.
    /// - Parameters:
    ///   - files: what was captured, deletions left out.
    ///   - bases: which of the paths wait for a newer version.
    /// - Returns: the files that are captured all the same, those of known versions with the
    ///   commit that has them.
    func join(
        _ index: Int, _ files: [Captured], _ bases: FolderBases, _ options: CaptureOptions
    ) throws -> [Captured] {
        let folder = folders[index]
        guard let head = try head() else { return files }
        let tree = try tree(of: head)
        var wanted: [TreePath: FileVersion] = [:]
        for file in files {
            guard let version = file.change.after, file.change.before == nil,
                try isJoining(file, bases, at: head, tree)
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
        return try decide(deleted, of: files, folder, options)
    }

    /// Whether nothing tells what a file's writer saw, so that its history is asked.
    private func isJoining(
        _ file: Captured, _ bases: FolderBases, at head: ObjectID, _ tree: ObjectID?
    ) throws -> Bool {
        if file.base == nil || appliedReference.recalled != nil { return true }
        if bases.deferred.contains(file.local) { return true }
        if file.base == head { return false }
        return try TreeDiff.version(at: file.change.path, of: tree, reading: repository) != nil
    }

    /// Files that stand here as they were, and were deleted since. Where this device had taken
    /// part they go, unless they are too many to go unasked; else they are added again, and the
    /// user is told.
    private func decide(
        _ deleted: [Captured], of files: [Captured], _ folder: VaultFolder,
        _ options: CaptureOptions
    ) throws -> [Captured] {
        if deleted.isEmpty { return files }
        if try !tookPart(folder) || folder.keepsDeleted {
            for file in deleted { file.containedIn = nil }
            let name = folder.id?.description ?? "the folder"
            joinNotices[folder.id] =
                "\(deleted.count) files of \(name) had been deleted from the vault before and "
                + "are added again, \(deleted[0].change.path) for one"
            return files
        }
        let isMany =
            deleted.count > Limits.deletesUnasked
            && deleted.count * 100 > files.count * maxDeletesPercent
        if options.acceptDeletes || !isMany { return files }
        for file in deleted.prefix(Limits.listedPaths) {
            try quarantine(folder, file.local, .massDeletion)
        }
        folder.quarantinedDeletions += deleted.count
        let quarantined = Set(deleted.map(\.local))
        return files.filter { !quarantined.contains($0.local) }
    }

    /// Whether this device synced the folder before: the state store knows it, or, when that is
    /// lost, the device's own reference.
    private func tookPart(_ folder: VaultFolder) throws -> Bool {
        if try store.applied(folder.id) != nil || knownFolders.contains(folder.id) { return true }
        guard appliedReference.isRecalled else { return false }
        return try appliedReference.commit() != nil
            || tracker.seen?.devices[identity.device] != nil
    }

    /// Finds files that were edited right after an apply which was cut short had put them there,
    /// before the state store learnt of them: they are edits of that apply's version. One that
    /// shares less with it is the user's own; one that shares no more with it than with the version
    /// that the state store knows is an edit of that.
    func findCutShortBases(of files: [Captured], in folder: VaultFolder) throws {
        if folder.interrupted.isEmpty { return }
        for file in files where file.containedIn == nil {
            let before = file.change.before
            guard let content = file.content, folder.mayBeApplied(file.local) else { continue }
            let brought = try folder.interrupted.reversed().map { commit in
                let tree = try tree(of: commit)
                return (
                    commit,
                    try TreeDiff.version(at: file.change.path, of: tree, reading: repository)
                )
            }
            // Exactly what one of them brought is no edit, however much another one shares with it.
            if brought.contains(where: { $0.1 == file.change.after }) { continue }
            for (commit, version) in brought {
                guard let version, version.mode.isFile,
                    try repository.header(version.id).size <= Limits.documentSize,
                    try EditedRename.isMade(
                        content, from: repository.blob(version.id),
                        ratherThan: before.map { try repository.blob($0.id) })
                else { continue }
                file.base = commit
                break
            }
        }
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
            guard let applied = try store.applied(folder.id) else {
                if appliedReference.recalled == nil { return true }
                continue
            }
            if !repository.contains(applied) { return true }
        }
        return false
    }
}
