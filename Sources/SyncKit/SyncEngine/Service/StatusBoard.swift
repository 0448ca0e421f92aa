package import SyncModel
internal import Synchronization

/// The latest status, readable at any moment, however long a cycle takes.
package final class StatusBoard: Sendable {
    private let current: Mutex<VaultStatus>
    private let watch = Mutex<(@Sendable () -> Bool)?>(nil)
    private let listener = Mutex<String?>(nil)

    /// Starts with a status of which nothing is known.
    package init(_ status: VaultStatus) { current = Mutex(status) }

    /// What was last published; never "in sync" while a change waits that the vault was not told
    /// of yet.
    package var status: VaultStatus {
        // First the watch, then the board: a change on its way is seen at one of the two.
        let isQuiet = watch.withLock { $0 }?() ?? true
        var status = current.withLock { $0 }
        if !isQuiet && status.state == .inSync { status.state = .pending }
        if let words = listener.withLock({ $0 }) { status.notices.append(words) }
        return status
    }

    /// Says why nobody can ask over TCP; nil once they can. Syncing goes on meanwhile.
    package func warnOfListener(_ words: String?) { listener.withLock { $0 = words } }

    /// Asks `isQuiet` before "in sync" is said; nil asks nobody.
    func follow(_ isQuiet: (@Sendable () -> Bool)?) { watch.withLock { $0 = isQuiet } }

    /// Publishes a change.
    package func update(_ change: (inout VaultStatus) -> Void) {
        current.withLock { change(&$0) }
    }
}
