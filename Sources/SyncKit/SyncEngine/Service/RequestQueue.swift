/// Who waits for a cycle. A request arrives, is captured, and is answered when an exchange that
/// began after its capture has ended.
struct RequestQueue {
    /// A caller that waits.
    struct Waiting {
        let request: VaultService.Request
        let done: CheckedContinuation<ExchangeOutcome?, Never>
    }

    private var arrived: [Waiting] = []
    private var captured: [Waiting] = []
    /// Whether somebody wants an exchange now and does not wait for it.
    private var isTriggered = false
    /// Whether somebody says that the remote has something.
    private(set) var isTold = false

    /// Whether somebody wants the exchange now.
    var isAsked: Bool { isTriggered || !captured.isEmpty }

    /// Whether requests arrived that are not captured yet.
    var hasArrivals: Bool { !arrived.isEmpty }

    /// Adds a caller.
    mutating func add(_ waiting: Waiting) { arrived.append(waiting) }

    /// Asks for an exchange that nobody waits for.
    mutating func trigger() { isTriggered = true }

    /// Notes that the remote is said to have something.
    mutating func tell() { isTold = true }

    /// The requests that arrived: they are to be captured now, and wait for the exchange.
    mutating func takeArrivals() -> [VaultService.Request] {
        let taken = arrived
        arrived = []
        captured += taken
        return taken.map(\.request)
    }

    /// An exchange begins: a trigger that comes meanwhile wants another one.
    mutating func begin() { (isTriggered, isTold) = (false, false) }

    /// Answers everybody who waits for an exchange.
    mutating func answer(_ outcome: ExchangeOutcome?) {
        let answered = captured
        captured = []
        for waiting in answered { waiting.done.resume(returning: outcome) }
    }

    /// Answers everybody: no exchange comes any more.
    mutating func cancel() {
        _ = takeArrivals()
        answer(nil)
    }
}
