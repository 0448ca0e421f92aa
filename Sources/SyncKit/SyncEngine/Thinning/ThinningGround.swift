internal import SyncMerge
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
    /// The remote's head; nil where that does not matter.
    private var far: ObjectID?
    /// The references: those that the vault moves by their names, all others by what they name,
    /// too.
    private var references: Set<String> = []

    init(head: ObjectID, past: [ObjectID], tips: [ObjectID], now: Timestamp) {
        (self.head, self.past, self.tips, self.now) = (head, past, tips, now)
    }

    /// Whether what was planned upon this still holds: the remote has not lost what it had, and no
    /// reference came that keeps something more.
    /// - Throws: `RepositoryError`, `StateStoreError`.
    func holds(in vault: Vault) throws -> Bool {
        guard let now = try ThinningGround(of: vault), let old = far, let new = now.far,
            now.references.isSubset(of: references)
        else { return false }
        let history = History(CommitStamps(reading: vault.repository))
        return try old == new || history.isAncestor(old, of: new)
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
            let noted = try vault.store.deferred(folder.id).map(\.base)
            let parked = try vault.store.parkedBases(folder.id, below: nil)
            past += (noted + parked).filter { $0 != .zero }
        }
        var tips: [ObjectID] = []
        let references = try vault.repository.references("refs/")
        for reference in references {
            tips += try Self.commit(at: reference.id, in: vault.repository)
        }
        self.init(head: head, past: past, tips: tips, now: vault.clock.now())
        self.far = far
        let own = "refs/heads/\(vault.branch.name)"
        self.references = Set(
            references.map { reference in
                let isOwn = reference.name == own || reference.name.hasPrefix("refs/sync/")
                return isOwn ? reference.name : "\(reference.name) \(reference.id.hex)"
            })
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
