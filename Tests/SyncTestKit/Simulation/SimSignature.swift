package import SyncModel

/// Signatures that anybody can make and check: of the very bytes that were signed.
package struct SimSignature: CommitSigner, CommitVerifier {
    package init() {}

    package func sign(_ payload: [UInt8]) throws(SigningError) -> String {
        let name = ObjectID(hashing: payload, as: .blob).hex
        return "-----BEGIN SIM SIGNATURE-----\n\n\(name)\n-----END SIM SIGNATURE-----\n"
    }

    package func verdict(on commit: SignedCommit) async throws(SigningError) -> SignatureVerdict {
        let isGood = Array(try sign(commit.payload).utf8) == commit.signature
        return isGood && commit.signatures == 1 ? .good : .refused("it is of something else")
    }
}

/// Checks signatures as a program does that takes its time.
struct SimSlowVerifier: CommitVerifier {
    let wait: @Sendable () async -> Void

    func verdict(on commit: SignedCommit) async throws(SigningError) -> SignatureVerdict {
        await wait()
        return try await SimSignature().verdict(on: commit)
    }
}
