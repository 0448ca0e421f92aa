internal import HTTPTypes
internal import Hummingbird
internal import SyncEngine
internal import SyncModel
internal import SyncStore

/// Logins: tokens for programs, one-time links for browsers.
struct AdministrationRoutes: Sendable {
    let gate: Gate
    let service: VaultService
    let door: Door

    @Sendable func tokens(_ request: Request, _: SyncContext) async throws -> Response {
        try JSONAnswer.page(try gate.store.tokens(), request)
    }

    @Sendable func createToken(_ request: Request, _: SyncContext) async throws -> Response {
        let asked: TokenRequest = try await JSONBody.read(request, .token)
        guard AccessToken.isName(asked.name) else {
            throw HTTPError(
                .badRequest, message: "name takes 1 to 64 letters, digits, '.', '_' and '-'")
        }
        if let seconds = asked.expiresIn, seconds < 1 {
            throw HTTPError(.badRequest, message: "expires_in takes seconds, at least 1")
        }
        let secret = Secret.make()
        let now = gate.clock.now()
        let expires = asked.expiresIn.map { seconds in
            let (sum, isBeyond) = now.seconds.addingReportingOverflow(Int64(seconds))
            return isBeyond ? Timestamp.latest : Timestamp(seconds: sum)
        }
        guard
            try gate.store.addToken(
                asked.name, asked.scope, hash: Secret.hash(secret), created: now, expires: expires)
        else { throw HTTPError(.conflict, message: "there is a token \(asked.name) already") }
        let token = AccessToken(
            name: asked.name, scope: asked.scope, created: now, expires: expires)
        return try JSONAnswer.of(CreatedToken(token: token, secret: secret), .created)
    }

    @Sendable func revokeToken(_: Request, _ context: SyncContext) async throws -> Response {
        let name = try context.parameter("name")
        guard try gate.store.removeToken(name) else {
            throw HTTPError(.notFound, message: "there is no token \(name)")
        }
        return Response(status: .noContent)
    }

    /// A link for a browser on this machine, or for one that comes through the proxy.
    @Sendable func makeLink(_ request: Request, _: SyncContext) async throws -> Response {
        try await JSONBody.refuseBody(request)
        guard let base = service.configuration.http.browserURL else {
            throw HTTPError(.conflict, message: "listen in [http] is empty: no browser comes in")
        }
        try await waitForListener()
        return try JSONAnswer.of(LoginLink(url: "\(base)/login/\(gate.links.make())"), .created)
    }

    /// Waits until this daemon listens: another program may have the port, and would get the link.
    private func waitForListener() async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + Limits.listenerWait
        while !service.board.isListening {
            if let words = service.board.warning(of: .listener) {
                throw HTTPError(.conflict, message: words)
            }
            if clock.now > deadline {
                let listen = service.configuration.http.listen
                throw HTTPError(.conflict, message: "nobody can ask at \(listen) yet: try again")
            }
            try await clock.sleep(for: .milliseconds(10))
        }
    }

    @Sendable func login(_ request: Request, _ context: SyncContext) async throws -> Response {
        let code = try context.parameter("code")
        // Who only asks what is there has not come in yet.
        let isLook = request.method == .head
        guard isLook ? gate.links.has(code) : gate.links.take(code) else {
            throw gate.refusal(
                context.caller.address,
                "this link was used or is too old: syncctl dashboard prints a new one")
        }
        var isSecure = false
        if case .network(let door) = door {
            isSecure = door.isSecure(request, peer: context.peer)
        }
        var response = Response(
            status: .seeOther,
            headers: [
                .location: "/settings/sync", .cacheControl: "no-store",
                HTTPField.Name("Referrer-Policy")!: "no-referrer",
            ])
        if isLook { return response }
        response.setCookie(try gate.beginSession(isSecure: isSecure))
        return response
    }

    /// Ends what such links began, in whatever browser, and the links that nobody used yet.
    @Sendable func endSessions(_: Request, _: SyncContext) async throws -> Response {
        gate.links.removeAll()
        try gate.store.removeSessions()
        return Response(status: .noContent)
    }
}
