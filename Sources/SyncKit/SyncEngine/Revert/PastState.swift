internal import SyncHistory
internal import SyncModel

/// What a user means by a commit or a time. A time means all that was made until then: where
/// devices did not know of each other yet, what their commits come to. To go back to one of them
/// alone would take back what another device had made long before.
struct PastState {
    /// The commit; the merge of several stands in the scratch alone.
    let commit: ObjectID
    /// How messages name it.
    let words: String

    /// - Parameters:
    ///   - name: a commit or a time, as for `RevisionOrTime.find`.
    ///   - scratch: takes the merge, if there is one.
    /// - Throws: `ChangeRefusal` for a name that means nothing; what reading and merging throws.
    init(
        _ name: String, behind head: ObjectID, of branch: Branch, now: Timestamp,
        in scratch: ScratchRepository
    ) throws {
        let sides = try branch.revisions(behind: head).sidesOrRefuse(name, now: now)
        var merged = sides[0]
        let merge = CommitMerge(scratch)
        for side in sides.dropFirst() { merged = try merge.merge(merged, side).commit }
        commit = merged
        let ids = sides.map(\.short).joined(separator: ", ")
        words = name == sides[0].hex ? ids : "\(name) (\(ids))"
    }
}
