package import SyncModel
internal import Synchronization

/// What happens in a vault, for whoever follows it.
package enum VaultEvent: Sendable {
    /// Where the vault stands has changed.
    case status(VaultStatus)
    /// A step of the cycle ended.
    case step(CycleStep, took: Duration)
    /// A commit of this device's, or one that came in, is the head.
    case commit(ObjectID, Origin, subject: String)
    /// The remote has the head.
    case pushed(ObjectID, subject: String, sinceEdit: Duration?)
    /// An exchange begins.
    case exchangeBegan
    /// It ended.
    case exchangeEnded(took: Duration, failure: String?)
    /// A conflict is open that was not.
    case conflictOpened(OpenConflict)
    /// A conflict is resolved.
    case conflictResolved(id: String, path: TreePath)
    /// Another device says how far it has applied.
    case device(String, ObjectID)

    /// Where a head came from.
    package enum Origin: String, Sendable, Codable {
        /// The folders of this device.
        case captured
        /// Somebody who asked this device.
        case requested
        /// The remote.
        case applied
    }
}

/// A step of the cycle whose time is taken.
package enum CycleStep: String, Sendable, Codable, CaseIterable {
    case capture, fetch, merge, apply, push
}

/// Tells everybody who follows a vault what happens, in order, on the vault's own thread: who is
/// told has to be quick.
package final class VaultEvents: Sendable {
    private let followers = Mutex<[@Sendable (VaultEvent) -> Void]>([])

    /// Follows from now on.
    package func follow(_ tell: @escaping @Sendable (VaultEvent) -> Void) {
        followers.withLock { $0.append(tell) }
    }

    /// Tells everybody.
    func tell(_ event: VaultEvent) {
        for follower in followers.withLock({ $0 }) { follower(event) }
    }
}

/// How long the steps of a cycle took, since somebody last asked.
package final class CycleTimes {
    private var taken: [(CycleStep, Duration)] = []

    /// Takes a step's time, also when it fails.
    func measure<Value>(_ step: CycleStep, _ work: () throws -> Value) rethrows -> Value {
        let began = ContinuousClock.now
        defer { taken.append((step, ContinuousClock.now - began)) }
        return try work()
    }

    /// The same of a step that waits.
    func measure<Value>(_ step: CycleStep, _ work: () async throws -> Value) async rethrows
        -> Value
    {
        let began = ContinuousClock.now
        defer { taken.append((step, ContinuousClock.now - began)) }
        return try await work()
    }

    /// What was taken; from now on it is taken anew.
    func take() -> [(CycleStep, Duration)] {
        defer { taken = [] }
        return taken
    }
}
