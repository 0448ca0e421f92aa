package import SyncMerge
package import SyncModel

/// What merging two commits' trees gives.
package struct MergedTree {
    /// The tree they come to.
    package let tree: ObjectID
    /// The versions that do not stand in it under their own names.
    package let losses: [MergeLoss]
}

/// Merges commits. A merge commit is a function of its two parents: the order of the sides, the
/// author, the date and the message are the same on every device that makes it.
package struct CommitMerge {
    private let repository: any ObjectRepository
    private let stamps: CommitStamps
    private let history: History
    private let version: Int

    /// - Parameters:
    ///   - repository: holds both histories, and takes what is made.
    ///   - version: of the rules.
    package init(_ repository: any ObjectRepository, version: Int = MergeIdentity.version) {
        self.init(repository, CommitStamps(reading: repository), version: version)
    }

    /// - Parameter stamps: of the repository, shared over several merges.
    init(
        _ repository: any ObjectRepository, _ stamps: CommitStamps,
        version: Int = MergeIdentity.version
    ) {
        self.repository = repository
        self.version = version
        self.stamps = stamps
        history = History(stamps)
    }

    /// Makes the merge commit of two commits, durably.
    /// - Returns: the commit and the versions that lost in it; one of the two, and none, when it
    ///   contains the other.
    /// - Throws: `RepositoryError`.
    package func merge(_ one: ObjectID, _ other: ObjectID) throws
        -> (commit: ObjectID, losses: [MergeLoss])
    {
        if try one == other || history.isAncestor(other, of: one) { return (one, []) }
        if try history.isAncestor(one, of: other) { return (other, []) }
        let (first, second) = try canonicalOrder(one, other)
        let bases = try history.mergeBases(first, second)
        var pack = try repository.beginPack()
        let merged: MergedTree
        do {
            merged = try merge(first, second, since: bases, writing: pack)
        } catch let error as RepositoryError
            where [.corrupt, .missing, .leftOut].contains(error.code) && !bases.isEmpty
        {
            // An ancestor whose trees cannot be read, or were left out as they could not be when
            // they came, is none: each path is an addition then. Where it is a side that cannot be
            // read, this fails as well.
            pack = try repository.beginPack()
            merged = try merge(first, second, since: [], writing: pack)
        }
        let date = try max(
            stamps.commit(first).committer.seconds, stamps.commit(second).committer.seconds)
        let signature = Signature(
            name: MergeIdentity.name, email: MergeIdentity.email, seconds: date)
        let commit = Commit(
            tree: merged.tree, parents: [first, second], author: signature, committer: signature,
            message: MergeMessage.text(first, second, merged.losses, version: version))
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        return (id, merged.losses)
    }

    private func merge(
        _ first: ObjectID, _ second: ObjectID, since bases: [ObjectID], writing pack: any PackSink
    ) throws -> MergedTree {
        let sides = RuleByType.Sides(
            base: try baseTree(of: bases), of: bases, first: try side(first),
            second: try side(second))
        return try merge(sides, writing: pack)
    }

    /// Makes the tree that two commits come to when nothing but `base` is behind both, durably.
    /// - Parameter base: a commit; nil: each path is an addition.
    /// - Throws: `RepositoryError`.
    package func tree(of one: ObjectID, _ other: ObjectID, since base: ObjectID?) throws
        -> MergedTree
    {
        let (first, second) = try canonicalOrder(one, other)
        let pack = try repository.beginPack()
        let sides = RuleByType.Sides(
            base: try base.map { try stamps.commit($0).tree }, of: base.map { [$0] } ?? [],
            first: try side(first), second: try side(second))
        let merged = try merge(sides, writing: pack)
        try pack.finish()
        return merged
    }

    /// Makes the tree that a side comes to without a change of its past.
    /// - Parameters:
    ///   - side: has the change behind it.
    ///   - change: the commit that made it, and the tree that it left.
    ///   - before: what the change was made upon, and the tree to go back to.
    /// - Throws: `RepositoryError`.
    func tree(of side: MergeSide, without change: MergeSide, restoring before: MergeSide) throws
        -> MergedTree
    {
        let isLater =
            try (stamps.time(of: before.commit), before.commit)
            < (stamps.time(of: side.commit), side.commit)
        let pack = try repository.beginPack()
        let sides = RuleByType.Sides(
            base: change.tree, of: [change.commit], first: isLater ? before : side,
            second: isLater ? side : before, isTakingBack: true)
        let merged = try merge(sides, writing: pack)
        try pack.finish()
        return merged
    }

    private func merge(_ sides: RuleByType.Sides, writing pack: any PackSink) throws -> MergedTree {
        let rule = try RuleByType(
            reading: repository, writing: pack, stamps: stamps, sides, version: version)
        let result = try TreeMerge(reading: repository, stamps: stamps, rule: rule)
            .merge(base: sides.base, first: sides.first, second: sides.second)
        let tree = try TreeEdit.apply(
            result.versions, to: sides.first.tree, reading: repository, writing: pack)
        return MergedTree(tree: tree, losses: result.losses)
    }

    private func side(_ commit: ObjectID) throws -> MergeSide {
        MergeSide(commit: commit, tree: try stamps.commit(commit).tree)
    }

    /// The two sides by (stamp, id), never by where they came from.
    private func canonicalOrder(_ one: ObjectID, _ other: ObjectID) throws -> (ObjectID, ObjectID) {
        let (a, b) = (try stamps.time(of: one), try stamps.time(of: other))
        return (a, one) < (b, other) ? (one, other) : (other, one)
    }

    /// A commit that no branch has: what is behind it is what is behind the bases folded so far,
    /// so that the next one is not taken for unrelated with all but the last.
    private func fold(
        _ one: ObjectID, _ other: ObjectID, as tree: ObjectID, _ pack: any PackSink
    ) throws -> ObjectID {
        let date = try max(
            stamps.commit(one).committer.seconds, stamps.commit(other).committer.seconds)
        let signature = Signature(
            name: MergeIdentity.name, email: MergeIdentity.email, seconds: date)
        let commit = Commit(
            tree: tree, parents: [one, other], author: signature, committer: signature,
            message: "folded \(one.short) and \(other.short)\n")
        return try pack.add(.commit, commit.serialized)
    }

    /// The tree to merge against: of one base its own, of several the bases folded with the same
    /// rules, where what conflicts takes its ancestor's version; nil without a base.
    /// - Parameter depth: of how many folded bases this is a base of a base. Past
    ///   `Limits.foldedBases` the latest stands for all.
    private func baseTree(of bases: [ObjectID], depth: Int = 0) throws -> ObjectID? {
        let dated = try bases.map { (time: try stamps.time(of: $0), id: $0) }
        let sorted = dated.sorted { ($0.time, $0.id) < ($1.time, $1.id) }.map(\.id)
        guard let first = sorted.first, let last = sorted.last else { return nil }
        if depth > Limits.foldedBases || bases.count > Limits.foldedBases {
            return try side(last).tree
        }
        var folded = try side(first)
        for next in sorted.dropFirst() {
            let below = try history.mergeBases(folded.commit, next)
            let pack = try repository.beginPack()
            let sides = RuleByType.Sides(
                base: try baseTree(of: below, depth: depth + 1), of: below, first: folded,
                second: try side(next),
                isFolding: true)
            let tree = try merge(sides, writing: pack).tree
            let commit = version >= 2 ? try fold(folded.commit, next, as: tree, pack) : next
            try pack.finish()
            folded = MergeSide(commit: commit, tree: tree)
        }
        return folded.tree
    }
}
