package import SyncMerge
package import SyncModel

/// A vault: the folders, the repository and what stands between them. Every step of the cycle is
/// a method of this type, on the seams only, so that the simulation runs the very same code.
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

        /// Takes the parts.
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
    /// In the configuration's order; other parts name a folder by its index.
    package let folders: [VaultFolder]
    /// What each folder holds on disk, as last captured or applied.
    package let store: any StateStore
    /// Handed in, so that the simulation decides what time it is.
    package let clock: any WallClock
    /// The share of a folder's files that one batch may delete unasked, in percent.
    package var maxDeletesPercent: Int
    /// What apply or capture found that has to be looked at again, by folder index.
    package internal(set) var again: [Int: DirtyPaths] = [:]
    /// Folders whose ignore rules changed since `takeChangedRules` was last called.
    var changedRules: Set<Int> = []
    /// The folders that this device synced when the vault was last opened.
    var knownFolders: Set<FolderID> = []
    /// What a join did that a user would not expect, by folder.
    var joinNotices: [FolderID: String] = [:]
    /// Whether the state store may name a commit that the head lacks: at the start, and after a
    /// failure between the two.
    var mayHaveLostHead = true

    /// How long its steps take.
    let times = CycleTimes()
    /// How far they are.
    let work: WorkCount
    /// The synced branch.
    package let branch: Branch
    /// What the repository says the folders hold.
    package let appliedReference: AppliedReference
    /// Around everything that parses what the remote has.
    package let intake: IntakeGuard
    /// Whether others' commits may come in.
    package let incoming: IncomingVerification
    /// The remote as last seen, and what it became.
    package let tracker: RemoteTracker
    /// Is asked before something is committed; nil lets everything pass.
    package var captureHook: (any CaptureHook)?
    /// What goes out.
    package let publisher: Publisher
    /// Writes this device's commits.
    package let writer: CommitWriter
    /// The list of open conflicts.
    let openConflicts: OpenConflicts
    /// Joins histories.
    package let integrator: Integrator
    /// Takes changes over to a history that they were not made in.
    let transplanter: Transplanter
    /// The versions that rules set aside.
    private let losses: ResolvedLosses

    /// Takes the parts; nothing is read yet.
    /// - Parameter brake: nil remembers nothing beyond this process.
    package init(
        identity: Identity, repository: any ObjectRepository, folders: [VaultFolder],
        store: any StateStore, remote: (any RemoteLink)?, clock: any WallClock,
        maxDeletesPercent: Int = 50, brake: Brake? = nil, work: WorkCount = WorkCount()
    ) {
        self.identity = identity
        self.repository = repository
        self.folders = folders
        self.store = store
        self.clock = clock
        self.maxDeletesPercent = maxDeletesPercent
        self.work = work
        branch = Branch(identity.reference, of: repository)
        appliedReference = AppliedReference(device: identity.device, of: repository)
        intake = IntakeGuard(brake ?? Brake(clock: clock), branch, repository, clock)
        incoming = IncomingVerification(branch, repository, store)
        tracker = RemoteTracker(
            remote, branch, appliedReference, intake, repository: repository, store: store,
            clock: clock)
        publisher = Publisher(
            tracker, branch, appliedReference, device: identity.device, folders: folders,
            store: store)
        writer = CommitWriter(device: identity.device, repository, store, clock)
        openConflicts = OpenConflicts(repository)
        losses = ResolvedLosses(device: identity.device, repository, store)
        integrator = Integrator(branch, repository, store, folders, openConflicts, losses)
        transplanter = Transplanter(
            repository: repository, writer: writer, integrator: integrator, losses: losses)
    }

    /// The head of the synced branch; nil before the first commit.
    package func head() throws(RepositoryError) -> ObjectID? { try branch.head() }

    /// The tree of a commit; nil for no commit.
    func tree(of commit: ObjectID?) throws(RepositoryError) -> ObjectID? {
        try repository.tree(of: commit)
    }

    /// The conflicts that are open in the head.
    package func conflicts() throws(RepositoryError) -> ConflictList {
        try openConflicts.list(of: tree(of: head()))
    }

    /// Carries out a choice about what the remote became when it was last fetched from.
    /// - Returns: the new head, and the files that change: here for `accept`, on the remote for
    ///   `restore`.
    /// - Throws: `ChangeRefusal` when there is nothing to choose.
    package func choose(_ request: RemoteRequest) throws -> ChangeReport {
        try RemoteChoice(
            tracker: tracker, branch: branch, repository: repository, writer: writer,
            integrator: integrator, transplanter: transplanter, losses: losses
        ).choose(request)
    }

    /// The folders whose ignore rules changed since the last call: their watches are set anew.
    package func takeChangedRules() -> Set<Int> {
        defer { changedRules = [] }
        return changedRules
    }

    /// Notes that a path has to be looked at again.
    func recheck(_ folder: Int, _ path: TreePath) {
        again[folder, default: DirtyPaths()].paths.insert(path)
    }
}

extension ObjectRepository {
    /// The tree of a commit; nil for no commit.
    func tree(of commit: ObjectID?) throws(RepositoryError) -> ObjectID? {
        guard let commit else { return nil }
        return try self.commit(commit).tree
    }
}
