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
    package let agent: String?
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
    private static let emptyBlob = ObjectID(hashing: [], as: .blob)

    /// - Parameters:
    ///   - reader: the repository.
    ///   - path: a file, or a directory with what was below it; nil is everything.
    package init(reading reader: any ObjectReader, path: TreePath? = nil) {
        self.reader = reader
        self.path = path
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
        var walk = try HistoryWalk(from: head, since: filter.since, reading: reader)
        var seen: Set<TreePath> = []
        var found: [DeletedFile] = []
        while found.count < most, let step = try walk.next() {
            guard let last = step.commit.parents.first else { continue }
            var removed = try removed(step.commit, walk)
            removed.sort { $0.path < $1.path }
            for (path, blob) in removed where found.count < most && seen.insert(path).inserted {
                let now = try TreeDiff.version(at: path, of: present, reading: reader)
                guard now == nil, filter.admits(step) else { continue }
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

    /// The files that every parent has and the commit has not, with the first parent's content.
    func removed(_ commit: Commit, _ walk: HistoryWalk) throws(RepositoryError)
        -> [(path: TreePath, blob: ObjectID)]
    {
        var common: [TreePath: ObjectID]?
        for parent in commit.parents {
            let tree = try walk.commit(parent).tree
            let here = try removed(from: tree, to: commit.tree)
            common = common.map { $0.filter { here[$0.key] != nil } } ?? here
            if common?.isEmpty ?? true { return [] }
        }
        return (common ?? [:]).map { ($0.key, $0.value) }
    }

    private func removed(from old: ObjectID, to new: ObjectID) throws(RepositoryError)
        -> [TreePath: ObjectID]
    {
        var gone: [TreePath: ObjectID] = [:]
        var renamed: Set<ObjectID> = []
        for change in try TreeDiff.changes(from: old, to: new, reading: reader) {
            let change = change.ofFilesOnly ?? change
            if let before = change.before, !before.isDirectory, change.after == nil {
                gone[change.path] = before.id
            } else if change.before == nil, let after = change.after {
                renamed.insert(after.id)
            }
        }
        renamed.remove(Self.emptyBlob)
        return gone.filter { path, blob in
            !renamed.contains(blob) && !ConflictRecord.isRecord(path)
                && (self.path.map { path.isAtOrBelow($0) } ?? true)
        }
    }
}
