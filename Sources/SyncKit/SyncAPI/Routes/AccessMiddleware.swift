internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel

/// Lets a request through to its route: the host it names, where it comes from, who makes it.
struct AccessMiddleware: RouterMiddleware {
    let gate: Gate
    let door: Door
    let endpoints: [Endpoint]

    @concurrent func handle(
        _ request: Request, context: SyncContext,
        next: @concurrent (Request, SyncContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let endpoint = endpoints.first {
            $0.matches(request.uri.path) && ($0.method == request.method || request.isHead(of: $0))
        }
        let response: Response
        do {
            try checkPlace(request, context)
            if case .socket = door { try await Self.checkPeer(context.channel) }
            if case .scope(let scope)? = endpoint?.access {
                context.caller = try gate.caller(request, context.peer, at: door)
                try gate.check(context.caller, may: scope)
                let (gate, door, peer) = (gate, door, context.peer)
                context.isAdmitted = {
                    do {
                        try gate.check(gate.caller(request, peer, at: door), may: scope)
                        return true
                    } catch { return false }
                }
            } else {
                context.caller = gate.callerIfKnown(request, context.peer, at: door)
                // What the table does not know the router is not asked for.
                if endpoint == nil { throw HTTPError(.notFound) }
            }
            try Self.checkQuery(request, endpoint)
            response = try await next(request, context)
        } catch {
            response = try Problems.answer(error, request, endpoints)
        }
        let isRefusal = [401, 403, 429].contains(response.status.code)
        if request.method.changes || isRefusal {
            let caller =
                context.caller.address.isEmpty
                ? gate.nobody(request, context.peer, at: door) : context.caller
            gate.audit.note(
                caller, request.method, endpoint?.path ?? "(no route)", response.status.code,
                isRefusal: isRefusal)
        }
        return response
    }

    /// Refuses a query of which something would be passed over: what cannot be read, and, where a
    /// login reads something, a name that the route does not know or that stands there twice.
    private static func checkQuery(_ request: Request, _ endpoint: Endpoint?) throws(HTTPError) {
        var known = Set<String>?.none
        if let endpoint, endpoint.access != .anybody, !endpoint.method.changes {
            known = endpoint.query
        }
        for part in (request.uri.query ?? "").split(separator: "&") {
            let bytes = PercentEncoding.bytes(String(part))
            guard let bytes, let text = String(validating: bytes, as: UTF8.self) else {
                throw HTTPError(
                    .badRequest,
                    message: "'\(SafeText.escaped(String(part)))' of the query is no text: two "
                        + "hexadecimal digits stand behind each %, and make UTF-8")
            }
            let name = String(text.prefix { $0 != "=" })
            guard let endpoint, known != nil, known?.remove(name) == nil else { continue }
            let names = endpoint.query.sorted().joined(separator: ", ")
            let fault = endpoint.query.contains(name) ? "stands twice" : "is not known"
            throw HTTPError(
                .badRequest,
                message: "'\(SafeText.escaped(name))' in the query \(fault): "
                    + (names.isEmpty ? "expected no query" : "there are \(names), each once"))
        }
    }

    /// Refuses another user, however the socket's mode came to let them in.
    private static func checkPeer(_ channel: (any Channel)?) async throws {
        guard let options = channel as? any SocketOptionProvider else { return }
        let peer: PeerCredentials = try await options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        if peer.user != geteuid() && peer.user != 0 {
            throw HTTPError(
                .forbidden, message: "this socket is for the user who runs the daemon alone")
        }
    }

    private func checkPlace(_ request: Request, _ context: SyncContext) throws {
        guard case .network(let door) = door else { return }
        guard door.knowsHost(of: request, peer: context.peer) else {
            throw HTTPError(
                .forbidden,
                message: "this host's name is not known here: add it to hosts in [http]")
        }
        if request.method.changes, !door.isSameSite(request, peer: context.peer) {
            throw HTTPError(.forbidden, message: "a page of another site may change nothing here")
        }
    }
}

/// What the kernel says of a socket's other end: `struct ucred`, which glibc hides.
private struct PeerCredentials: Sendable {
    var process: pid_t = 0
    var user: uid_t = 0
    var group: gid_t = 0
}

extension Request {
    /// Whether it asks for the headers of a route that can be read.
    func isHead(of endpoint: Endpoint) -> Bool { method == .head && endpoint.method == .get }
}
