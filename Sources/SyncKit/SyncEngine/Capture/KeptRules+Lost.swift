internal import SyncMerge
internal import SyncModel

/// Rules that outlive their file are known to the state store alone. Where that was lost, the
/// history tells them.
extension KeptRules {
    /// Finds, of directories that stand in a folder and that the head has no more, the last
    /// `.gitignore` that the history had there: it left out what is left in them. A directory that
    /// came since costs a walk through the history, up to `Limits.joinedCommits`.
    /// - Throws: `RepositoryError`, `StateStoreError`; `FolderError` of the folder as a whole.
    func findLost(of folder: VaultFolder, at head: ObjectID) throws {
        var left = try strangers(in: folder, to: repository.tree(of: head))
        if left.isEmpty { return }
        var kept = folder.ignore.kept
        var walk = VersionWalk(repository, from: head)
        while !left.isEmpty, let (_, changes) = try walk.next() {
            for change in changes where change.path.name.elementsEqual(IgnoreView.name) {
                guard let version = change.after ?? change.before, version.mode.isFile,
                    let directory = folder.belowRoot(change.path)?.parent,
                    left.remove(directory) != nil, kept[directory] == nil,
                    repository.contains(version.id)
                else { continue }
                kept[directory] = IgnoreView.Kept(
                    id: version.id, content: try repository.blob(version.id), until: nil)
            }
        }
        try keep(kept, in: folder)
    }

    /// The directories of a folder that a tree lacks; what the rules leave out is not looked into.
    private func strangers(in folder: VaultFolder, to tree: ObjectID?) throws -> Set<TreePath> {
        var found: Set<TreePath> = []
        var pending: [TreePath?] = [nil]
        while let directory = pending.popLast() {
            let entries: [FolderEntry]
            do throws(FolderError) { entries = try folder.access.list(directory) } catch {
                // The scan holds what cannot be listed.
                if directory == nil { throw error }
                continue
            }
            for entry in entries where entry.stat.kind == .directory {
                guard
                    let path = directory.map({ $0.appending(entry.name) }) ?? TreePath(entry.name),
                    folder.isInScope(path, isDirectory: true),
                    folder.depth(of: path) < Limits.pathDepth,
                    try !folder.ignore.isIgnored(path, isDirectory: true)
                else { continue }
                pending.append(path)
                let place = folder.repositoryPath(path)
                if try TreeDiff.subtree(of: tree, at: place, reading: repository) == nil {
                    found.insert(path)
                }
            }
        }
        return found
    }
}
