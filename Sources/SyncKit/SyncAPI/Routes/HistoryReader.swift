internal import SyncHistory
internal import SyncModel

/// Reads the history for requests on a queue of its own, with handles of its own: a long look back
/// holds up no capture.
actor HistoryReader {
    private let executor = QueueExecutor(label: "syncd.history")
    private let configuration: Configuration

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(_ configuration: Configuration) { self.configuration = configuration }

    /// Reads the history as it is now.
    func read<Answer: Sendable>(_ work: @Sendable (VaultHistory) throws -> Answer) throws
        -> Answer
    {
        try work(try VaultHistory(configuration))
    }
}
