internal import SyncModel

/// Signing what this device commits.
extension Vault {
    /// A commit's content, signed where that is asked for and can be done. An edit never waits
    /// for its signature: a commit that cannot be signed is made without one, and the status
    /// says so until one could be signed again.
    func signed(_ commit: Commit) throws -> [UInt8] {
        guard let signer else {
            if try record.fact(Fact.unsigned) != nil { try record.setFact(Fact.unsigned, nil) }
            return commit.serialized
        }
        let signature: String
        do { signature = try signer.sign(commit.serialized) } catch {
            let words = "\(error.cause)"
            if try record.fact(Fact.unsigned) != words {
                try record.setFact(Fact.unsigned, words)
            }
            return commit.serialized
        }
        if try record.fact(Fact.unsigned) != nil { try record.setFact(Fact.unsigned, nil) }
        return commit.serialized(signed: signature)
    }

    /// Why the last commit is not signed although it should be; nil when it is.
    func unsigned() throws -> String? {
        try record.fact(Fact.unsigned).map { "the last commit is not signed: \($0)" }
    }
}
