internal import Synchronization

/// A call to a vault that may wait for the remote: it runs until it waits, and goes on when the
/// world says so. One runs at a time, so that a seed decides the order of everything.
final class SimFlight: Sendable {
    private struct State {
        /// What the call waits with; nil while it runs and once it is over.
        var waiting: CheckedContinuation<Void, Never>?
        /// The world, which waits until the call does.
        var world: CheckedContinuation<Void, Never>?
        var isOver = false
    }

    private let state = Mutex(State())
    /// What it is, for the script.
    let name: String

    init(_ name: String) { self.name = name }

    /// Whether the call has come to its end.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Begins the call, and comes back when it waits or is over.
    func begin(_ work: @escaping @Sendable () async -> Void) async {
        await withCheckedContinuation { (world: CheckedContinuation<Void, Never>) in
            state.withLock { $0.world = world }
            Task {
                await work()
                handBack { $0.isOver = true }
            }
        }
    }

    /// Lets the call go on, and comes back when it waits again or is over.
    func proceed() async {
        await withCheckedContinuation { (world: CheckedContinuation<Void, Never>) in
            let waiting = state.withLock { state in
                defer { (state.waiting, state.world) = (nil, world) }
                return state.waiting
            }
            guard let waiting else { fatalError("\(name) does not wait") }
            waiting.resume()
        }
    }

    /// Called within the call: waits until it may go on.
    func wait() async {
        await withCheckedContinuation { (waiting: CheckedContinuation<Void, Never>) in
            handBack { $0.waiting = waiting }
        }
    }

    private func handBack(_ change: (inout State) -> Void) {
        let world = state.withLock { state in
            change(&state)
            defer { state.world = nil }
            return state.world
        }
        world?.resume()
    }
}
