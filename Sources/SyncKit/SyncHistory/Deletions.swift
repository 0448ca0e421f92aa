internal import SyncMerge
package import SyncModel

/// A file that history has and the head has not: an entry of `deleted --json`.
package struct DeletedFile: Sendable, Codable, Equatable {
    /// In the repository.
    package let path: TreePath
    /// The commit that took it away.
    package let commit: ObjectID
    /// That commit's date, ISO 8601.
    package let time: String
    /// The device that made it.
    package let device: String
    /// The agent that it names; nil for none.
    @OrNull package private(set) var agent: String?
    /// The commit before, which has the file: what `restore --to` takes.
    package let last: ObjectID
    /// The file's last content.
    package let blob: ObjectID
}

/// Looks for what was deleted: files that a commit took away and that stand nowhere in the head.
///
/// A file whose content the same commit put under another name was renamed and is not listed,
/// unless it was empty: empty files are all alike.
package struct Deletions {
    private let reader: any ObjectReader
    private let path: TreePath?
    private let whole: WholeParents

    /// - Parameters:
    ///   - reader: the repository.
    ///   - path: a file, or a directory with what was below it; nil is everything.
    package init(reading reader: any ObjectReader, path: TreePath? = nil) {
        self.init(reading: reader, path: path, WholeParents(reading: reader))
    }

    /// - Parameter whole: of the walk that asks for single commits.
    init(reading reader: any ObjectReader, path: TreePath?, _ whole: WholeParents) {
        (self.reader, self.path, self.whole) = (reader, path, whole)
    }

    /// Lists what was deleted, the latest first, each path once with its last deletion.
    /// - Parameters:
    ///   - head: where the walk begins.
    ///   - filter: which deletions are wanted.
    ///   - most: how many at most; the walk ends with the last of them.
    /// - Throws: what reading the repository says; `.io` past `Limits.historyWalk` commits.
    package func list(
        from head: ObjectID, where filter: HistoryFilter = HistoryFilter(), most: Int
    ) throws(RepositoryError) -> [DeletedFile] {
        let present = try reader.commit(head).tree
        var walk = try HistoryWalk(
            from: head, since: filter.since, latest: filter.latest, reading: reader)
        var seen: Set<TreePath> = []
        var found: [DeletedFile] = []
        while found.count < most, let step = try walk.next() {
            var removed = try removed(step.commit, walk)
            removed.sort { $0.path < $1.path }
            for (path, blob, last) in removed
            where found.count < most && seen.insert(path).inserted {
                // An empty directory in its place is no file, nor is a submodule.
                let now = try TreeDiff.file(at: path, of: present, reading: reader)
                guard now?.mode ?? .submodule == .submodule, filter.admits(step) else { continue }
                found.append(
                    DeletedFile(
                        path: path, commit: step.id,
                        time: Timestamp(seconds: step.commit.committer.seconds).iso8601,
                        device: CommitStamps.device(of: step.commit), agent: step.commit.agent,
                        last: last, blob: blob))
            }
        }
        return found
    }

    /// A file that a commit took away, and the parent that has it with this content.
    typealias Removed = (path: TreePath, blob: ObjectID, last: ObjectID)

    /// The files that every parent has and the commit has not, with the first parent's content;
    /// of two heads that a device, or somebody with git, joined also what one of them alone had.
    func removed(_ commit: Commit, _ walk: HistoryWalk) throws(RepositoryError) -> [Removed] {
        try whole.passingOver { () throws(RepositoryError) in try taken(by: commit, walk) }
    }

    private func taken(by commit: Commit, _ walk: HistoryWalk) throws(RepositoryError)
        -> [Removed]
    {
        if try whole.isUnread(commit) { return [] }
        let parents = try whole.of(commit)
        guard let first = parents.first else { return [] }
        if parents.count == 2, parents == commit.parents, !MergeIdentity.made(commit) {
            return try dropped(commit, walk)
        }
        var common: [TreePath: ObjectID]?
        for parent in parents {
            let tree = try walk.commit(parent).tree
            let here = try removed(from: tree, to: commit.tree)
            common = common.map { $0.filter { here[$0.key] != nil } } ?? here
            if common?.isEmpty ?? true { return [] }
        }
        return (common ?? [:]).map { ($0.key, $0.value, first) }
    }

    /// The files that a commit has not and one of its two parents has, or both. What only one has
    /// as both went on from it is no deletion of this commit's: the other's side deleted it, or
    /// renamed it. What was added, or edited, on the one side went with this commit.
    private func dropped(_ commit: Commit, _ walk: HistoryWalk) throws(RepositoryError)
        -> [Removed]
    {
        var trees: [ObjectID] = []
        var sides: [[TreePath: ObjectID]] = []
        for parent in commit.parents {
            trees.append(try walk.commit(parent).tree)
            sides.append(try removed(from: trees[trees.count - 1], to: commit.tree))
        }
        var found = sides[0].keys.filter { sides[1][$0] != nil }
            .map { Removed($0, sides[0][$0] ?? .emptyBlob, commit.parents[0]) }
        if sides.allSatisfy({ $0.count == found.count }) { return found }
        let history = History(CommitStamps(reading: reader))
        var bases: [ObjectID] = []
        for base in try history.mergeBases(commit.parents[0], commit.parents[1]) {
            bases.append(try reader.commit(base).tree)
        }
        for (side, other) in [(0, 1), (1, 0)] {
            // By base, the names that the other side's files had there; compared once.
            var renames: [ObjectID: Set<TreePath>] = [:]
            for (path, blob) in sides[side] where sides[other][path] == nil {
                var isOthers = false
                for base in bases where !isOthers {
                    let before = try TreeDiff.version(at: path, of: base, reading: reader)
                    guard let before else { continue }
                    isOthers = before.id == blob
                    if isOthers { continue }
                    if renames[base] == nil {
                        renames[base] = try renamed(from: base, to: trees[other])
                    }
                    isOthers = renames[base]?.contains(path) ?? false
                }
                if !isOthers { found.append((path, blob, commit.parents[side])) }
            }
        }
        return found
    }

    private func renamed(
        from base: ObjectID, to tree: ObjectID
    ) throws(RepositoryError) -> Set<TreePath> {
        let changes = try TreeDiff.changes(from: base, to: tree, reading: reader)
        return Set(TreeChange.renames(changes).keys)
    }

    private func removed(from old: ObjectID, to new: ObjectID) throws(RepositoryError)
        -> [TreePath: ObjectID]
    {
        var gone: [TreePath: ObjectID] = [:]
        var renamed: Set<ObjectID> = []
        for change in try TreeDiff.changes(from: old, to: new, reading: reader) {
            let change = change.ofFilesOnly ?? change
            // What a submodule names is in another repository.
            let isGone = change.after.map { $0.mode == .submodule } ?? true
            if let before = change.before, !before.isDirectory, before.mode != .submodule, isGone {
                gone[change.path] = before.id
            } else if change.before == nil, let after = change.after {
                renamed.insert(after.id)
            }
        }
        renamed.remove(.emptyBlob)
        return gone.filter { path, blob in
            !renamed.contains(blob) && !ConflictRecord.isRecord(path)
                && (self.path.map { path.isAtOrBelow($0) } ?? true)
        }
    }
}
