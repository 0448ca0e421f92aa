internal import SyncMerge
internal import SyncModel

/// What the commits that a head brings did to a folder's paths, one after the other: the two ends
/// alone do not say that a file was renamed before it was edited, nor what was deleted with it.
struct IncomingChanges {
    /// Where each file stood before, by the name that it has now.
    private(set) var oldNames: [TreePath: TreePath] = [:]
    /// What a commit took away, whether or not something stands there in the head.
    private(set) var deleted: Set<TreePath> = []

    /// Reads the commits since the one that a folder holds.
    /// - Returns: nil where they are more than `Limits.nearHistory`, or cannot be read.
    static func read(
        from applied: ObjectID?, to head: ObjectID, in folder: VaultFolder,
        reading repository: any ObjectRepository
    ) -> IncomingChanges? {
        guard let applied, repository.contains(applied) else { return nil }
        let stamps = CommitStamps(reading: repository)
        do throws(RepositoryError) {
            let commits = try History(stamps).commits(behind: head, notBehind: [applied])
            if commits.count > Limits.nearHistory { return nil }
            var result = IncomingChanges()
            for id in commits {
                let commit = try stamps.commit(id)
                // What a merge joins has commits of its own.
                guard commit.parents.count == 1 else { continue }
                let changes = try TreeDiff.changes(
                    from: stamps.commit(commit.parents[0]).tree, to: commit.tree, below: folder.id,
                    reading: repository)
                result.note(changes, in: folder)
            }
            return result
        } catch {
            // Some of the past may not be kept here: it tells nothing, and the head is applied.
            return nil
        }
    }

    private mutating func note(_ changes: [TreeChange], in folder: VaultFolder) {
        func files(_ version: (TreeChange) -> FileVersion?) -> [(id: ObjectID, path: TreePath)] {
            changes.compactMap { change in
                guard let file = version(change), file.mode.isFile,
                    let path = folder.belowRoot(change.path)
                else { return nil }
                return (file.id, path)
            }
        }
        let gone = files { $0.after == nil ? $0.before : nil }
        deleted.formUnion(gone.map(\.path))
        if gone.isEmpty { return }
        for (new, old) in Self.pairs(gone: gone, come: files { $0.before == nil ? $0.after : nil })
        {
            oldNames[new] = oldNames.removeValue(forKey: old) ?? old
        }
    }

    /// Pairs what went with what came by their content; of several with one content those that
    /// have the same name, too.
    private static func pairs(
        gone: [(id: ObjectID, path: TreePath)], come: [(id: ObjectID, path: TreePath)]
    ) -> [(new: TreePath, old: TreePath)] {
        let old = Dictionary(grouping: gone, by: \.id)
        let new = Dictionary(grouping: come, by: \.id)
        var found: [(new: TreePath, old: TreePath)] = []
        for (id, targets) in new {
            guard let sources = old[id] else { continue }
            if sources.count == 1, targets.count == 1 {
                found.append((targets[0].path, sources[0].path))
                continue
            }
            let named = Dictionary(grouping: sources) { Array($0.path.name) }
            for (name, same) in Dictionary(grouping: targets, by: { Array($0.path.name) }) {
                guard same.count == 1, let source = named[name], source.count == 1 else { continue }
                found.append((same[0].path, source[0].path))
            }
        }
        return found
    }
}
