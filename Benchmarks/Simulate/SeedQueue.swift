import Synchronization

/// The seeds of a run, for several tasks that take one after the other.
final class SeedQueue: Sendable {
    /// A history that failed.
    struct Failure: Sendable {
        let seed: UInt64
        let words: String
    }

    private struct State {
        var seeds: Range<UInt64>
        var done = 0
        var failed: [Failure] = []
    }

    private let state: Mutex<State>
    private let most: Int

    /// - Parameter failures: after how many the run ends.
    init(_ seeds: Range<UInt64>, failures: Int) {
        state = Mutex(State(seeds: seeds))
        most = failures
    }

    /// How many seeds were taken.
    var done: Int { state.withLock { $0.done } }

    /// What failed.
    var failed: [Failure] { state.withLock { $0.failed } }

    /// The next seed; nil at the end of the run.
    func next() -> UInt64? {
        state.withLock { state in
            guard state.failed.count < most, let seed = state.seeds.popFirst() else { return nil }
            state.done += 1
            return seed
        }
    }

    /// Notes a failure, and says it at once.
    func fail(_ failure: Failure) {
        print(failure.words)
        state.withLock { $0.failed.append(failure) }
    }
}
