internal import SyncWatch

/// Where a service is in its life; only forward.
enum ServiceLife {
    /// What the loop runs on.
    struct Loop {
        let watch: BatchStream
        /// Wakes the exchange; wake-ups that come together are one.
        let wake: AsyncStream<Void>.Continuation
    }

    /// Nothing runs: who asks makes a cycle of their own.
    case idle
    case running(Loop)
    /// What is under way ends, and nobody is let in any more; nil once the loop is over.
    case ending(Loop?)

    /// The loop, while it runs.
    var loop: Loop? {
        switch self {
        case .idle: nil
        case .running(let loop): loop
        case .ending(let loop): loop
        }
    }

    /// Whether no request is let in any more.
    var isEnding: Bool {
        if case .ending = self { return true }
        return false
    }

    /// Begins to end.
    mutating func end() { self = .ending(loop) }
}
