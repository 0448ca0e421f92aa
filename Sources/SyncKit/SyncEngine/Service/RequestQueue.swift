/// Who waits for a cycle. A request arrives, is captured, and is answered when an exchange that
/// began after its capture has ended.
package struct RequestQueue {
    /// A caller that waits.
    package struct Waiting {
        let request: VaultService.Request
        /// Called once, with how the exchange ended; nil when none comes or it failed.
        let done: @Sendable (ExchangeOutcome?) -> Void

        package init(
            request: VaultService.Request, done: @escaping @Sendable (ExchangeOutcome?) -> Void
        ) {
            (self.request, self.done) = (request, done)
        }
    }

    private var arrived: [Waiting] = []
    private var captured: [Waiting] = []
    /// Whether somebody wants an exchange now and does not wait for it.
    private var isTriggered = false
    /// Whether somebody says that the remote has something.
    package private(set) var isTold = false

    /// Nobody waits.
    package init() {}

    /// Whether somebody wants the exchange now.
    package var isAsked: Bool { isTriggered || !captured.isEmpty }

    /// Whether requests arrived that are not captured yet.
    package var hasArrivals: Bool { !arrived.isEmpty }

    /// Whether one of those says what becomes of deletions that are held.
    var decidesDeletions: Bool { arrived.contains { $0.request.decidesDeletions } }

    /// Adds a caller.
    package mutating func add(_ waiting: Waiting) { arrived.append(waiting) }

    /// Asks for an exchange that nobody waits for.
    package mutating func trigger() { isTriggered = true }

    /// Notes that the remote is said to have something.
    package mutating func tell() { isTold = true }

    /// The requests that arrived: they are to be captured now, and wait for the exchange.
    package mutating func takeArrivals() -> [VaultService.Request] {
        let taken = arrived
        arrived = []
        captured += taken
        return taken.map(\.request)
    }

    /// An exchange begins: a trigger that comes meanwhile wants another one.
    package mutating func begin() { (isTriggered, isTold) = (false, false) }

    /// Answers everybody who waits for an exchange.
    package mutating func answer(_ outcome: ExchangeOutcome?) {
        let answered = captured
        captured = []
        for waiting in answered { waiting.done(outcome) }
    }

    /// Answers everybody: no exchange comes any more.
    package mutating func cancel() {
        _ = takeArrivals()
        answer(nil)
    }
}
