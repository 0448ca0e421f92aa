internal import Glibc
internal import SyncConfiguration
internal import SyncModel

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
        ConfigurationError(problems: [
            .init(
                file: configuration.file ?? "", line: nil, column: nil, key: "vault",
                message: "\(configuration.vault) (\(configuration.repository)): \(what). Give "
                    + "this one a name of its own, which no other configuration has")
        ])
    }
}
