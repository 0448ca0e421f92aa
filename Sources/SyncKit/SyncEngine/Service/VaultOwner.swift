internal import Glibc
internal import SyncConfiguration
internal import SyncModel
internal import SyncStore

/// Which configuration a vault belongs to. Two that name one vault would push what is in the
/// folders of the one to the remote of the other.
struct VaultOwner {
    let store: any StateStore
    let repository: any ObjectRepository
    let configuration: Configuration
    private static let fact = "configuration"

    /// Refuses a configuration that means another vault.
    /// - Parameter joining: whether a new vault is being made, over a repository that has commits
    ///   already: it goes on with what is there only where the remote is the same.
    /// - Throws: `ConfigurationError` with what to do.
    func check(joining: Bool) throws {
        let remote = try store.fact(Vault.Fact.remoteURL)
        let isSameRemote = remote == configuration.remote
        if let file = try store.fact(Self.fact), file != configuration.file,
            joining || !isSameRemote, access(file, F_OK) == 0
        {
            throw refusal("it is the vault of \(file)")
        }
        if joining, !isSameRemote, try !isNew() {
            throw refusal(
                remote.map { "it is there already, with the remote \($0)" }
                    ?? "it is there already, and without a remote")
        }
    }

    /// Notes whose it is from now on.
    func note() throws(StateStoreError) {
        guard let file = configuration.file, try store.fact(Self.fact) != file else { return }
        try store.setFact(Self.fact, file)
    }

    /// Whether nothing was committed by it yet, or the state store is newer than what was.
    private func isNew() throws -> Bool {
        try repository.reference("refs/heads/\(configuration.branch)") == nil
            || UnfinishedVault(configuration.repository).isMarked
            || store.fact(Vault.Fact.scope) == nil
    }

    private func refusal(_ what: String) -> ConfigurationError {
        Self.refusal(
            configuration, "vault",
            "\(configuration.vault) (\(configuration.repository)): \(what). Give this one a name "
                + "of its own, which no other configuration has")
    }

    private static func refusal(_ configuration: Configuration, _ key: String, _ message: String)
        -> ConfigurationError
    {
        ConfigurationError(problems: [
            .init(
                file: configuration.file ?? "", line: nil, column: nil, key: key,
                message: message)
        ])
    }

    /// Keeps the repository from every other configuration that names it: two vaults that write to
    /// it would each push what is in the folders of the other.
    /// - Returns: nil where no lock can be had: it is on a file system without, full, or read-only.
    /// - Throws: `ConfigurationError` where another vault has it.
    static func lockRepository(of configuration: Configuration) throws -> VaultLock? {
        let path = configuration.repository + "/syncd.lock"
        do throws(StateStoreError) {
            // Whoever opens the other vault for one command gives it back soon.
            return try VaultLock.acquire(path, waiting: Limits.lockWait)
        } catch {
            if error.code != .locked { return nil }
            let process = VaultLock.owner(path).map { " (pid \($0))" } ?? ""
            throw refusal(
                configuration, "repository.path",
                "another vault's syncd\(process) has \(configuration.repository): each "
                    + "configuration names a repository of its own")
        }
    }
}
