internal import Logging
internal import SyncModel

/// What keeps a vault from working, and what the log was told of it.
struct ServiceHealth {
    /// The two halves of a cycle, which fail apart from each other.
    enum Stage: Sendable { case capture, exchange }

    /// What keeps the folders from being captured, and what keeps the vault from the remote.
    private var byStage: [Stage: SyncFailure] = [:]
    /// How many tries failed in a row.
    private(set) var failures = 0
    /// When the exchange first failed of those that failed since; nil while it goes well.
    private(set) var offlineSince: Timestamp?
    /// What the log was told of states that last.
    private var words = LastingWords()
    private let log: Logger

    init(log: Logger) { self.log = log }

    /// What fails at the moment, a capture first.
    var all: [SyncFailure] { [.capture, .exchange].compactMap { byStage[$0] } }

    /// The one that concerns more: what waits for somebody before what passes.
    var failure: SyncFailure? { all.first { $0.kind == .needsUser } ?? all.first }

    /// Why the last exchange failed, or came to nothing.
    var exchangeFailure: SyncFailure? { byStage[.exchange] }

    /// Notes how a half of the cycle stands; the log is told when that changes.
    /// - Parameter failure: nil when all is well.
    mutating func set(_ failure: SyncFailure?, at stage: Stage) {
        let known = byStage[stage]
        byStage[stage] = failure
        if failure == nil && known == nil { return }
        say(failure?.text, of: stage == .capture ? .capture : .exchange, at: .error)
    }

    /// Counts a try that failed.
    mutating func fail(_ failure: SyncFailure, at stage: Stage, now: Timestamp) {
        if stage == .exchange, failure.isRemote, offlineSince == nil { offlineSince = now }
        set(failure, at: stage)
        failures += 1
    }

    /// The vault was paused: the remote is not asked any more, and how it stood counts no longer.
    mutating func pause() {
        offlineSince = nil
        guard exchangeFailure?.isRemote ?? false else { return }
        if byStage[.capture] == nil { failures = 0 }
        set(nil, at: .exchange)
    }

    /// An exchange went to its end.
    /// - Parameter failure: what it came to that somebody has to mend; nil for nothing.
    mutating func exchanged(_ failure: SyncFailure?) {
        offlineSince = nil
        if byStage[.capture] == nil { failures = 0 }
        set(failure, at: .exchange)
    }

    /// Says what lasts once, and nothing when all is well.
    mutating func say(_ text: String?, of topic: LastingWords.Topic, at level: Logger.Level) {
        words.say(text, of: topic, at: level, in: log)
    }
}
