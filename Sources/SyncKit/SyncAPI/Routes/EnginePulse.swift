internal import SyncEngine
internal import SyncModel
internal import Synchronization

/// Tells whether the engine hangs: each look asks it for a turn, unless one is waited for, and sees
/// whether anything moved since the look before.
final class EnginePulse: Sendable {
    private struct State {
        /// Since when a turn is waited for; nil while none is.
        var asked: ContinuousClock.Instant?
        var count: UInt64 = 0
        var moved = ContinuousClock.now
    }

    private let service: VaultService
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameter patience: for how long nothing may move while a turn is waited for.
    init(_ service: VaultService, patience: Duration = Limits.enginePatience) {
        (self.service, self.patience) = (service, patience)
    }

    /// For how long the engine has hung; nil while it gets on.
    func hang(at now: ContinuousClock.Instant = .now) -> Duration? {
        let count = service.progress.count
        let (asks, hang) = state.withLock { state -> (Bool, Duration?) in
            if state.count != count { (state.count, state.moved) = (count, now) }
            guard let asked = state.asked else {
                state.asked = now
                return (true, nil)
            }
            let still = now - max(asked, state.moved)
            return (false, still > patience ? still : nil)
        }
        if asks {
            Task {
                await service.takeTurn()
                state.withLock { $0.asked = nil }
            }
        }
        return hang
    }
}
