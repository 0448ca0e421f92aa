internal import SyncModel

/// What to look at in a folder before versions come to some places of it, so that what stands
/// there now is in the history first. What stands elsewhere is none of their business.
struct RequestedPlaces {
    /// Of the repository: each with all below it.
    let places: [TreePath]
    let store: any StateStore

    /// What to capture: everything of a folder that was never captured, since nothing is known of
    /// what stands in it.
    func dirty(in folder: VaultFolder) throws(StateStoreError) -> DirtyPaths {
        if try store.applied(folder.id) == nil { return .everything }
        var dirty = DirtyPaths()
        for place in places {
            if let id = folder.id, id.isAtOrBelow(place) { return .everything }
            guard let local = folder.belowRoot(place) else { continue }
            dirty.paths.insert(standing(at: local, in: folder))
        }
        return dirty
    }

    /// Has the files that are named read, whatever their stat says: bytes that a disk changed by
    /// itself leave no mark, and who wants those of before gets them. What is below a directory is
    /// taken by its stat.
    func doubt(in folder: VaultFolder) throws(StateStoreError) {
        var changes: [StateChange] = []
        for place in places {
            guard let local = folder.belowRoot(place),
                let row = try store.file(folder.id, local), !row.version.isDirectory
            else { continue }
            changes.append(.put(row.unchecked))
        }
        if !changes.isEmpty { try store.advance(folder.id, changes, applied: nil) }
    }

    /// The path, or what stands where a directory above it would.
    private func standing(at path: TreePath, in folder: VaultFolder) -> TreePath {
        for directory in path.ancestors.reversed() {
            do throws(FolderError) {
                guard let stat = try folder.access.stat(directory) else { return path }
                if stat.kind != .directory { return directory }
            } catch {
                // The capture looks there too, and says what it is.
                return path
            }
        }
        return path
    }
}
