internal import SyncMerge
internal import SyncModel

/// What files were edited upon that an apply which was cut short had put there.
struct CutShortBases {
    private let repository: any ObjectRepository

    init(_ repository: any ObjectRepository) { self.repository = repository }

    /// Finds files that were edited right after an apply which was cut short had put them there,
    /// before the state store learnt of them: they are edits of that apply's version. Where the
    /// folder keeps what that apply displaced, it is known. Otherwise the contents tell: one that
    /// shares less with it is the user's own; one that shares no more with it than with the version
    /// that the state store knows is an edit of that. Of several that it may have been made from it
    /// is the one of which it lacks least, the last of these: what an edit lacks counts as deleted.
    func find(of files: [Captured], in folder: VaultFolder) throws {
        if folder.interrupted.isEmpty { return }
        for file in files where file.containedIn == nil {
            if !folder.interrupted.mayBeApplied(file.local) { continue }
            let brought = try folder.interrupted.heads(of: file.local).reversed().map {
                commit in
                let tree = try repository.tree(of: commit)
                return (
                    commit,
                    try TreeDiff.version(at: file.change.path, of: tree, reading: repository)
                )
            }
            if let placed = folder.interrupted.placed[file.local],
                let commit = brought.first(where: { $0.1 == placed })?.0
            {
                if file.change.after != placed { file.base = commit }
                continue
            }
            // Exactly what one of them brought is no edit, however much another one shares with it.
            if brought.contains(where: { $0.1 == file.change.after }) { continue }
            guard let content = file.content else { continue }
            let before = try known(file)
            var least = Int.max
            for (commit, version) in brought {
                guard let version, version.mode.isFile,
                    try repository.header(version.id).size <= Limits.documentSize
                else { continue }
                let old = try repository.blob(version.id)
                let lacks = EditedRename.lacks(content, of: old)
                guard lacks < least,
                    try EditedRename.isMade(
                        content, from: old, ratherThan: before.map { try repository.blob($0.id) })
                else { continue }
                (file.base, least) = (commit, lacks)
            }
        }
    }

    /// The version that the state store says was there. A path that was out of scope has no row,
    /// only the commit that the folder held: it was not looked at, and the apply may have left it.
    private func known(_ file: Captured) throws -> FileVersion? {
        var before = file.change.before
        if before == nil, let base = file.base {
            before = try TreeDiff.version(
                at: file.change.path, of: repository.tree(of: base), reading: repository)
        }
        // What stands in a directory's place was not made from it.
        return before.flatMap { $0.mode.isFile ? $0 : nil }
    }
}
