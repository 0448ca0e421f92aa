internal import SyncMerge
package import SyncModel

/// Joins the remote's history with the local one.
package final class Integrator {
    private let branch: Branch
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let folders: [VaultFolder]
    private let conflicts: OpenConflicts
    private let losses: ResolvedLosses
    private let device: String
    /// How often the local head moved for the remote's.
    private(set) var moves = 0
    /// The remote's head that was last brought in; nil in this run for none.
    private(set) var met: ObjectID?

    init(
        _ branch: Branch, _ repository: any ObjectRepository, _ store: any StateStore,
        _ folders: [VaultFolder], _ conflicts: OpenConflicts, _ losses: ResolvedLosses,
        device: String
    ) {
        (self.branch, self.repository, self.store) = (branch, repository, store)
        (self.folders, self.conflicts, self.losses) = (folders, conflicts, losses)
        self.device = device
    }

    /// Brings the remote's head into the local one.
    /// - Parameter remoteHead: a commit that is in the repository.
    /// - Returns: whether the local head moved.
    @discardableResult
    package func integrate(_ remoteHead: ObjectID) throws -> Bool {
        let hasMoved = try bringIn(remoteHead)
        met = remoteHead
        if hasMoved { moves += 1 }
        return hasMoved
    }

    private func bringIn(_ remoteHead: ObjectID) throws -> Bool {
        let before = try branch.head()
        let incoming = try IncomingTree(of: remoteHead, against: before, in: repository)
        try incoming.checkSize(of: remoteHead)
        #if DEBUG
            try DeadlyCommit.dieOf(repository.commit(remoteHead), .taking)
        #endif
        guard let head = before else {
            try rehearse(remoteHead)
            try branch.move(to: remoteHead, from: nil)
            return true
        }
        try losses.list(of: remoteHead, since: head)
        let history = History(CommitStamps(reading: repository))
        if try head == remoteHead || history.isAncestor(remoteHead, of: head) { return false }
        try noteRules(of: remoteHead, since: head, history)
        if let begun = try store.fact(Vault.Fact.begun).flatMap({ Int64($0) }) {
            try Namesake.look(
                for: device, in: history.news(in: remoteHead, since: head), behind: head,
                since: begun, keptIn: repository)
        }
        let capture = try withoutUnpushedMerges(head, remoteHead, history)
        if try capture == remoteHead || history.isAncestor(capture, of: remoteHead) {
            try rehearse(remoteHead)
            try branch.move(to: remoteHead, from: head)
        } else {
            try checkRules([head, remoteHead], history)
            let merged = try merge(capture, remoteHead)
            try rehearse(merged)
            try branch.move(to: merged, from: head)
        }
        return true
    }

    /// Reads what everything that follows will read of a head, before the branch has it: what a
    /// process dies of then is not in the branch, and the next process can go on without.
    private func rehearse(_ head: ObjectID) throws {
        let commit = try repository.commit(head)
        _ = try CommitStamps(reading: repository).time(of: head)
        _ = try conflicts.list(of: commit.tree)
        for folder in folders {
            _ = try TreeDiff.changes(
                from: repository.tree(of: store.applied(folder.id)), to: commit.tree,
                below: folder.id,
                reading: repository)
        }
    }

    /// Remembers the last merge that comes by rules that are not known here: the branch may go
    /// forward over it, and the next thing that comes be to merge. One upon which somebody merged
    /// by known rules again is remembered no more: they went back, or nobody has such rules.
    private func noteRules(of head: ObjectID, since known: ObjectID, _ history: History) throws {
        let before = try newerRules()
        var newer = before
        for id in try history.commits(behind: head, notBehind: [known]) {
            guard let version = MergeIdentity.rules(of: try repository.commit(id)) else { continue }
            if version > MergeIdentity.version {
                newer = NewerRules(version: version, commit: id)
            } else if let last = newer, try isBehind(id, last, history) {
                newer = nil
            }
        }
        if newer?.commit == before?.commit { return }
        let text = newer.map { "\($0.version) \($0.commit.hex)" }
        try store.setFact(Vault.Fact.newerRules, text)
    }

    private func isBehind(_ head: ObjectID, _ newer: NewerRules, _ history: History) throws -> Bool
    {
        try repository.contains(newer.commit) && history.isAncestor(newer.commit, of: head)
    }

    /// What was remembered of rules that this program does not know.
    private func newerRules() throws -> NewerRules? {
        let words = try store.fact(Vault.Fact.newerRules)?.split(separator: " ") ?? []
        guard words.count == 2, let version = Int(words[0]), let commit = ObjectID(hex: words[1]),
            version > MergeIdentity.version
        else { return nil }
        return NewerRules(version: version, commit: commit)
    }

    /// Refuses to merge once devices with newer rules did: this one would merge otherwise, and no
    /// two would agree. What is behind neither head any more binds nobody.
    private func checkRules(_ heads: [ObjectID], _ history: History) throws {
        guard let newer = try newerRules() else { return }
        if try heads.contains(where: { try isBehind($0, newer, history) }) { throw newer }
        try store.setFact(Vault.Fact.newerRules, nil)
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

    /// Makes the merge commit of two commits, durably, and lists what lost.
    /// - Returns: the commit; one of the two when it contains the other.
    func merge(_ one: ObjectID, _ other: ObjectID) throws -> ObjectID {
        let made = try CommitMerge(repository).merge(one, other)
        try losses.list(made.losses, in: made.commit)
        return made.commit
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
