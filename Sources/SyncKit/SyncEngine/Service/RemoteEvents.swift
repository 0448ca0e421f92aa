internal import SyncModel
internal import Synchronization

/// What the way to the remote tells besides its answers, from its own queue to the vault's.
final class RemoteEvents: Sendable {
    private let state = Mutex<(pushes: [ExchangeSchedule.Instant], unpublished: String?)>(([], nil))

    /// Notes that a push is about to be sent.
    func willPush() {
        let now = ContinuousClock.now
        state.withLock { $0.pushes.append(now) }
    }

    /// When pushes were sent since the last call.
    func takePushes() -> [ExchangeSchedule.Instant] {
        state.withLock { state in
            defer { state.pushes = [] }
            return state.pushes
        }
    }

    /// Notes why the remote does not show how far this device has applied; nil once it does.
    func published(_ failure: RepositoryError?) {
        let words = failure.map { "the other devices do not see how far this one is: \($0)" }
        state.withLock { $0.unpublished = words }
    }

    /// The same in words, for a person.
    var unpublished: String? { state.withLock { $0.unpublished } }
}
