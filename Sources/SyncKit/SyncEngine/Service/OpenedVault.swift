internal import Glibc
internal import SyncGit
internal import SyncMerge
package import SyncModel
package import SyncRemote
internal import SyncStore
internal import SyncTree

/// A vault that was opened from its configuration, with the lock that makes it ours.
package final class OpenedVault {
    /// Everything the cycle works on, for the one that holds the lock.
    package private(set) var vault: Vault
    /// The folders as they are on disk, in the configuration's order.
    package let folders: [ReopeningFolder]
    let events: RemoteEvents
    /// Why the state store was begun anew; nil when it was not.
    package let rebuilt: String?
    private let lock: VaultLock
    /// Nil where only a look was asked for, or no lock can be had there.
    private let repositoryLock: VaultLock?
    private let ground: Ground
    private let work: WorkCount
    /// Asked before something is committed.
    private let hook: (any CaptureHook)?
    let configuration: Configuration

    /// Nil where only history is kept.
    var remote: (any RemoteLink)? { vault.tracker.link }

    /// What a vault is opened for.
    package enum Purpose {
        /// What the remote has is going to be fetched: a repository that is gone may be made anew.
        case exchange
        /// The same, of a vault that is still being made.
        case joining
        /// What is there is looked at.
        case inspection
        /// Only what would be done is asked: the state store's pages are not checked.
        case preview
    }

    /// Opens everything a vault has. What is not there yet is made: the state directory (0700),
    /// the repository, the state store. A repository that was there once is made anew only where
    /// a remote has its history.
    /// - Parameters:
    ///   - configuration: a checked configuration.
    ///   - wait: how long to wait for another process that has the vault.
    ///   - progress: where the steps in folders are counted; nil for nowhere.
    ///   - purpose: what it is opened for.
    ///   - hook: is asked before something is committed; nil where nothing is.
    /// - Throws: `StateStoreError` `.locked` when another process runs the vault, and what the
    ///   repository or the state store say when they cannot be used.
    package init(
        _ configuration: Configuration, waiting wait: Duration = .zero,
        progress: EngineProgress? = nil, for purpose: Purpose = .exchange,
        hook: (any CaptureHook)? = nil
    ) throws {
        self.configuration = configuration
        self.hook = hook
        let work = progress?.work ?? WorkCount()
        self.work = work
        let events = RemoteEvents()
        self.events = events
        let state = configuration.stateDirectory
        try Self.makeDirectory(state)
        let lockFile = state + "/lock"
        if wait == .zero {
            lock = try VaultLock.acquire(lockFile)
        } else {
            lock = try VaultLock.acquire(lockFile, waiting: wait)
        }
        let store = try SQLiteStateStore.open(state + "/state.db", isForLook: purpose == .preview)
        let wasThere = try configuration.folders.contains { try store.applied($0.prefix) != nil }
        let repository = try Self.openRepository(
            configuration,
            making: !wasThere || purpose == .exchange && configuration.remote != nil)
        repositoryLock =
            purpose == .exchange || purpose == .joining
            ? try VaultOwner.lockRepository(of: configuration) : nil
        let owner = VaultOwner(store: store, repository: repository, configuration: configuration)
        if purpose != .preview { try owner.check(joining: purpose == .joining) }
        if purpose == .exchange || purpose == .inspection {
            try UnfinishedVault(configuration.repository).end()
        }
        ground = Ground(configuration.repository)
        rebuilt = store.rebuilt ? store.rebuiltReason : nil

        var folders: [ReopeningFolder] = []
        for folder in configuration.folders {
            let fact = try store.fact(Self.rootFact(folder.prefix))
            folders.append(
                ReopeningFolder(
                    root: folder.path, expected: fact.flatMap { .init($0) },
                    staging: state + "/staging", progress: progress))
        }
        self.folders = folders
        let remote = try configuration.remote.map {
            try Self.remote($0, configuration, events, work)
        }
        let brake = try Brake(IntakeFile(state + Self.intakeFile), clock: SystemClock())
        vault = Self.assemble(
            configuration, repository, store, folders, remote, brake, work, hook)
        if let text = try store.fact(Vault.Fact.tooLarge) {
            // Older versions noted here what the repository itself notes by now.
            let ids = text.split(separator: " ").compactMap { ObjectID(hex: String($0)) }
            try repository.noteLeftOut(Set(ids))
            try store.setFact(Vault.Fact.tooLarge, nil)
        }
        let isBlank = folders.allSatisfy { $0.identity == nil }
        try begin(isNew: rebuilt != nil || isBlank)
        if purpose == .exchange || purpose == .joining { try owner.note() }
    }

    /// Begins to work with a state store that may be new.
    private func begin(isNew: Bool) throws {
        try vault.begin(isNew: isNew)
        if let url = configuration.remote { try vault.tracker.meet(url) }
    }

    /// A directory that was opened by its path.
    private struct Ground: Equatable {
        private let device: dev_t
        private let inode: ino_t

        /// Zeros for what is not there.
        init(_ path: String) {
            var status = Glibc.stat()
            let isThere = stat(path, &status) == 0
            (device, inode) = isThere ? (status.st_dev, status.st_ino) : (0, 0)
        }

        var isThere: Bool { inode != 0 }
    }

    /// Whether the repository or the state directory is another one by now, or gone: somebody
    /// moved it away, and what is written goes with it. A repository that nothing can bring back
    /// but whoever has it is waited for.
    var hasLostGround: Bool {
        if !lock.stands(at: configuration.stateDirectory + "/lock") { return true }
        let now = Ground(configuration.repository)
        return now != ground && (now.isThere || configuration.remote != nil)
    }

    /// In the state directory: what is being taken in from the remote.
    private static let intakeFile = "/intake"

    /// The brake as it stands, of a vault that another process may have; nil where nothing was
    /// ever taken in.
    static func brake(lookingAt configuration: Configuration) throws(StateStoreError) -> Brake? {
        let path = configuration.stateDirectory + intakeFile
        if access(path, F_OK) != 0 { return nil }
        return try Brake(
            lookingAt: IntakeFile(path, isReadOnly: true), clock: SystemClock())
    }

    /// The way to a remote of any kind.
    static func remote(
        _ url: String, _ configuration: Configuration, _ events: RemoteEvents,
        _ work: WorkCount = WorkCount()
    ) throws(RemoteError) -> any RemoteLink {
        if let path = RemotePath(url) {
            return PathRemote(
                local: configuration.repository, remote: path, branch: configuration.branch,
                device: configuration.device, work: work, unpublished: events.published)
        }
        return try network(url, configuration, Machine().environment, events, work)
    }

    /// The way to a remote behind a network.
    /// - Parameter environment: where its login, proxies and programs are named.
    package static func network(
        _ url: String, _ configuration: Configuration, _ environment: [String: String]
    ) throws(RemoteError) -> NetworkRemote {
        try network(url, configuration, environment, RemoteEvents(), WorkCount())
    }

    private static func network(
        _ url: String, _ configuration: Configuration, _ environment: [String: String],
        _ events: RemoteEvents, _ work: WorkCount
    ) throws(RemoteError) -> NetworkRemote {
        var options = NetworkRemote.Options(environment: environment)
        options.patience = configuration.sync.timeout
        options.auth = configuration.auth
        return NetworkRemote(
            local: configuration.repository, url: try RemoteURL(url),
            branch: configuration.branch, device: configuration.device, options: options,
            work: work, unpublished: events.published, willPush: events.willPush)
    }

    private static func assemble(
        _ configuration: Configuration, _ repository: any ObjectRepository,
        _ store: any StateStore, _ folders: [ReopeningFolder], _ remote: (any RemoteLink)?,
        _ brake: Brake, _ work: WorkCount, _ hook: (any CaptureHook)?
    ) -> Vault {
        let vault = Vault(
            identity: .init(
                name: configuration.vault, device: configuration.device,
                branch: configuration.branch),
            repository: repository,
            folders: zip(configuration.folders, folders).map {
                VaultFolder(
                    id: $0.prefix, access: $1, exclude: $0.ignore,
                    patience: configuration.sync.maxWait)
            },
            store: store, remote: remote, clock: SystemClock(),
            maxDeletesPercent: configuration.sync.maxDeletesPercent, brake: brake, work: work)
        vault.local.gate.hook = hook
        let environment = environment(configuration, Machine().environment)
        if configuration.commit.sign != .off {
            vault.writer.signer = ProgramSigner(
                configuration.commit, environment: environment,
                keyFile: configuration.stateDirectory + "/signing-key.pub")
        }
        if configuration.commit.requireSigned {
            vault.incoming.rule = IncomingRule(
                verifier: ProgramVerifier(
                    environment: environment,
                    signatureFile: configuration.stateDirectory + "/signature"),
                trusted: configuration.commit.trusted)
        }
        return vault
    }

    /// What programs that sign and check find: a token is for HTTPS alone.
    package static func environment(_ configuration: Configuration, _ whole: [String: String])
        -> [String: String]
    {
        var environment = whole
        if let name = configuration.auth.tokenEnvironment { environment[name] = nil }
        return environment
    }

    /// Sets a damaged record aside and begins another: the folders have to be scanned. Where that
    /// fails every use of the state store is answered `.corrupt`, and this is to be called again.
    /// - Parameter reason: what is wrong with it.
    package func rebuildStore(_ reason: String) throws {
        replaceStore(UnavailableStateStore(reason))
        let store = try SQLiteStateStore.open(
            configuration.stateDirectory + "/state.db", discarding: reason)
        replaceStore(store)
        try begin(isNew: true)
        let owner = VaultOwner(
            store: store, repository: vault.repository, configuration: configuration)
        try owner.note()
    }

    /// Makes a vault over another state store, and ends what is under way in the one before.
    private func replaceStore(_ store: any StateStore) {
        vault.intake.isReplaced = true
        vault = Self.assemble(
            configuration, vault.repository, store, folders, remote, vault.intake.brake, work, hook)
    }

    /// Remembers each root that was opened, so that another directory in its place is noticed.
    package func rememberRoots() throws(StateStoreError) {
        for (folder, latent) in zip(vault.folders, folders) {
            guard let identity = latent.identity else { continue }
            let name = Self.rootFact(folder.id)
            if try vault.store.fact(name) != identity.text {
                try vault.store.setFact(name, identity.text)
            }
        }
    }

    /// Takes each folder's root as it is now: what is missing in it comes back, what is in it and
    /// not in the vault is added.
    func acceptFolders() throws {
        for (folder, latent) in zip(vault.folders, folders) where latent.isReplaced {
            latent.acceptRoot()
            try vault.local.apply.takeAsItIs(folder)
        }
    }

    private static func rootFact(_ id: FolderID) -> String { "root:\(id?.text ?? "")" }

    /// The vault's repository.
    /// - Parameter making: whether it is made when it is not there.
    private static func openRepository(_ configuration: Configuration, making: Bool)
        throws(RepositoryError) -> GitRepository
    {
        var information = stat()
        if stat(configuration.repository, &information) != 0, making {
            try GitRepository.create(at: configuration.repository, branch: configuration.branch)
        }
        return try GitRepository(opening: configuration.repository)
    }

    /// The same without the vault; made when this vault never had one.
    static func openRepository(_ configuration: Configuration) throws(RepositoryError)
        -> GitRepository
    {
        let isNew = access(configuration.stateDirectory + "/state.db", F_OK) != 0
        return try openRepository(configuration, making: isNew)
    }

    static func makeDirectory(_ path: String) throws(StateStoreError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES {
                throw StateStoreError(.io, "make \(made)", String(cString: strerror(errno)))
            }
        }
        var information = stat()
        guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
            throw StateStoreError(.io, "make \(path)", "it is not there and cannot be made")
        }
    }
}
