package import SyncModel
internal import Synchronization

/// The latest status, readable at any moment, however long a cycle takes.
package final class StatusBoard: Sendable {
    private let current: Mutex<VaultStatus>
    private let watch = Mutex<(@Sendable () -> Bool)?>(nil)
    private let listener = Mutex<(@Sendable (VaultStatus) -> Void)?>(nil)

    /// Starts with a status of which nothing is known.
    package init(_ status: VaultStatus) { current = Mutex(status) }

    /// What was last published; never "in sync" while a change waits that the vault was not told
    /// of yet.
    package var status: VaultStatus {
        // First the watch, then the board: a change on its way is seen at one of the two.
        let isQuiet = watch.withLock { $0 }?() ?? true
        var status = current.withLock { $0 }
        if !isQuiet && status.state == .inSync { status.state = .pending }
        return status
    }

    /// Asks `isQuiet` before "in sync" is said; nil asks nobody.
    func follow(_ isQuiet: (@Sendable () -> Bool)?) { watch.withLock { $0 = isQuiet } }

    /// Publishes a change.
    package func update(_ change: (inout VaultStatus) -> Void) {
        let status = current.withLock { current in
            change(&current)
            return current
        }
        listener.withLock { $0 }?(status)
    }

    /// Tells somebody every status that is published from now on, at once and on the publisher's
    /// thread.
    package func listen(_ listener: @escaping @Sendable (VaultStatus) -> Void) {
        self.listener.withLock { $0 = listener }
    }
}
