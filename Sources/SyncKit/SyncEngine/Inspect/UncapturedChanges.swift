internal import SyncModel

/// What a folder holds that nobody captured yet.
struct UncapturedChanges {
    let store: any StateStore

    /// The paths of a folder that differ from the state store. Contents are read only where the
    /// stat does not tell. A directory that is empty, or is so no more, because of another of them
    /// does not count.
    /// - Parameter dirty: what is looked at.
    func paths(_ dirty: DirtyPaths = .everything, in folder: VaultFolder) throws -> Set<TreePath> {
        let findings = try Examination.examine(dirty, of: folder, store: store, tracked: [])
        let held = try folder.quarantined(store)
        var changed = Set(findings.deleted.lazy.filter { !$0.version.isDirectory }.map(\.path))
        for (path, row) in findings.toRead {
            let isNew = row == nil && held[path] == nil
            if try isNew || isEdited(path, row, in: folder, isHeld: held[path] != nil) {
                changed.insert(path)
            }
        }
        let above = Set(changed.lazy.flatMap(\.ancestors))
        changed.formUnion(findings.emptied.map(\.path))
        changed.formUnion(findings.deleted.map(\.path))
        // What a hook holds back does not wait for a capture alone.
        let waiting = held.filter { $0.value == .hook }.keys
        changed.subtract(waiting)
        // Nor do the directories that such files left.
        changed.subtract(waiting.lazy.flatMap(\.ancestors))
        return changed.subtracting(above)
    }

    /// Why what stands at a path, after it was captured, is still another than the state store
    /// says; nil where it is not.
    func words(at path: TreePath, in folder: VaultFolder) throws -> String? {
        let row = try store.file(folder.id, path)
        let isHeld = try folder.quarantined(store)[path] == .hook
        do throws(FolderError) {
            guard let stat = try folder.access.stat(path), stat.kind != .directory,
                try !folder.access.read(path).isVersion(row?.version)
            else { return nil }
            return isHeld ? "is held back (hook)" : "changes just now"
        } catch {
            if error.code == .notFound { return nil }
            guard let reason = error.code.reason else { throw error }
            return "is held back (\(reason.rawValue))"
        }
    }

    /// Whether a file's content is another than the state store says; one that cannot be read
    /// counts, where it is not held back.
    private func isEdited(
        _ path: TreePath, _ row: TrackedFile?, in folder: VaultFolder, isHeld: Bool
    ) throws(FolderError) -> Bool {
        do { return try !folder.access.read(path).isVersion(row?.version) } catch {
            // What a running daemon would hold back, and not count.
            if [.inUse, .refused].contains(error.code) { return false }
            if error.path != nil { return !isHeld }
            throw error
        }
    }
}
