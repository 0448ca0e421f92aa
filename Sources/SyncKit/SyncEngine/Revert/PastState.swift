internal import SyncGit
package import SyncHistory
package import SyncModel

/// What a user means by a commit or a time. A time means all that was made until then: where
/// devices did not know of each other yet, what their commits come to. To go back to one of them
/// alone would take back what another device had made long before.
struct PastState {
    /// The commit; the merge of several stands in the scratch alone.
    let commit: ObjectID
    /// How messages name it.
    let words: String

    /// - Parameters:
    ///   - name: what the user wrote.
    ///   - sides: what it means, as `RevisionOrTime.sides` gives it.
    ///   - now: what a time counts from.
    ///   - scratch: takes the merge, if there is one.
    /// - Throws: what reading and merging throws.
    init(
        _ name: String, _ sides: [ObjectID], now: Timestamp, in scratch: ScratchRepository
    ) throws {
        var merged = sides[0]
        let merge = CommitMerge(scratch)
        for side in sides.dropFirst() { merged = try merge.merge(merged, side).commit }
        commit = merged
        words = RevisionOrTime.lasting(name, now: now, found: sides)
    }
}

extension VaultHistory {
    /// The commit that a name means, and the history to read it in: that of devices which did not
    /// know of each other stands in memory alone.
    /// - Throws: `Revision.Unknown`, what reading and merging throws.
    package func past(_ name: String, now: Timestamp) throws
        -> (history: VaultHistory, commit: ObjectID)
    {
        let sides = try sides(name, now: now)
        if sides.count == 1 { return (self, sides[0]) }
        let scratch = ScratchRepository(
            over: try GitRepository(opening: configuration.repository))
        return (reading(scratch), try PastState(name, sides, now: now, in: scratch).commit)
    }

    /// Finds files as they were.
    /// - Parameters:
    ///   - names: paths of the repository, or patterns over them.
    ///   - to: a commit, a time, or the id of one file's blob.
    /// - Returns: the files, and the history to read their contents in.
    /// - Throws: as `past`.
    package func files(_ names: [TreePath], to: String, now: Timestamp) throws
        -> (files: PastFiles, history: VaultHistory)
    {
        if names.count == 1, let blob = ObjectID(hex: to), repository.contains(blob),
            try repository.header(blob).kind == .blob
        {
            return (PastFiles(names[0], try version(of: names[0], with: blob)), self)
        }
        let (history, commit) = try past(to, now: now)
        let tree = try history.repository.commit(commit).tree
        return (try PastFiles(names, of: tree, reading: history.repository), history)
    }
}
