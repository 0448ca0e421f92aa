internal import HTTPTypes
internal import Hummingbird
internal import SyncModel

/// A route: the one place that says which requests there are and who may make them.
struct Endpoint: Sendable {
    /// Who may make the request.
    enum Access: Sendable, Equatable {
        /// Anybody who reaches the daemon.
        case anybody
        /// Whoever has a login with the scope.
        case scope(AccessScope)
    }

    typealias Handler = @Sendable (Request, SyncContext) async throws -> Response

    let method: HTTPRequest.Method
    /// As in the OpenAPI document: `/api/sync/conflicts/{id}`.
    let path: String
    let access: Access
    /// The names that its query may have, where it reads something.
    let query: Set<String>
    let handle: Handler

    /// A route for whoever has a scope.
    init(
        _ method: HTTPRequest.Method, _ path: String, _ scope: AccessScope,
        asking query: Set<String> = [], _ handle: @escaping Handler
    ) {
        (self.method, self.path, access) = (method, path, .scope(scope))
        (self.query, self.handle) = (query, handle)
    }

    /// A route for anybody.
    init(open method: HTTPRequest.Method, _ path: String, _ handle: @escaping Handler) {
        (self.method, self.path, access) = (method, path, .anybody)
        (query, self.handle) = ([], handle)
    }

    /// The path as the router takes it; the last parameter of a blob takes the rest.
    var routerPath: RouterPath {
        let parts = path.split(separator: "/").map { part -> String in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return String(part) }
            let name = part.dropFirst().dropLast()
            return name == "path" ? "**" : ":\(name)"
        }
        return RouterPath(parts.joined(separator: "/"))
    }

    /// Whether a request's path is one of this route.
    func matches(_ target: String) -> Bool {
        let parts = path.split(separator: "/")
        let asked = target.split(separator: "/")
        let isOpen = parts.last == "{path}"
        guard isOpen ? asked.count >= parts.count : asked.count == parts.count else { return false }
        return zip(parts, asked).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

extension Endpoint {
    /// Whether a request is for this, and may change something.
    func isChange(_ request: Request) -> Bool {
        request.method.changes && method == request.method && matches(request.uri.path)
    }
}

extension [Endpoint] {
    /// Whether a request is for one of these, and may change something.
    func haveChange(_ request: Request) -> Bool { contains { $0.isChange(request) } }
}
