package import SyncModel
internal import Synchronization

/// The latest status, readable at any moment, however long a cycle takes.
package final class StatusBoard: Sendable {
    private let current: Mutex<VaultStatus>
    private let watch = Mutex<(@Sendable () -> Bool)?>(nil)
    private let warnings = Mutex<[Topic: String]>([:])
    private let listener = Mutex(false)

    /// What beside the vault may need somebody: syncing goes on meanwhile.
    package enum Topic: Int, Sendable, Comparable {
        /// Nobody can ask over TCP.
        case listener
        /// The listener goes on with the certificate of before.
        case certificate
        /// Webhooks cannot be verified.
        case webhookSecret
        /// `state.json` cannot be written.
        case stateFile
        /// Tokens and deliveries were lost.
        case serviceStore

        package static func < (left: Topic, right: Topic) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// Starts with a status of which nothing is known.
    package init(_ status: VaultStatus) { current = Mutex(status) }

    /// What was last published; never "in sync" while a change waits that the vault was not told
    /// of yet.
    package var status: VaultStatus {
        // First the watch, then the board: a change on its way is seen at one of the two.
        let isQuiet = watch.withLock { $0 }?() ?? true
        var status = current.withLock { $0 }
        if !isQuiet && status.state == .inSync { status.state = .pending }
        status.notices += warnings.withLock { $0 }.sorted { $0.key < $1.key }.map(\.value)
        return status
    }

    /// Adds a notice to every status from now on.
    /// - Parameter words: nil once all is well.
    /// - Returns: whether that is news.
    @discardableResult
    package func warn(_ words: String?, of topic: Topic) -> Bool {
        warnings.withLock { warnings in
            defer { warnings[topic] = words }
            return warnings[topic] != words
        }
    }

    /// The notice of a topic; nil while all is well.
    package func warning(of topic: Topic) -> String? { warnings.withLock { $0[topic] } }

    /// Whether this daemon listens on TCP at the moment.
    package var isListening: Bool { listener.withLock { $0 } }

    /// Notes whether it does.
    package func note(isListening: Bool) { listener.withLock { $0 = isListening } }

    /// Asks `isQuiet` before "in sync" is said; nil asks nobody.
    func follow(_ isQuiet: (@Sendable () -> Bool)?) { watch.withLock { $0 = isQuiet } }

    /// Publishes a change.
    package func update(_ change: (inout VaultStatus) -> Void) {
        current.withLock { change(&$0) }
    }
}
