internal import SyncModel

/// Finds the versions that leaf commits made of a file since the merge base: what a side that is
/// itself a merge was made of.
struct LeafVersions {
    let stamps: CommitStamps
    let history: History
    let bases: [ObjectID]

    /// The newest versions of a file on a side, one for each line of history.
    /// - Parameters:
    ///   - path: where the side's commit has the file.
    ///   - side: the side's commit.
    /// - Returns: empty when the side's version is one leaf's, or there are more than
    ///   `Limits.mergedLeaves`.
    func versions(of path: TreePath, at side: ObjectID) throws(RepositoryError) -> [VersionStamp] {
        var found: [VersionStamp] = []
        var seen: Set<ObjectID> = [side]
        var pending = [side]
        while let id = pending.popLast() {
            if try isInBase(id) { continue }
            let commit = try stamps.commit(id)
            let here = try stamps.version(at: path, of: id)
            var parents = commit.parents
            if !MergeIdentity.made(commit) {
                parents = []
                for parent in commit.parents
                where try stamps.version(at: path, of: parent) == here { parents.append(parent) }
                if parents.isEmpty {
                    found.append(
                        VersionStamp(
                            milliseconds: try stamps.time(of: id).milliseconds,
                            device: CommitStamps.device(of: commit), commit: id, blob: here?.id))
                }
            }
            for parent in parents where seen.insert(parent).inserted { pending.append(parent) }
            if found.count > Limits.mergedLeaves || seen.count > Limits.historyWalk { return [] }
        }
        let newest = try withoutAncestors(found)
        return newest.count > 1 ? newest : []
    }

    private func isInBase(_ id: ObjectID) throws(RepositoryError) -> Bool {
        for base in bases where try history.isAncestor(id, of: base) { return true }
        return false
    }

    /// A version that was edited further is no version of its own.
    private func withoutAncestors(_ found: [VersionStamp]) throws(RepositoryError)
        -> [VersionStamp]
    {
        var newest: [VersionStamp] = []
        for one in found {
            var isEdited = false
            for other in found where other.commit != one.commit {
                if try history.isAncestor(one.commit, of: other.commit) { isEdited = true }
            }
            if !isEdited { newest.append(one) }
        }
        return newest.sorted()
    }
}
