internal import SyncModel

/// Signing what this device commits.
extension Vault {
    /// A commit's content, signed where that is asked for and can be done. An edit never waits
    /// for its signature: a commit that cannot be signed is made without one, and the status
    /// says so until one could be signed again.
    func signed(_ commit: Commit) throws -> [UInt8] {
        var signature: String?
        var failure: String?
        do { signature = try signer?.sign(commit.serialized) } catch { failure = error.cause }
        if try store.fact(Fact.unsigned) != failure { try store.setFact(Fact.unsigned, failure) }
        return signature.map { commit.serialized(signed: $0) } ?? commit.serialized
    }

    /// Why the last commit is not signed although it should be; nil when it is.
    func unsigned() throws -> String? {
        try store.fact(Fact.unsigned).map { "the last commit is not signed: \($0)" }
    }
}
