package import SyncModel

/// What a plan to thin the history stands upon: what a device, its remote and the others hold.
package struct ThinningGround: Sendable {
    /// This device's head.
    let head: ObjectID
    /// What the branch, the remote, each device and each part of a folder hold.
    let past: [ObjectID]
    /// What references name: it keeps what it holds.
    let tips: [ObjectID]
    let now: Timestamp

    init(head: ObjectID, past: [ObjectID], tips: [ObjectID], now: Timestamp) {
        (self.head, self.past, self.tips, self.now) = (head, past, tips, now)
    }

    /// Nil while nothing can go: there is no remote, it was not seen in this run, or what it became
    /// has to be chosen about.
    /// - Throws: `RepositoryError`, `StateStoreError`.
    package init?(of vault: Vault) throws {
        guard vault.tracker.change == nil, let seen = vault.tracker.seen, let far = seen.head,
            let head = try vault.head(), vault.repository.contains(far)
        else { return nil }
        var past = [head, far] + seen.devices.values
        if let own = try vault.appliedReference.commit() { past.append(own) }
        for folder in vault.folders {
            if let applied = try vault.store.applied(folder.id) { past.append(applied) }
            past += try vault.store.deferred(folder.id).map(\.base).filter { $0 != .zero }
        }
        var tips: [ObjectID] = []
        for reference in try vault.repository.references("refs/") {
            tips += try Self.commit(at: reference.id, in: vault.repository)
        }
        self.init(head: head, past: past, tips: tips, now: vault.clock.now())
    }

    /// The commit that a reference names, or that a tag is put on; none for another object.
    private static func commit(at id: ObjectID, in repository: any ObjectRepository)
        throws(RepositoryError) -> [ObjectID]
    {
        var next = id
        for _ in 0..<Limits.foldedBases {
            let stored = try repository.object(next)
            if stored.kind == .commit { return [next] }
            guard let tagged = stored.tagged else { return [] }
            next = tagged
        }
        return []
    }
}
