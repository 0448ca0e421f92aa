internal import SyncModel
internal import Synchronization

/// What waits to be written to one stream. All that came while something was written goes
/// together: a client that reads slower than events come costs no more writes.
final class EventQueue: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var count = 0
    }

    private let state = Mutex(State())
    /// Tells whoever writes that something waits; ends with the stream.
    let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init() {
        (wakeups, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Adds a message.
    /// - Returns: false when `Limits.eventBacklog` wait already.
    func add(_ message: [UInt8]) -> Bool {
        let isTaken = state.withLock { state in
            if state.count >= Limits.eventBacklog { return false }
            state.bytes += message
            state.count += 1
            return true
        }
        if isTaken { wake.yield() }
        return isTaken
    }

    /// What waits, in one piece.
    func take() -> [UInt8] {
        state.withLock { state in
            defer { state = State() }
            return state.bytes
        }
    }

    /// Nothing more comes; what waits is still to be written.
    func end() { wake.finish() }
}
