internal import SyncMerge
internal import SyncModel

/// Where versions of paths once stood in the history behind a commit.
///
/// Only a joining file asks this: one that the record knows nothing of. A content that the
/// repository does not have costs nothing; the rest is one walk over what each commit changed,
/// which ends when all are found or after `Limits.joinedCommits`.
struct PastVersions {
    let repository: any ObjectRepository

    /// Finds for each path a commit in which it had a version.
    /// - Parameters:
    ///   - wanted: paths of the repository, with the version to find.
    ///   - head: the walk begins here, the newest commits first.
    ///   - prefix: all paths stand below it; nil is the top.
    /// - Returns: only those that were found.
    /// - Throws: `RepositoryError` when a commit of the head's own cannot be read. One further
    ///   back that cannot be read ends that way through the history.
    func commits(
        having wanted: [TreePath: FileVersion], behind head: ObjectID, below prefix: TreePath?
    ) throws(RepositoryError) -> [TreePath: ObjectID] {
        var left = wanted.filter { repository.contains($0.value.id) }
        var found: [TreePath: ObjectID] = [:]
        var seen: Set<ObjectID> = [head]
        var generation = [head]
        while !left.isEmpty, !generation.isEmpty {
            var next: [ObjectID] = []
            for id in generation {
                guard let commit = try read(id, of: head) else { continue }
                for change in try changes(of: commit, at: id, of: head, below: prefix)
                where change.after != nil && left[change.path] == change.after {
                    found[change.path] = id
                    left[change.path] = nil
                }
                for parent in commit.parents where seen.insert(parent).inserted {
                    next.append(parent)
                }
            }
            if seen.count > Limits.joinedCommits { break }
            generation = next
        }
        return found
    }

    private func read(_ id: ObjectID, of head: ObjectID) throws(RepositoryError) -> Commit? {
        do { return try repository.commit(id) } catch {
            // Of history that cannot be read nothing is known; the head has to be readable.
            if id == head { throw error }
            return nil
        }
    }

    /// What a commit changed, against its first parent: every version came in by one.
    private func changes(
        of commit: Commit, at id: ObjectID, of head: ObjectID, below prefix: TreePath?
    ) throws(RepositoryError) -> [TreeChange] {
        let parent = try commit.parents.first.flatMap { parent throws(RepositoryError) in
            try read(parent, of: head)
        }
        do {
            return try TreeDiff.changes(
                from: parent?.tree, to: commit.tree, below: prefix, reading: repository)
        } catch {
            if id == head { throw error }
            return []
        }
    }
}
