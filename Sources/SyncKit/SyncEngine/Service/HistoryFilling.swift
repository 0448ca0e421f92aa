internal import Logging
internal import SyncHistory
internal import SyncModel

/// Fills the history's index in the background, with handles and a thread of its own: a history
/// that is long and new takes as long as reading it.
actor HistoryFilling {
    private let executor = QueueExecutor(label: "syncd.index")
    private let configuration: Configuration
    private let log: Logger
    private var words = LastingWords()
    private var hasFilled = false

    init(_ configuration: Configuration, log: Logger) {
        (self.configuration, self.log) = (configuration, log)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Takes in what came, once in a run and then whenever much did: who reads looks at the newest
    /// commits itself.
    /// - Parameter moves: how often the head moved since this was last called with as many as
    ///   `Limits.indexedMoves`.
    func fill(after moves: Int) {
        if hasFilled && moves < Limits.indexedMoves { return }
        take { configuration, now in
            try BackgroundWork.of { try HistoryIndexer.fill(configuration, now: now) }
        }
    }

    /// Takes in what came, where that is little: for a command that has the vault, and ends.
    func fillIfLittle() {
        take { try HistoryIndexer.fill($0, now: $1, ifAtMost: Limits.indexedAtOnce) }
    }

    private func take(_ fill: (Configuration, _ now: Timestamp) throws -> Int) {
        do {
            let count = try fill(configuration, SystemClock().now())
            if count > Limits.indexedAtOnce { log.info("the history's index has \(count) more") }
            hasFilled = true
            words.say(nil, of: .historyIndex, at: .warning, in: log)
        } catch {
            words.say(
                "the history is not indexed, its log is slower: \(SyncFailure(error).text)",
                of: .historyIndex, at: .warning, in: log)
        }
    }
}
