internal import SyncModel

/// What of a folder's dirty paths was read, before it is decided which deletions go on.
struct FolderReading {
    let folder: VaultFolder
    let dirty: DirtyPaths
    let bases: FolderBases
    /// Files and directories that could not be looked at.
    let unread: [TreePath]
    /// Whether a file may have been renamed and edited.
    let mayBeRenamed: Bool
    /// Files that came or changed.
    private(set) var files: [Captured]
    /// Directories in which nothing stands any more, or that came empty.
    private(set) var directories: [Captured]
    private(set) var deletions: [Captured]

    init(
        _ folder: VaultFolder, _ dirty: DirtyPaths, _ bases: FolderBases, unread: [TreePath],
        files: [Captured], mayBeRenamed: Bool, directories: [Captured], deletions: [Captured]
    ) {
        (self.folder, self.dirty, self.bases, self.unread) = (folder, dirty, bases, unread)
        (self.files, self.mayBeRenamed) = (files, mayBeRenamed)
        (self.directories, self.deletions) = (directories, deletions)
    }

    /// The files that came.
    var came: [Arrival] {
        files.compactMap { file in
            guard file.change.before == nil, let content = file.change.after?.id else { return nil }
            return Arrival(folder: folder.id, path: file.local, content: content)
        }
    }

    /// What was held before and is not decided anew: of a whole folder all is.
    var heldBefore: Set<TreePath> { dirty.all ? [] : folder.quarantinedDeletions }

    /// Holds deletions back where they are too many, with those that were held before: what is held
    /// stays so however few of it are looked at again, or left: somebody who brings some back has
    /// not said that the rest may go. Those that went out a moment ago count, too.
    /// - Parameters:
    ///   - now: when they are captured.
    ///   - isMoved: whether the file came elsewhere, in whatever folder: a rename.
    ///   - isDeleted: whether the head has a file no more.
    mutating func holdDeletions(
        past limit: DeletionLimit, at now: Timestamp, _ store: any StateStore,
        unless isMoved: (ObjectID) throws -> Bool, or isDeleted: (Captured) throws -> Bool
    ) throws {
        let unseen = folder.quarantinedDeletions.filter { !wasSeen($0) }
        let gone = try deletions.filter { deletion in
            guard let before = deletion.change.before else { return false }
            if try isDeleted(deletion) { return false }
            return try before.isDirectory || !isMoved(before.id)
        }
        let count = gone.count { !($0.change.before?.isDirectory ?? true) }
        let recent = folder.recentDeletions.count(at: now)
        let most = try folder.mostHeld(store)
        let together = max(count + unseen.count + recent, most.count)
        let total = min(try store.count(folder.id) + recent, most.total ?? .max)
        let isMany = limit.isPassed(by: together, of: total)
        // Where something came to stand below, nothing is only gone.
        let filled = Set(files.lazy.flatMap(\.local.ancestors))
        let before = heldBefore
        let held = Set(gone.map(\.local)).subtracting(filled).filter {
            isMany || before.contains($0)
        }
        deletions.removeAll { held.contains($0.local) }
        folder.recentDeletions.underWay = gone.count {
            !held.contains($0.local) && !($0.change.before?.isDirectory ?? true)
        }
        try folder.hold(held.union(unseen), store)
        if isMany { try folder.note(held: together, of: total, store) }
        // Nor are the directories empty that they left so, or is a file there in place of one.
        let left = Set(folder.quarantinedDeletions.lazy.flatMap(\.ancestors))
        directories.removeAll { left.contains($0.local) }
        files.removeAll { left.contains($0.local) }
    }

    /// Whether a path was looked at, so that it is known what stands there.
    private func wasSeen(_ path: TreePath) -> Bool {
        if unread.contains(where: { path.isAtOrBelow($0) }) { return false }
        return dirty.all
            || ([path] + path.ancestors).contains {
                dirty.paths.contains($0) || dirty.directories.contains($0)
            }
    }
}
