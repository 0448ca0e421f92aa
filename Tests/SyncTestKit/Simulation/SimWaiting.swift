internal import Synchronization

/// Who waits for a cycle, and since when.
final class SimWaiting: Sendable {
    private struct State {
        var next = 0
        var since: [Int: (device: String, moment: Int64)] = [:]
    }

    private let state = Mutex(State())

    /// Somebody begins to wait.
    /// - Parameter moment: in nanoseconds of the world's clock.
    /// - Returns: the number to answer.
    func begin(_ device: String, at moment: Int64) -> Int {
        state.withLock { state in
            state.next += 1
            state.since[state.next] = (device, moment)
            return state.next
        }
    }

    /// Somebody waits no longer.
    func end(_ number: Int) { state.withLock { $0.since[number] = nil } }

    /// The process of a device ended: who waited there sees the connection end.
    func end(allOf device: String) {
        state.withLock { state in state.since = state.since.filter { $0.value.device != device } }
    }

    /// The devices at which somebody waits, sorted.
    var devices: [String] { state.withLock { $0.since.values.map(\.device).sorted() } }
}
