internal import SyncModel

/// Directories in which nothing stands. Such a directory has a row of its own, as a file has: it
/// comes when the directory is empty, or was emptied of all that is synced, and goes when
/// something comes to stand in it, or the directory goes. Files that no rule lets in neither make
/// a directory nor keep one from being empty.
extension Examination {
    /// A directory on the way of a scan.
    struct Visit {
        let path: TreePath
        let stat: FileStat
        /// What the state store says stands at its path.
        let row: TrackedFile?
    }

    /// Notes what a scan found in a directory.
    /// - Parameters:
    ///   - isFilled: something that is synced stands in it.
    ///   - isBare: nothing at all stands in it.
    ///   - wasFilled: something that is synced stood in it.
    mutating func note(_ visit: Visit, isFilled: Bool, isBare: Bool, wasFilled: Bool) {
        lookedInto.insert(visit.path)
        let isKnown = visit.row?.version.isDirectory ?? false
        if let row = visit.row, !isKnown || isFilled { findings.deleted.append(row) }
        if isFilled || isKnown || !(isBare || wasFilled) { return }
        findings.emptied.append((visit.path, visit.stat, wasFilled))
    }

    /// Something that the state store did not know stands at a path: no directory above is empty.
    mutating func noteFilled(above path: TreePath) throws(StateStoreError) {
        for directory in path.ancestors where lookedInto.insert(directory).inserted {
            if let row = try store.file(folder.id, directory), row.version.isDirectory {
                findings.deleted.append(row)
            }
        }
    }

    /// Something left a directory, which may be empty now, or gone itself.
    mutating func noteLeft(_ left: TreePath, wasSynced: Bool) throws {
        for directory in [left] + left.ancestors {
            guard !covered.contains(directory), lookedInto.insert(directory).inserted,
                folder.isInScope(directory, isDirectory: true)
            else { return }
            let row = try store.file(folder.id, directory)
            do {
                guard let stat = try folder.access.stat(directory) else {
                    if let row, row.version.isDirectory { findings.deleted.append(row) }
                    continue
                }
                guard stat.kind == .directory, try isWatched(directory),
                    !TreeName.isRefused(Array(directory.name), as: .directory)
                else { return }
                let (isFilled, isBare) = try look(into: directory)
                return note(
                    Visit(path: directory, stat: stat, row: row), isFilled: isFilled,
                    isBare: isBare, wasFilled: wasSynced)
            } catch let error as FolderError {
                // What goes in this moment is told of by an event of its own.
                if error.code == .notFound { return }
                return try quarantine(directory, error)
            }
        }
    }

    /// Whether something that is synced stands in a directory, and whether nothing at all does. A
    /// few entries tell in most.
    private func look(into directory: TreePath) throws -> (isFilled: Bool, isBare: Bool) {
        let few = try folder.access.list(directory, atMost: Limits.tellingEntries)
        if few.isEmpty { return (false, true) }
        if try few.contains(where: { try isSynced($0, in: directory) }) { return (true, false) }
        if few.count < Limits.tellingEntries { return (false, false) }
        let all = try folder.access.list(directory)
        return (try all.contains { try isSynced($0, in: directory) }, false)
    }

    private func isSynced(_ entry: FolderEntry, in directory: TreePath) throws -> Bool {
        if entry.failure != nil { return true }
        let isDirectory = entry.stat.kind == .directory
        guard let path = directory.appending(entry.name),
            folder.isInScope(path, isDirectory: isDirectory)
        else { return false }
        switch entry.stat.kind {
        case .directory: return try isWatched(path)
        case .special: return false
        case .file, .symbolicLink:
            if tracked.contains(path) { return true }
            if try store.file(folder.id, path) != nil { return true }
            return try !folder.ignore.directory(directory).isIgnored(path, isDirectory: false)
        }
    }
}
