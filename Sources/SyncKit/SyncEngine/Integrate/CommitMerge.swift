package import SyncMerge
package import SyncModel

/// Merges commits. A merge commit is a function of its two parents: the order of the sides, the
/// author, the date and the message are the same on every device that makes it.
package struct CommitMerge {
    private let repository: any ObjectRepository

    /// - Parameter repository: holds both histories, and takes what is made.
    package init(_ repository: any ObjectRepository) { self.repository = repository }

    /// Makes the merge commit of two commits, durably.
    /// - Returns: the commit and the versions that lost in it; one of the two, and none, when it
    ///   contains the other.
    /// - Throws: `RepositoryError`.
    package func merge(_ one: ObjectID, _ other: ObjectID) throws
        -> (commit: ObjectID, losses: [MergeLoss])
    {
        let stamps = CommitStamps(reading: repository)
        let history = History(stamps)
        if try one == other || history.isAncestor(other, of: one) { return (one, []) }
        if try history.isAncestor(one, of: other) { return (other, []) }
        let (first, second) = try canonicalOrder(one, other, stamps)
        let bases = try history.mergeBases(first, second)
        let base = try baseTree(of: bases, history, stamps)
        let sides = (try side(first, stamps), try side(second, stamps))
        let pack = try repository.beginPack()
        let rule = try RuleByType(
            reading: repository, writing: pack, stamps: stamps,
            .init(base: base, of: bases, first: sides.0, second: sides.1))
        let result = try TreeMerge(reading: repository, stamps: stamps, rule: rule)
            .merge(base: base, first: sides.0, second: sides.1)
        let tree = try TreeEdit.apply(
            result.versions, to: sides.0.tree, reading: repository, writing: pack)
        let date = try max(
            stamps.commit(first).committer.seconds, stamps.commit(second).committer.seconds)
        let signature = Signature(
            name: MergeIdentity.name, email: MergeIdentity.email, seconds: date)
        let commit = Commit(
            tree: tree, parents: [first, second], author: signature, committer: signature,
            message: MergeMessage.text(first, second, result.losses))
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        return (id, result.losses)
    }

    private func side(_ commit: ObjectID, _ stamps: CommitStamps) throws -> MergeSide {
        MergeSide(commit: commit, tree: try stamps.commit(commit).tree)
    }

    /// The two sides by (stamp, id), never by where they came from.
    private func canonicalOrder(_ one: ObjectID, _ other: ObjectID, _ stamps: CommitStamps) throws
        -> (ObjectID, ObjectID)
    {
        let (a, b) = (try stamps.time(of: one), try stamps.time(of: other))
        return (a, one) < (b, other) ? (one, other) : (other, one)
    }

    /// The tree to merge against: of one base its own, of several the bases folded with the same
    /// rules, where what conflicts takes its ancestor's version; nil without a base.
    private func baseTree(of bases: [ObjectID], _ history: History, _ stamps: CommitStamps) throws
        -> ObjectID?
    {
        let dated = try bases.map { (time: try stamps.time(of: $0), id: $0) }
        let sorted = dated.sorted { ($0.time, $0.id) < ($1.time, $1.id) }.map(\.id)
        guard let first = sorted.first else { return nil }
        var folded = try side(first, stamps)
        for next in sorted.dropFirst() {
            let below = try history.mergeBases(folded.commit, next)
            let ancestor = try baseTree(of: below, history, stamps)
            let side = try side(next, stamps)
            let pack = try repository.beginPack()
            let rule = try RuleByType(
                reading: repository, writing: pack, stamps: stamps,
                .init(base: ancestor, of: below, first: folded, second: side, isFolding: true))
            let result = try TreeMerge(reading: repository, stamps: stamps, rule: rule)
                .merge(base: ancestor, first: folded, second: side)
            let tree = try TreeEdit.apply(
                result.versions, to: folded.tree, reading: repository, writing: pack)
            try pack.finish()
            folded = MergeSide(commit: next, tree: tree)
        }
        return folded.tree
    }
}
