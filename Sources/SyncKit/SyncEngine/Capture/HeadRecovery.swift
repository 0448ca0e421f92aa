internal import SyncMerge
internal import SyncModel

/// Whether the head has all that the state store names, and the way back when it has not.
final class HeadRecovery {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let folders: [VaultFolder]
    private let branch: Branch
    private let transplanter: Transplanter
    private let rechecks: Rechecks
    private let joining: Joining
    /// Whether the state store may name a commit that the head lacks: at the start, and after a
    /// failure between the two.
    var mayHaveLostHead = true

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, folders: [VaultFolder],
        branch: Branch, transplanter: Transplanter, rechecks: Rechecks, joining: Joining
    ) {
        (self.repository, self.store, self.folders) = (repository, store, folders)
        (self.branch, self.transplanter) = (branch, transplanter)
        (self.rechecks, self.joining) = (rechecks, joining)
    }

    /// Brings commits into the head that the state store names and the head lacks: the process
    /// ended between the two.
    func recoverHead() throws {
        guard mayHaveLostHead else { return }
        // What the state store names may come from the remote: until that was asked nothing is
        // lost.
        if try joining.waitsForRemote() { return }
        let history = History(CommitStamps(reading: repository))
        var named: Set<ObjectID> = []
        for folder in folders {
            let fact = InterruptedApplies.fact(of: folder.id)
            folder.interrupted = InterruptedApplies(try store.fact(fact)) {
                repository.contains($0)
            }
            try KeptRules.recallRules(of: folder, store, reading: repository)
            let held = try folder.listedDeletions(store)
            if folder.quarantinedDeletions.isEmpty && !held.isEmpty {
                // They may be more than are listed.
                try folder.hold(Set(held), store)
                rechecks.noteAll(of: folder)
            }
            if let applied = try store.applied(folder.id) { named.insert(applied) }
            for path in try store.deferred(folder.id) { named.insert(path.base) }
            named.formUnion(try store.parkedBases(folder.id, below: nil))
        }
        let head = try branch.head()
        // A repository that cannot give its own head is said to be damaged before any work.
        if let tree = try repository.tree(of: head) { _ = try repository.tree(tree) }
        for folder in folders {
            // A state store of another repository says nothing about this one.
            guard let applied = try store.applied(folder.id), !repository.contains(applied) else {
                continue
            }
            try store.forget(folder.id)
            rechecks.noteAll(of: folder)
        }
        var current = head
        for id in named.sorted() where id != .zero && repository.contains(id) {
            // A merge that was made again over a newer remote head is meant to be gone.
            if MergeIdentity.made(try repository.commit(id)) { continue }
            if let known = current {
                // What a rewrite of the remote left behind is meant to be gone too.
                if try history.isAncestor(id, of: known)
                    || KeptHeads(repository: repository).contain(id, history)
                {
                    continue
                }
                current = try transplanter.transplant(id, into: known)
            } else {
                current = id
            }
        }
        if let current { try branch.move(to: current, from: head) }
        try transplanter.pin(named.filter { repository.contains($0) }, by: current)
        mayHaveLostHead = false
    }
}
