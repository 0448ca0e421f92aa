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
    /// Nil for a vault that only keeps history.
    package let remote: (any RemoteLink)?
    /// Handed in, so that the simulation decides what time it is.
    package let clock: any WallClock
    /// The share of a folder's files that one batch may delete unasked, in percent.
    package var maxDeletesPercent: Int
    /// Signs this device's commits; nil leaves them unsigned.
    package var signer: (any CommitSigner)?
    /// What others' commits have to be like; nil lets them all in.
    package var incomingRule: IncomingRule?
    /// What apply or capture found that has to be looked at again, by folder index.
    package internal(set) var again: [Int: DirtyPaths] = [:]
    /// The remote's head when it was last seen in this run; nil when it has none or was not seen.
    package internal(set) var seenRemote: RemoteSnapshot?

    /// What the remote became when it was last looked at; nil while it goes forward only.
    package internal(set) var remoteChange: RemoteChange?
    /// Whether what merges lose is listed; not while a choice is only tried.
    var listsLosses = true
    /// Two heads of the remote's that were compared, and what came of it.
    var comparedHeads: (old: ObjectID, new: ObjectID, kind: RemoteChange.Kind?)?
    /// How many pushes went since the remote was last looked at; nil when the next exchange has
    /// to look first.
    var pushesSinceFetch: Int?
    /// How many exchanges in a row put off saying how far this device has applied.
    var unpublishedRounds = 0
    /// The commit that was pushed last in this run.
    package internal(set) var pushed: ObjectID?
    /// The open conflicts as last read, and the tree of their records.
    private var knownConflicts: (directory: ObjectID?, list: ConflictList)?
    /// Folders whose ignore rules changed since `takeChangedRules` was last called.
    var changedRules: Set<Int> = []
    /// What folders without a state store held, as far as is known; nil but after a loss of the
    /// state store.
    var lostApplied: ObjectID?
    /// Whether what the state store knew of the folders was lost, or is not there yet.
    var hasLostState = false
    /// The folders that this device synced when the vault was last opened.
    var knownFolders: Set<FolderID> = []
    /// Whether the remote was asked in this run, or could not be.
    package internal(set) var hasAskedRemote = false
    /// What a join did that a user would not expect, by folder.
    var joinNotices: [FolderID: String] = [:]
    /// Whether the state store may name a commit that the head lacks: at the start, and after a
    /// failure between the two.
    var mayHaveLostHead = true

    /// How often the head moved since past versions were last indexed.
    var headMoves = 0
    /// Keeps what a process died of from being taken in again and again.
    package let brake: Brake
    /// How many calls may be taking something in.
    var intakes = 0
    /// The remote's head that was last taken in, in this run.
    var takenIn: ObjectID?

    /// Takes the parts; nothing is read yet.
    /// - Parameter brake: nil remembers nothing beyond this process.
    package init(
        identity: Identity, repository: any ObjectRepository, folders: [VaultFolder],
        store: any StateStore, remote: (any RemoteLink)?, clock: any WallClock,
        maxDeletesPercent: Int = 50, brake: Brake? = nil
    ) {
        self.brake = brake ?? Brake(clock: clock)
        self.identity = identity
        self.repository = repository
        self.folders = folders
        self.store = store
        self.remote = remote
        self.clock = clock
        self.maxDeletesPercent = maxDeletesPercent
    }

    /// The head of the synced branch; nil before the first commit.
    package func head() throws(RepositoryError) -> ObjectID? {
        try repository.reference(identity.reference)
    }

    /// Moves the head.
    /// - Parameter prepared: the same move, written down before.
    func setHead(
        _ id: ObjectID, from old: ObjectID?, _ prepared: (any PreparedReference)? = nil
    ) throws(RepositoryError) {
        if id == old { return }
        headMoves += 1
        if let prepared, try prepared.finish() { return }
        try repository.setReference(identity.reference, to: id, expecting: old)
    }

    /// The tree of a commit; nil for no commit.
    func tree(of commit: ObjectID?) throws(RepositoryError) -> ObjectID? {
        guard let commit else { return nil }
        return try repository.commit(commit).tree
    }

    /// The conflicts that are open in the head.
    package func conflicts() throws(RepositoryError) -> ConflictList {
        try conflicts(of: tree(of: head()))
    }

    /// The conflicts that are open in a tree; those of the last one are kept.
    func conflicts(of tree: ObjectID?) throws(RepositoryError) -> ConflictList {
        let directory = try ConflictList.directory(of: tree, reading: repository)
        if let knownConflicts, knownConflicts.directory == directory { return knownConflicts.list }
        let list = try ConflictList(of: tree, reading: repository)
        knownConflicts = (directory, list)
        return list
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
