internal import Hummingbird
internal import SyncModel
internal import Synchronization

/// Counts the requests that wait for a cycle, so that they cannot pile up.
final class WaitingRequests: Sendable {
    private let count = Mutex(0)

    /// Does one request's work, unless too many wait already.
    func one<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        let isFull = count.withLock { count in
            if count >= Limits.waitingRequests { return true }
            count += 1
            return false
        }
        if isFull {
            throw HTTPError(.serviceUnavailable, message: "too many requests wait for a cycle")
        }
        defer { count.withLock { $0 -= 1 } }
        return try await work()
    }
}
