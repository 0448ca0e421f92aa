internal import SyncMerge
package import SyncModel

/// Joining histories. A merge commit is a function of its two parents: the order of the sides,
/// the author, the date and the message are the same on every device that makes it.
extension Vault {
    /// Brings the remote's head into the local one.
    /// - Parameter remoteHead: a commit that is in the repository.
    /// - Returns: whether the local head moved.
    @discardableResult
    package func integrate(_ remoteHead: ObjectID) throws -> Bool {
        let before = try head()
        let foreign = try ForeignTree(
            repository.commit(remoteHead).tree, against: tree(of: before), reading: repository)
        if foreign.paths > Limits.foreignPaths {
            throw RepositoryError(
                .corrupt, "take in the remote's tree", object: remoteHead,
                "it has more than \(Limits.foreignPaths) paths that are not here")
        }
        guard let head = before else {
            try setHead(remoteHead, from: nil)
            return true
        }
        try listSettled(by: remoteHead, since: head)
        let history = History(CommitStamps(reading: repository))
        if try head == remoteHead || history.isAncestor(remoteHead, of: head) { return false }
        let leaf = try withoutUnpushedMerges(head, remoteHead, history)
        if try leaf == remoteHead || history.isAncestor(leaf, of: remoteHead) {
            try setHead(remoteHead, from: head)
        } else {
            try checkRules(of: remoteHead, since: head, history)
            try setHead(try merge(leaf, remoteHead), from: head)
        }
        return true
    }

    /// Refuses to merge what devices with newer rules merged: this one would merge otherwise, and
    /// no two would agree.
    private func checkRules(of head: ObjectID, since known: ObjectID, _ history: History) throws {
        for (id, commit) in try news(in: head, since: known, history) {
            if let version = commit.trailer(MergeIdentity.versionTrailer).flatMap({ Int($0) }),
                version > MergeIdentity.version
            {
                throw NewerRules(version: version, commit: id)
            }
        }
    }

    /// The commits behind `head` that `known` does not reach, up to `Limits.nearHistory` of them.
    func news(in head: ObjectID, since known: ObjectID, _ history: History)
        throws(RepositoryError) -> [(id: ObjectID, commit: Commit)]
    {
        var found: [(id: ObjectID, commit: Commit)] = []
        var seen: Set<ObjectID> = [head]
        var pending = [head]
        while let id = pending.popLast(), seen.count <= Limits.nearHistory {
            if try history.isAncestor(id, of: known) { continue }
            let commit = try repository.commit(id)
            found.append((id, commit))
            for parent in commit.parents where seen.insert(parent).inserted {
                pending.append(parent)
            }
        }
        return found
    }

    /// The head without merges of ours that the remote does not have: they are made again over
    /// what the remote has now, so that histories do not criss-cross.
    private func withoutUnpushedMerges(
        _ head: ObjectID, _ remoteHead: ObjectID, _ history: History
    ) throws -> ObjectID {
        var current = head
        while true {
            let commit = try repository.commit(current)
            guard MergeIdentity.made(commit) else { return current }
            let unknown = try commit.parents.filter {
                try $0 != remoteHead && !history.isAncestor($0, of: remoteHead)
            }
            // Both parents known to the remote: it can make this merge itself, adopt its head.
            guard unknown.count == 1 else { return unknown.isEmpty ? remoteHead : current }
            current = unknown[0]
        }
    }

    /// Makes the merge commit of two commits, durably.
    /// - Returns: the commit; one of the two when it contains the other.
    package func merge(_ one: ObjectID, _ other: ObjectID) throws -> ObjectID {
        let stamps = CommitStamps(reading: repository)
        let history = History(stamps)
        if try one == other || history.isAncestor(other, of: one) { return one }
        if try history.isAncestor(one, of: other) { return other }
        let (first, second) = try canonicalOrder(one, other, stamps)
        let bases = try history.mergeBases(first, second)
        let base = try baseTree(of: bases, history, stamps)
        let pack = try repository.beginPack()
        let merged = try mergedTree((first, second), base: base, of: bases, stamps, pack)
        let date = try max(
            stamps.commit(first).committer.seconds, stamps.commit(second).committer.seconds)
        let signature = Signature(
            name: MergeIdentity.name, email: MergeIdentity.email, seconds: date)
        let commit = Commit(
            tree: merged.tree, parents: [first, second], author: signature, committer: signature,
            message: MergeMessage.text(first, second, merged.losses))
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        try list(merged.losses, in: id)
        return id
    }

    /// What merging two commits gives: the tree, and the versions that do not stand in it.
    struct MergedTree {
        let tree: ObjectID
        let losses: [MergeLoss]
    }

    /// Merges two commits' trees; the objects go into the pack.
    /// - Parameters:
    ///   - sides: in canonical order.
    ///   - base: the tree of `bases`, folded where they are several.
    func mergedTree(
        _ sides: (ObjectID, ObjectID), base: ObjectID?, of bases: [ObjectID],
        _ stamps: CommitStamps, _ pack: any PackSink
    ) throws -> MergedTree {
        let (first, second) = (try side(sides.0, stamps), try side(sides.1, stamps))
        let rule = try RuleByType(
            reading: repository, writing: pack, stamps: stamps,
            .init(base: base, of: bases, first: first, second: second))
        let result = try TreeMerge(reading: repository, stamps: stamps, rule: rule)
            .merge(base: base, first: first, second: second)
        let tree = try TreeEdit.apply(
            result.versions, to: first.tree, reading: repository, writing: pack)
        return MergedTree(tree: tree, losses: result.losses)
    }

    private func side(_ commit: ObjectID, _ stamps: CommitStamps) throws -> MergeSide {
        MergeSide(commit: commit, tree: try stamps.commit(commit).tree)
    }

    /// The two sides by (stamp, id), never by where they came from.
    func canonicalOrder(_ one: ObjectID, _ other: ObjectID, _ stamps: CommitStamps) throws
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

/// Another device merges by rules that this version of the program does not know.
package struct NewerRules: Error, Sendable, CustomStringConvertible {
    /// The version of its rules.
    package let version: Int
    /// A commit that it made.
    package let commit: ObjectID

    package var description: String {
        "another device merges by newer rules (version \(version), commit \(commit.short)): "
            + "nothing is merged here, what is edited is captured"
    }
}
