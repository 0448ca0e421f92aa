internal import SyncHTTP
internal import SyncModel

/// Who to be to a server. Asks the sources in their order, the first that answers wins, and
/// remembers the answer until it is refused.
final class Credentials {
    private let sources: [any SecretSource]
    private let now: () -> ContinuousClock.Instant
    private var current: HTTPRequest.Login?
    private var origin: (any SecretSource)?
    private var isTaken = false
    /// When the login is asked for anew although nobody refused it.
    private var end: ContinuousClock.Instant?

    /// - Parameters:
    ///   - sources: in the order they are asked.
    ///   - now: a clock that goes on while the machine sleeps.
    init(
        _ sources: [any SecretSource],
        now: @escaping () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.sources = sources
        self.now = now
    }

    /// What to send with a request at once; nil sends none. A source that is only to be asked
    /// when a server wants a login is not asked here.
    func login(_ cancellation: Cancellation) throws(RemoteError) -> HTTPRequest.Login? {
        if let end, now() >= end { current = nil }
        if current == nil { try find({ !$0.isAskedLast }, cancellation) }
        return current
    }

    /// A login to try after one was refused: sources are read again, so that a token that was
    /// renewed works.
    /// - Returns: nil when there is no other.
    func other(than refused: HTTPRequest.Login?, _ cancellation: Cancellation)
        throws(RemoteError) -> HTTPRequest.Login?
    {
        if refused != nil { wasRefused() }
        try find({ _ in true }, cancellation)
        if let current, current != refused { return current }
        current = nil
        return nil
    }

    /// The server took the login.
    func wasTaken() {
        if isTaken { return }
        isTaken = true
        if let current { origin?.wasTaken(current) }
    }

    /// The server did not take the login.
    func wasRefused() {
        if let current { origin?.wasRefused(current) }
        (current, origin, isTaken) = (nil, nil, false)
    }

    private func find(_ asks: (any SecretSource) -> Bool, _ cancellation: Cancellation)
        throws(RemoteError)
    {
        for source in sources where asks(source) {
            guard let found = try source.login(cancellation) else { continue }
            (current, origin, isTaken) = (found, source, false)
            end = source.validity.map { now() + $0 }
            return
        }
    }
}

/// Where a login may come from.
protocol SecretSource {
    /// Whether it is asked only once a server wants a login: it may run programs, and it may ask
    /// the user.
    var isAskedLast: Bool { get }

    /// How long a login is good for, with time to spare; nil: until it is refused.
    var validity: Duration? { get }

    /// Reads the login anew.
    /// - Returns: nil when this source has none.
    /// - Throws: `.authentication` when it has one that may not be used, never with the secret.
    func login(_ cancellation: Cancellation) throws(RemoteError) -> HTTPRequest.Login?

    /// A server took what this source gave.
    func wasTaken(_ login: HTTPRequest.Login)

    /// A server refused what this source gave.
    func wasRefused(_ login: HTTPRequest.Login)
}

extension SecretSource {
    var isAskedLast: Bool { false }
    var validity: Duration? { nil }
    func wasTaken(_ login: HTTPRequest.Login) {}
    func wasRefused(_ login: HTTPRequest.Login) {}
}
