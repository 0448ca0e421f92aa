internal import SyncMerge
internal import SyncModel

/// Finds what a folder holds in another version than the head. What no file of the folder can be
/// is held back on the way, and let go when it left the head.
struct ApplySearch {
    let folder: VaultFolder
    let repository: any ObjectRepository
    let store: any StateStore
    /// What a folder without a state store is known to have held once.
    let lost: ObjectID?

    /// The paths that differ between what the folder holds and the head.
    func steps(from applied: ObjectID?, to head: ObjectID) throws -> [ApplyStep] {
        let tree = try repository.tree(of: head)
        var nameless: [TreePath: Bool] = [:]
        let changes = try TreeDiff.changes(
            from: repository.tree(of: applied), to: tree, below: folder.id, reading: repository
        ) { nameless[$0] = $1 }
        for (place, isThere) in nameless {
            // Such an entry stays in the tree, as git left it there.
            guard let path = folder.localPath(place) else { continue }
            try store.quarantine(folder.id, path, isThere ? .name : nil)
        }
        let quarantined = try folder.quarantined(store)
        // The nearest to the top alone: what hangs below it may be very much.
        var (refused, left): (Set<TreePath>, Set<TreePath>) = ([], [])
        var wanted: [TreePath: FileVersion?] = [:]
        for change in changes {
            guard let path = folder.belowRoot(change.path) else { continue }
            let after = change.after.flatMap { folder.isInScope(path, $0) ? $0 : nil }
            if after == nil && !folder.isInScope(path, change.before) { continue }
            if let place = Self.refused(path) {
                if after != nil { refused.insert(place) } else { left.insert(place) }
                if after != nil { continue }
            }
            if after?.mode == .submodule {
                try store.quarantine(folder.id, path, .submodule)
            }
            if after == nil, quarantined[path]?.isOfTree ?? false {
                try store.quarantine(folder.id, path, nil)
            }
            // Another repository's commit is no file: it is carried in the tree, not applied.
            wanted[path] = .some(after.flatMap { $0.mode == .submodule ? nil : $0 })
        }
        for path in refused { try store.quarantine(folder.id, path, .name) }
        for path in left.subtracting(refused) where quarantined[path] == .name {
            let place = folder.repositoryPath(path)
            let isThere =
                try TreeDiff.subtree(of: tree, at: place, reading: repository) != nil
                || TreeDiff.version(at: place, of: tree, reading: repository) != nil
            if !isThere { try store.quarantine(folder.id, path, nil) }
        }
        let bases = try FolderBases(folder, store, lost: lost, in: repository)
        for path in bases.deferred where wanted[path] == nil {
            let want = try TreeDiff.version(
                at: folder.repositoryPath(path), of: tree, reading: repository)
            let have = try store.file(folder.id, path)
            if folder.isInScope(path, want ?? have?.version) { wanted[path] = .some(want) }
        }
        return try wanted.map { path, want in
            let (have, base) = (try store.file(folder.id, path), try bases.base(of: path))
            return ApplyStep(
                path: path, have: have, want: want, base: base,
                isLeftOut: try have == nil && want != nil
                    && (quarantined[path] == .leftOut
                        || folder.isLeftOut(path, since: base, lost: lost, reading: repository))
            )
        }.sorted { $0.path < $1.path }
    }

    /// The first part of a path, with all above it, that may not be a name in a folder.
    private static func refused(_ path: TreePath) -> TreePath? {
        if path.components.allSatisfy({ TreeName.isCheckoutSafe($0) }) { return nil }
        return ([path] + path.ancestors).last { !TreeName.isCheckoutSafe($0.name) }
    }

    /// Empty directories that are not in the head because another program committed: git's index
    /// has no word for them, so nobody took them away. They stay, the state store forgets them, and
    /// the next capture takes them in again.
    func omittedDirectories(_ steps: [ApplyStep], at head: ObjectID) throws -> Set<TreePath> {
        let gone = steps.filter { $0.want == nil && $0.have?.version.isDirectory ?? false }
        if gone.isEmpty { return [] }
        let tree = try repository.tree(of: head)
        let stamps = CommitStamps(reading: repository)
        var result: Set<TreePath> = []
        for step in gone {
            let path = folder.repositoryPath(step.path)
            let isReplaced = try ([path] + path.ancestors).contains { place in
                if let version = try TreeDiff.version(at: place, of: tree, reading: repository) {
                    return !version.isDirectory
                }
                return place == path
                    ? try TreeDiff.subtree(of: tree, at: path, reading: repository) != nil : false
            }
            if isReplaced { continue }
            let commit = try stamps.origin(of: path, at: head).commit
            if CommitStamps.capturer(of: try repository.commit(commit)) == nil {
                result.insert(step.path)
            }
        }
        return result
    }
}
