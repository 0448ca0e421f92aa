internal import SyncGit
package import SyncModel

/// Brings back what was thinned, beside a daemon or without one: nothing is changed but what the
/// repository holds.
package struct BroughtBack {
    /// Whether something had been thinned.
    package let isAny: Bool

    /// - Throws: `RepositoryError`; `RemoteError` where it cannot be had: it stays thinned then.
    package init(_ configuration: Configuration) async throws {
        let repository = try GitRepository(opening: configuration.repository)
        isAny = repository.hasThinned
        if !isAny { return }
        guard let url = configuration.remote else {
            throw RemoteError(
                .missing, "fetch what was thinned", "this vault has no remote",
                hint: "set repository.remote to the one that has it")
        }
        let remote = try OpenedVault.remote(url, configuration, RemoteEvents())
        try await remote.bringBack()
        try repository.refresh()
        if try !repository.endThinning(waits: true) {
            throw RemoteError(
                .missing, "fetch what was thinned", "the remote does not have all of it any more",
                hint: RemoteError.howToGiveBack)
        }
    }
}
