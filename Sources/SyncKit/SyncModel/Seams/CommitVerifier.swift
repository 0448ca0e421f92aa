/// Asks whose signature a commit has. May wait for other programs; never on the caller's thread.
package protocol CommitVerifier: Sendable {
    /// Judges a commit that has a signature.
    /// - Throws: `SigningError` when it cannot be judged: a program is missing, or took longer
    ///   than `Limits.signWait`.
    func verdict(on commit: SignedCommit) async throws(SigningError) -> SignatureVerdict
}

/// What a signature is worth.
package enum SignatureVerdict: Sendable, Equatable {
    /// Somebody whom the user's git knows signed these very bytes.
    case good
    /// Why not, in one line: `the key … is not known`.
    case refused(String)
}

/// What commits that others made have to be like before they come in.
package struct IncomingRule: Sendable {
    /// Knows the user's keys.
    package let verifier: any CommitVerifier
    /// What this commit reaches is not asked; nil, or one that is not here, excepts nothing.
    package let trusted: ObjectID?

    package init(verifier: any CommitVerifier, trusted: ObjectID?) {
        self.verifier = verifier
        self.trusted = trusted
    }
}
