package import SyncEngine
internal import SyncModel

/// One device of a simulated world: what survives a crash, and the engine that does not.
package final class SimDevice: @unchecked Sendable {
    package let name: String
    package let clock: SimClock
    package private(set) var repository = InMemoryRepository()
    package private(set) var store = CrashingStateStore()
    let notes = SimNotes()
    package internal(set) var vault: Vault?
    package var folder: SimFolder!
    /// What the watch would have told since the last cycle.
    package var dirty = DirtyPaths()
    /// Changes of the engine until it crashes; nil for never.
    package var crashAfter: Int?
    package private(set) var isCrashed = false
    package var isOnline = true
    /// Whether it signs what it commits, and lets nothing in that is not signed.
    package var isStrict = false
    /// Files that programs have open for long.
    var opened: Set<TreePath> = []
    /// Directories that the configuration leaves out on this device.
    var excluded: [TreePath] = []
    /// Whether the folder is out of the configuration.
    var isOut = false
    /// Whether the vault is opened as the daemon opens it, which notes what it covers.
    var notesScope = false
    /// Whether the record knows nothing yet, or nothing any more.
    var isBlank = true
    var backup: Backup?
    /// Whether the process ended in the middle and no cycle has come to its end since.
    var isCutShort = false
    /// Whether what was left out, or lost, has to be looked at before absence is a deletion again.
    var isJoining = false
    /// The process around the vault, where calls to the remote take their time.
    var service: SimService?
    /// Calls that wait for the remote, or wait to go on.
    var flights: [SimFlight] = []
    /// The one of them that runs.
    var running: SimFlight?
    /// Checks what others signed.
    var verifier: any CommitVerifier = SimSignature()
    /// Whether the state store was lost and not all that stands here is known again: of an edit
    /// nobody can say what its writer saw, so that it may stand against its own past.
    var hasLostStore = false
    /// The remote's head that this device goes along with; nil when that is not known.
    var knownHead: ObjectID?
    /// Whether the exchange under way was shown a remote that left what it had.
    var hasSeenRewrite = false
    private var remote: SimRemote?
    private var prefix: TreePath?

    /// All that a device has on its disk.
    struct Backup {
        let files: [TreePath: SimFolder.File]
        let repository: InMemoryRepository
        let store: CrashingStateStore
    }
    /// What was reachable from the device's head when it was last looked at.
    var seenCommits: Set<ObjectID> = []
    var reachable: Set<ObjectID> = []

    init(name: String, clock: SimClock) {
        self.name = name
        self.clock = clock
        adopt(repository, store)
    }

    /// Takes a repository and a record in place of those that were lost.
    func adopt(_ repository: InMemoryRepository, _ store: CrashingStateStore) {
        self.repository = repository
        self.store = store
        repository.beforeWrite = { [unowned self] () throws(RepositoryError) in
            if self.step(changes: true) { throw RepositoryError(.io, "write", "crashed") }
            if self.folder?.isFull ?? false { throw RepositoryError(.noSpace, "write") }
        }
        store.beforeWrite = { [unowned self] () throws(StateStoreError) in
            if self.step(changes: true) { throw StateStoreError(.io, "write", "crashed") }
            if self.folder?.isFull ?? false { throw StateStoreError(.noSpace, "write", "full") }
        }
    }

    /// Counts one call of the engine; true when it is to fail since the process is dead.
    func step(changes: Bool) -> Bool {
        clock.advance(50_000)
        if isCrashed { return true }
        guard changes, let left = crashAfter else { return false }
        crashAfter = left - 1
        if left <= 0 {
            isCrashed = true
            notes.end()
            crashAfter = nil
        }
        return isCrashed
    }

    /// Ends the process at once.
    func kill() {
        (isCrashed, crashAfter) = (true, nil)
        notes.end()
    }

    /// Starts the program anew over what the last one left: everything has to be looked at.
    func restart(remote: SimRemote, prefix: TreePath) throws {
        isCrashed = false
        crashAfter = nil
        dirty = .everything
        if store.isDamaged {
            adopt(repository, CrashingStateStore())
            (isBlank, isJoining, hasLostStore) = (true, true, true)
        }
        notes.begin()
        let brake: Brake
        do { brake = try Brake(notes, clock: clock) } catch { fatalError("\(error)") }
        (self.remote, self.prefix) = (remote, prefix)
        assemble(brake)
        guard notesScope else { return }
        try vault?.begin(isNew: isBlank)
        isBlank = false
    }

    private func assemble(_ brake: Brake) {
        guard let remote, let prefix else { return }
        let vault = Vault(
            identity: .init(name: "sim", device: name, branch: "sync"), repository: repository,
            folders: isOut
                ? []
                : [VaultFolder(id: prefix, access: folder, exclude: excluded.map { "/\($0)/" })],
            store: store, remote: remote, clock: clock, brake: brake)
        if isStrict {
            vault.writer.signer = SimSignature()
            vault.incoming.rule = IncomingRule(verifier: verifier, trusted: nil)
        }
        self.vault = vault
    }

    /// Sets the state store aside and begins another, in a vault of its own.
    func rebuildStore() throws {
        guard let former = vault else { return }
        former.intake.isReplaced = true
        (isBlank, isJoining, hasLostStore) = (true, true, true)
        adopt(repository, CrashingStateStore())
        assemble(former.intake.brake)
        try vault?.begin(isNew: true)
        isBlank = false
    }

    /// Whether nobody looks at a path on this device just now.
    func leavesOut(_ path: TreePath) -> Bool {
        isOut || excluded.contains { path.isAtOrBelow($0) }
    }

    /// Adds what is reachable from the head now; commits are never looked at twice.
    func learnReachable() throws {
        guard let head = try repository.reference("refs/heads/sync") else { return }
        let versions = try historyReader.versions(behind: [head], seen: &seenCommits)
        reachable.formUnion(versions.map(\.id))
    }

    /// The contents that the head reaches, and the heads that were kept.
    func contentsNow() throws -> Set<ObjectID> {
        var seen: Set<ObjectID> = []
        let tips =
            try repository.references("refs/heads/") + repository.references("refs/sync/kept/")
        return Set(try historyReader.versions(behind: tips.map(\.id), seen: &seen).map(\.id))
    }

    /// The repository with what was thinned.
    private var historyReader: any ObjectReader {
        repository.thinnedBehind.isEmpty ? repository : repository.whole()
    }
}

extension ObjectReader {
    /// What the commits behind some tips brought; those seen before are passed over.
    func versions(behind tips: [ObjectID], seen: inout Set<ObjectID>) throws -> [FileVersion] {
        var versions: [FileVersion] = []
        var pending = tips
        while let id = pending.popLast() {
            guard seen.insert(id).inserted else { continue }
            let commit = try self.commit(id)
            pending += commit.parents
            versions += try TreeDiff.changes(
                from: commit.parents.first.map { try self.commit($0).tree },
                to: commit.tree, reading: self
            ).compactMap(\.after)
        }
        return versions
    }
}
