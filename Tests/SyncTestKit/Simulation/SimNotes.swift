package import SyncModel
internal import Synchronization

/// Where a simulated device notes what it takes in. Writing it is no step of its own: whatever
/// ends the process, the note stands as it was written last.
package final class SimNotes: IntakeNotes {
    private let isEnded = Mutex(false)
    private let line = Mutex<String?>(nil)

    /// Nothing is noted.
    package init() {}

    /// Lets nothing be written any more: the process has ended.
    package func end() { isEnded.withLock { $0 = true } }

    /// Another process begins.
    package func begin() { isEnded.withLock { $0 = false } }

    package func read() throws(StateStoreError) -> String? { line.withLock { $0 } }

    package func write(_ text: String?, isDurable: Bool) throws(StateStoreError) {
        if isEnded.withLock({ $0 }) { throw StateStoreError(.io, "write", "crashed") }
        line.withLock { $0 = text }
    }
}
