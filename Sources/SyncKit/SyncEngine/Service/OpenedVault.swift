internal import Glibc
internal import SyncGit
internal import SyncMerge
package import SyncModel
internal import SyncRemote
internal import SyncStore

/// A vault that was opened from its configuration, with the lock that makes it ours.
package final class OpenedVault {
    /// Everything the cycle works on, for the one that holds the lock.
    package private(set) var vault: Vault
    /// The folders as they are on disk, in the configuration's order.
    package let folders: [LatentFolder]
    let remote: (any RemoteLink)?
    let news: RemoteNews
    /// Why the record was begun anew; nil when it was not.
    package let rebuilt: String?
    private let lock: VaultLock
    private let configuration: Configuration

    /// Opens everything a vault has. What is not there yet is made: the state directory (0700),
    /// the repository, the record.
    /// - Parameters:
    ///   - configuration: a checked configuration.
    ///   - wait: how long to wait for another process that has the vault.
    /// - Throws: `RecordError` `.locked` when another process runs the vault, and what the
    ///   repository or the record say when they cannot be used.
    package init(_ configuration: Configuration, waiting wait: Duration = .zero) throws {
        self.configuration = configuration
        let news = RemoteNews()
        self.news = news
        let state = configuration.stateDirectory
        try Self.makeDirectory(state)
        let lockFile = state + "/lock"
        if wait == .zero {
            lock = try VaultLock.acquire(lockFile)
        } else {
            lock = try VaultLock.acquire(lockFile, waiting: wait)
        }
        let repository = try Self.openRepository(configuration)
        let record = try SQLiteRecord.open(state + "/state.db")
        rebuilt = record.rebuilt ? record.rebuiltReason : nil

        var folders: [LatentFolder] = []
        for folder in configuration.folders {
            let fact = try record.fact(Self.rootFact(folder.prefix))
            folders.append(
                LatentFolder(
                    root: folder.path, expected: fact.flatMap { .init($0) },
                    staging: state + "/staging"))
        }
        self.folders = folders
        remote = try configuration.remote.map { try Self.remote($0, configuration, news) }
        let brake = try Brake(IntakeFile(state + Self.intakeFile), clock: SystemClock())
        vault = Self.assemble(configuration, repository, record, folders, remote, brake)
        let isBlank = folders.allSatisfy { $0.identity == nil }
        if rebuilt != nil || isBlank { try vault.recallApplied() }
        try vault.noteScope()
        if let url = configuration.remote { try vault.meet(remote: url) }
    }

    /// In the state directory: what is being taken in from the remote.
    private static let intakeFile = "/intake"

    /// The brake as it stands, of a vault that another process may have; nil where nothing was
    /// ever taken in.
    static func brake(lookingAt configuration: Configuration) throws(RecordError) -> Brake? {
        let path = configuration.stateDirectory + intakeFile
        if access(path, F_OK) != 0 { return nil }
        return try Brake(
            lookingAt: IntakeFile(path, isReadOnly: true), clock: SystemClock())
    }

    /// The way to a remote of any kind.
    static func remote(
        _ url: String, _ configuration: Configuration, _ news: RemoteNews
    ) throws(RemoteError) -> any RemoteLink {
        if let path = RemotePath(url) {
            return PathRemote(
                local: configuration.repository, remote: path, branch: configuration.branch,
                device: configuration.device, unpublished: news.published)
        }
        return try network(url, configuration, Machine().environment, news)
    }

    /// The way to a remote behind a network.
    /// - Parameter environment: where its login, proxies and programs are named.
    static func network(
        _ url: String, _ configuration: Configuration, _ environment: [String: String],
        _ news: RemoteNews = RemoteNews()
    ) throws(RemoteError) -> NetworkRemote {
        var options = NetworkRemote.Options(environment: environment)
        options.patience = configuration.sync.timeout
        options.auth = configuration.auth
        return NetworkRemote(
            local: configuration.repository, url: try RemoteURL(url),
            branch: configuration.branch, device: configuration.device, options: options,
            unpublished: news.published, willPush: news.willPush)
    }

    private static func assemble(
        _ configuration: Configuration, _ repository: any ObjectRepository,
        _ record: any VaultRecord, _ folders: [LatentFolder], _ remote: (any RemoteLink)?,
        _ brake: Brake
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
            record: record, remote: remote, clock: SystemClock(),
            maxDeletesPercent: configuration.sync.maxDeletesPercent, brake: brake)
        let environment = environment(configuration, Machine().environment)
        if configuration.commit.sign != .off {
            vault.signer = ProgramSigner(
                configuration.commit, environment: environment,
                keyFile: configuration.stateDirectory + "/signing-key.pub")
        }
        if configuration.commit.requireSigned {
            vault.incomingRule = IncomingRule(
                verifier: ProgramVerifier(
                    environment: environment,
                    signatureFile: configuration.stateDirectory + "/signature"),
                trusted: configuration.commit.trusted)
        }
        return vault
    }

    /// What programs that sign and check find: a token is for HTTPS alone.
    static func environment(_ configuration: Configuration, _ whole: [String: String])
        -> [String: String]
    {
        var environment = whole
        if let name = configuration.auth.tokenEnvironment { environment[name] = nil }
        return environment
    }

    /// Sets a damaged record aside and begins another: the folders have to be scanned.
    package func rebuildRecord(_ reason: String) throws {
        let repository = vault.repository
        let brake = vault.brake
        vault = Self.assemble(configuration, repository, NoRecord(), folders, remote, brake)
        let record = try SQLiteRecord.open(
            configuration.stateDirectory + "/state.db", discarding: reason)
        vault = Self.assemble(configuration, repository, record, folders, remote, brake)
        try vault.recallApplied()
        try vault.noteScope()
    }

    /// Remembers each root that was opened, so that another directory in its place is noticed.
    package func rememberRoots() throws(RecordError) {
        for (folder, latent) in zip(vault.folders, folders) {
            guard let identity = latent.identity else { continue }
            let name = Self.rootFact(folder.id)
            if try vault.record.fact(name) != identity.text {
                try vault.record.setFact(name, identity.text)
            }
        }
    }

    private static func rootFact(_ id: FolderID) -> String { "root:\(id?.text ?? "")" }

    /// The vault's repository; made when it is not there.
    static func openRepository(_ configuration: Configuration) throws(RepositoryError)
        -> GitRepository
    {
        var information = stat()
        if stat(configuration.repository, &information) == 0 {
            return try GitRepository(opening: configuration.repository)
        }
        try GitRepository.create(at: configuration.repository, branch: configuration.branch)
        return try GitRepository(opening: configuration.repository)
    }

    private static func makeDirectory(_ path: String) throws(RecordError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES {
                throw RecordError(.io, "make \(made)", String(cString: strerror(errno)))
            }
        }
        var information = stat()
        guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
            throw RecordError(.io, "make \(path)", "it is not there and cannot be made")
        }
    }
}
