internal import HTTPTypes
internal import Hummingbird
internal import SyncEngine
internal import SyncModel
internal import SyncStore

/// Lets requests in: finds out who asks, and whether they may.
final class Gate: Sendable {
    let store: ServiceStore
    let links = LoginLinks()
    let audit: AuditLog
    private let limiter = FailureLimiter()
    let clock: any WallClock
    private let cookie: String

    /// - Parameters:
    ///   - vault: its name; browsers send the cookies of all ports of a host.
    ///   - store: tokens and sessions.
    init(vault: String, _ store: ServiceStore, _ audit: AuditLog, clock: any WallClock) {
        (self.store, self.audit, self.clock) = (store, audit, clock)
        cookie = "syncd_session_\(vault)"
    }

    /// Finds out who asks.
    /// - Throws: 401 for a login that is worth nothing, 429 for too many of them.
    func caller(_ request: Request, _ peer: String?, at door: Door) throws -> Caller {
        guard case .network(let door) = door else {
            return Caller(identity: .owner, scope: .admin, address: "socket")
        }
        let address = door.address(of: request, peer: peer)
        if let secret = bearer(request) {
            guard let caller = try caller(showing: secret, from: address) else {
                throw refusal(address, "this token is unknown, revoked or expired")
            }
            return caller
        }
        if let secret = request.cookies[cookie]?.value {
            // A page of somebody else's may make a browser send the cookie along.
            if request.method.changes, !door.isFromOwnPage(request) {
                throw HTTPError(.forbidden, message: "a change by cookie has to name its Origin")
            }
            guard try store.hasSession(hash: Secret.hash(secret), at: clock.now()) else {
                throw refusal(address, "this login has ended: syncctl dashboard gives a new one")
            }
            return Caller(identity: .session, scope: .admin, address: address)
        }
        return Caller(identity: .nobody, scope: nil, address: address)
    }

    /// The same where nobody has to be known: a login that is worth nothing is none. What a webhook
    /// shows is no login.
    func callerIfKnown(_ request: Request, _ peer: String?, at door: Door) -> Caller {
        let stranger = nobody(request, peer, at: door)
        guard case .network = door else {
            return Caller(identity: .owner, scope: .admin, address: "socket")
        }
        do {
            guard let secret = bearer(request) else { return stranger }
            return try caller(showing: secret, from: stranger.address) ?? stranger
        } catch { return stranger }
    }

    /// Whose token this is; nil for nobody's.
    private func caller(showing secret: String, from address: String) throws -> Caller? {
        try store.token(hash: Secret.hash(secret), at: clock.now()).map {
            Caller(identity: .token($0.name), scope: $0.scope, address: address)
        }
    }

    /// Somebody of whom only the address is known.
    func nobody(_ request: Request, _ peer: String?, at door: Door) -> Caller {
        var address = "socket"
        if case .network(let door) = door { address = door.address(of: request, peer: peer) }
        return Caller(identity: .nobody, scope: nil, address: address)
    }

    /// Refuses a request of somebody who may not make it.
    /// - Parameter needed: what one has to be allowed.
    func check(_ caller: Caller, may needed: AccessScope) throws {
        guard let scope = caller.scope else {
            throw Unauthorized(
                "this needs a login: Authorization: Bearer TOKEN, from "
                    + "syncctl token create, or the link that syncctl dashboard prints")
        }
        if scope < needed {
            throw HTTPError(
                .forbidden,
                message: "this needs the scope \(needed.rawValue), and the login has "
                    + scope.rawValue)
        }
    }

    /// Notes a failed login.
    func refusal(_ address: String, _ words: String) -> any Error {
        if let wait = limiter.failed(address) { return TooManyFailures(wait: wait) }
        return Unauthorized(words)
    }

    /// Begins a session.
    /// - Returns: the cookie that stands for it.
    func beginSession(isSecure: Bool) throws -> Cookie {
        let secret = Secret.make()
        let expires = Timestamp(
            milliseconds: clock.now().milliseconds
                + Int64(Limits.sessionLife / .milliseconds(1)))
        try store.addSession(hash: Secret.hash(secret), expires: expires, at: clock.now())
        return Cookie(
            name: cookie, value: secret, maxAge: Int(Limits.sessionLife / .seconds(1)), path: "/",
            secure: isSecure, httpOnly: true, sameSite: .strict)
    }

    private func bearer(_ request: Request) -> String? {
        guard let value = request.headers[.authorization] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}

/// There is no login, or one that is worth nothing.
struct Unauthorized: Error {
    let words: String

    init(_ words: String) { self.words = words }
}

/// Too many logins of an address failed.
struct TooManyFailures: Error {
    let wait: Duration
}

extension HTTPRequest.Method {
    /// Whether it may change something.
    var changes: Bool { self != .get && self != .head && self != .options }
}
