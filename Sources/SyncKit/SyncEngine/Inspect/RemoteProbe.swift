internal import SyncGit
package import SyncModel
internal import SyncRemote

/// Where the remote's head stands, asked without the vault: whoever waits for a slow server must
/// not keep a daemon from starting.
package enum RemoteProbe: Sendable {
    /// The vault has no remote.
    case none
    /// The branch's head; nil when the remote has no such branch.
    case seen(ObjectID?)
    /// Why it could not be asked.
    case failed(SyncFailure)

    /// Asks; nothing is fetched and nothing changed. Takes at most `Limits.probeWait`.
    package init(_ configuration: Configuration) async {
        guard let url = configuration.remote else {
            self = .none
            return
        }
        do {
            if let path = RemotePath(url) {
                self = .seen(try PathRemote.head(of: configuration.branch, at: path))
            } else {
                let remote = try OpenedVault.network(url, configuration, Machine().environment)
                self = .seen(try await remote.probe(within: Limits.probeWait))
            }
        } catch { self = .failed(SyncFailure(error)) }
    }

    /// Brings what the remote has into the vault's repository, without the vault: objects that are
    /// there change nothing, whoever runs it meanwhile. What has to rest is not brought.
    /// - Returns: nil when the vault has no remote.
    /// - Throws: `RemoteError`, or `RepositoryError` when there is no repository to bring it to.
    package static func fetch(_ configuration: Configuration) async throws -> RemoteSnapshot? {
        _ = try OpenedVault.openRepository(configuration)
        guard let url = configuration.remote else { return nil }
        let brake = try OpenedVault.brake(lookingAt: configuration)
        let remote = try OpenedVault.remote(url, configuration, RemoteEvents())
        return try await remote.fetch { missing, _ throws(RemoteError) in
            missing.filter { brake?.verdict(on: $0) ?? .take == .take }
        }
    }
}
