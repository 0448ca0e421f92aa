/// Where it is written down what of the remote's is being taken in: it tells the next process
/// what the one before died of. Called from the vault's thread and from the remote's.
package protocol IntakeNotes: Sendable {
    /// What was written last; nil for nothing.
    func read() throws(StateStoreError) -> String?

    /// Writes a line of ASCII in place of the one before. It outlives the process from then on.
    /// - Parameters:
    ///   - text: at most `Limits.intakeNote` bytes; nil for nothing.
    ///   - isDurable: whether it has to outlive a power cut, too.
    func write(_ text: String?, isDurable: Bool) throws(StateStoreError)
}

/// Asked before objects of the remote's are brought here, on the remote's queue.
/// - Parameters: commits that are missing here, the remote's head first where it is one of them;
///   and whether it is.
/// - Returns: those that may be brought.
package typealias IntakeGate =
    @Sendable (_ missing: [ObjectID], _ hasHead: Bool) throws(RemoteError) -> [ObjectID]
