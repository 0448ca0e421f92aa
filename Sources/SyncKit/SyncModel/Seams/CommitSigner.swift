/// Signs commits. Calls come from one thread at a time and may take as long as a person takes to
/// answer an agent, at most `Limits.signWait`.
package protocol CommitSigner: Sendable {
    /// Signs a commit's content as it is without a signature.
    /// - Returns: the armoured signature, lines ended with a line feed.
    func sign(_ payload: [UInt8]) throws(SigningError) -> String
}

/// Why a commit could not be signed. It is made all the same: an edit comes before its signature.
package struct SigningError: Error, Sendable, CustomStringConvertible {
    /// One line, never a secret.
    package let cause: String

    package init(_ cause: String) { self.cause = cause }

    package var description: String { cause }
}
