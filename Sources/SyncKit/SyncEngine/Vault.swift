package import SyncMerge
package import SyncModel

/// A vault: the folders, the repository and what stands between them, as the parts that the table
/// in ARCHITECTURE.md lists. On the seams only, so that the simulation runs the very same code.
///
/// Not safe for use from two threads: one actor owns it.
package final class Vault {
    /// What the vault is called where.
    package struct Identity: Sendable {
        /// As in the configuration, part of the default paths; 1 to 64 ASCII characters.
        package var name: String
        /// Unique among the devices of the vault: it names who made a version.
        package var device: String
        /// Without `refs/heads/`.
        package var branch: String

        package init(name: String, device: String, branch: String) {
            self.name = name
            self.device = device
            self.branch = branch
        }

        /// The branch's full reference name.
        package var reference: String { "refs/heads/\(branch)" }
    }

    /// Fixed while the vault is open.
    package let identity: Identity
    /// The device's own bare repository: what was captured is safe once it is there.
    package let repository: any ObjectRepository
    /// In the configuration's order; other parts name a folder by its prefix.
    package let folders: [VaultFolder]
    /// What each folder holds on disk, as last captured or applied.
    package let store: any StateStore
    /// Handed in, so that the simulation decides what time it is.
    package let clock: any WallClock
    /// The synced branch.
    package let branch: Branch
    /// Between the head and the remote.
    package let remote: RemoteSide
    /// Between the folders and the head.
    package let local: FolderSide
    /// The cycle after capture.
    private let cycle: Exchange
    /// Commits that somebody asks for.
    let changes: ChangeSide
    /// What the vault says of itself.
    package let report: VaultReport
    /// How long its steps take.
    let times = CycleTimes()

    /// Puts the parts together; nothing is read yet.
    /// - Parameter brake: nil remembers nothing beyond this process.
    package init(
        identity: Identity, repository: any ObjectRepository, folders: [VaultFolder],
        store: any StateStore, remote link: (any RemoteLink)?, clock: any WallClock,
        maxDeletesPercent: Int = 50, brake: Brake? = nil, work: WorkCount = WorkCount()
    ) {
        self.identity = identity
        self.repository = repository
        self.folders = folders
        self.store = store
        self.clock = clock
        branch = Branch(identity.reference, of: repository)
        let writer = CommitWriter(device: identity.device, repository, store, clock)
        remote = RemoteSide(
            link, branch, repository, store, clock, folders: folders, writer: writer,
            brake: brake ?? Brake(clock: clock))
        local = FolderSide(
            repository, store, clock, folders: folders, branch: branch, writer: writer,
            remote: remote, limit: DeletionLimit(percent: maxDeletesPercent), work: work)
        report = VaultReport(
            repository, store, clock, folders: folders, branch: branch,
            conflicts: remote.conflicts, tracker: remote.tracker, intake: remote.intake,
            writer: writer, joining: local.joining, rechecks: local.rechecks, gate: local.gate)
        cycle = Exchange(
            intake: remote.intake, tracker: remote.tracker, incoming: remote.incoming,
            integrator: remote.integrator, publisher: remote.publisher, capture: local.capture,
            apply: local.apply, recovery: local.recovery, joining: local.joining,
            rechecks: local.rechecks, report: report, times: times)
        changes = ChangeSide(
            repository, store, clock, folders: folders, branch: branch, writer: writer,
            remote: remote, gate: local.gate)
    }

    /// The head of the synced branch; nil before the first commit.
    package func head() throws(RepositoryError) -> ObjectID? { try branch.head() }

    /// The conflicts that are open in the head.
    package func conflicts() throws(RepositoryError) -> ConflictList {
        try remote.conflicts.list(of: repository.tree(of: head()))
    }

    /// The same by path, with what stands on their sides by now.
    func standingConflicts() throws(RepositoryError) -> [ConflictRecord] {
        try remote.conflicts.standing(in: repository.tree(of: head()))
    }

    /// Captures what is dirty, as `VaultCapture.capture`.
    @discardableResult
    package func capture(
        _ dirty: [FolderID: DirtyPaths], _ options: CaptureOptions = .init()
    ) throws -> CaptureReport {
        try noting { try local.capture.capture(dirty, options) }
    }

    /// Does something, and notes it where that takes what was thinned: then it comes back with the
    /// next exchange.
    private func noting<Outcome>(_ work: () throws -> Outcome) throws -> Outcome {
        do { return try work() } catch let error as RepositoryError where error.code == .thinned {
            tracker.wantsThinned = true
            throw error
        }
    }

    /// Applies the head; what apply finds edited is captured and merged, and applied again.
    package func applyUntilStable() throws { try noting { try cycle.applyUntilStable() } }

    /// Brings the folders, the head and the remote's head together.
    /// - Parameter pause: waits before a push is tried again that somebody else was faster than;
    ///   takes the number of the try, from 1.
    package func exchange(
        _ options: ExchangeOptions = .none, pause: (Int) async throws -> Void = { _ in }
    ) async throws -> ExchangeOutcome {
        try await cycle.exchange(options, pause: pause)
    }

    /// Fetches, and asks whether what the remote has may come in: either choice makes commits over
    /// it.
    /// - Throws: `ChangeRefusal` when it may not, is passed over, or is another than what was asked
    ///   about by the time that the answer is there; `RemoteError` when it cannot be fetched.
    package func lookBeforeChoice() async throws {
        try await tracker.fetch()
        try intake.refuseWhatIsPassedOver(tracker.seen?.head)
        guard let asked = tracker.choosable else { return }
        try await incoming.verifyOrRefuse(asked)
        if tracker.choosable == asked { return }
        throw ChangeRefusal(
            .moved, "the remote has something else by now: look again with syncctl remote")
    }

    /// Carries out a choice about what the remote became when it was last fetched from.
    /// - Returns: the new head, and the files that change: here for `accept`, on the remote for
    ///   `restore`.
    /// - Throws: `ChangeRefusal` when there is nothing to choose.
    package func choose(_ request: RemoteRequest) throws -> ChangeReport {
        try noting { try changes.remoteChoice.choose(request) }
    }

    /// Resolves a conflict, as `RequestedChanges.resolve`.
    package func resolve(_ id: String, _ request: ResolveRequest) throws -> ChangeReport {
        try noting { try changes.requests.resolve(id, request) }
    }

    /// Brings back versions of files, as `RequestedChanges.restore`.
    package func restore(_ request: RestoreRequest) throws -> ChangeReport {
        try noting { try changes.requests.restore(request) }
    }

    /// Takes back what stands in the history, as `Reversals.rollback`.
    package func rollback(_ request: RollbackRequest) throws -> ChangeReport {
        try noting { try changes.reversals.rollback(request) }
    }

    /// Takes back one commit, as `Reversals.undo`.
    package func undo(_ request: UndoRequest) throws -> ChangeReport {
        try noting { try changes.reversals.undo(request) }
    }

    /// Begins to work. Where the state store is new, or was at a start before that did not get
    /// to where all folders hold a commit, nobody knows what the folders hold: they are looked at
    /// before anything is applied to them. What stands there of before would count as added
    /// otherwise, and come back where it was deleted since.
    /// - Parameter isNew: whether the state store was lost, or is the first.
    package func begin(isNew: Bool) throws {
        if try isNew || store.fact(Fact.recalled) != nil {
            try appliedReference.recall()
            for folder in folders { local.rechecks.noteAll(of: folder) }
        }
        if try store.fact(Fact.begun) == nil {
            try store.setFact(Fact.begun, "\(clock.now().milliseconds)")
        }
        try local.joining.noteScope()
    }

    /// Takes what came in into the index of past versions, from time to time.
    package func indexPastVersions() throws {
        try PastVersions(repository: repository, store: store).follow(branch)
    }
}

/// The parts that are used most from outside.
extension Vault {
    /// The remote as last seen, and what it became.
    package var tracker: RemoteTracker { remote.tracker }
    /// Around everything that parses what the remote has.
    package var intake: IntakeGuard { remote.intake }
    /// Whether others' commits may come in.
    package var incoming: IncomingVerification { remote.incoming }
    /// What goes out.
    package var publisher: Publisher { remote.publisher }
    /// Joins histories.
    package var integrator: Integrator { remote.integrator }
    /// What the repository says the folders hold.
    package var appliedReference: AppliedReference { remote.applied }
    /// Writes this device's commits.
    package var writer: CommitWriter { local.writer }
}

extension ObjectRepository {
    /// The tree of a commit; nil for no commit.
    func tree(of commit: ObjectID?) throws(RepositoryError) -> ObjectID? {
        guard let commit else { return nil }
        return try self.commit(commit).tree
    }
}
