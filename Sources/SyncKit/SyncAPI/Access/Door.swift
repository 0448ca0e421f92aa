internal import HTTPTypes
internal import Hummingbird
package import SyncModel

/// Where requests come in, and what is asked of them there before anything else.
package enum Door: Sendable {
    /// The control socket: its file mode keeps everybody else out.
    case socket
    /// TCP.
    case network(NetworkDoor)
}

/// The rules for requests over TCP that do not depend on who asks.
package struct NetworkDoor: Sendable {
    private let hosts: Set<String>
    private let proxies: [AddressRange]
    private let isTLS: Bool

    /// Takes the listener's part of the configuration.
    package init(_ http: Configuration.HTTP) {
        var hosts = Set(http.hosts)
        if let listen = http.address?.host { hosts.insert(listen.lowercased()) }
        hosts.insert("localhost")
        self.hosts = hosts
        proxies = http.behindProxy
        isTLS = http.certificate != nil
    }

    /// Where a request came from: what a trusted proxy says, else the other end.
    func address(of request: Request, peer: String?) -> String {
        guard let peer else { return "unknown" }
        guard isProxy(peer) else { return peer }
        // The last that is no proxy of ours: what stands before it anybody may have written.
        let said = request.headers[values: .forwardedFor].joined(separator: ",").split(
            separator: ","
        )
        .map { $0.filter { $0 != " " } }
        return said.last { !isProxy($0) && Self.isAddress($0) } ?? peer
    }

    /// Whether a browser would send a cookie marked `Secure` back.
    func isSecure(_ request: Request, peer: String?) -> Bool {
        if isTLS { return true }
        return peer.map(isProxy) ?? false && request.headers[.forwardedProto] == "https"
    }

    /// Whether the host that a request names is this daemon's: a name that somebody else lets
    /// point here (DNS rebinding) is not. An address cannot be made to point elsewhere.
    func knowsHost(of request: Request, peer: String?) -> Bool {
        guard let host = host(of: request, peer: peer) else { return false }
        let name = Self.withoutPort(host)
        return hosts.contains(name.lowercased()) || Self.isAddress(name)
    }

    /// Whether a request that changes something comes from a page of this daemon's own, or from
    /// no page at all.
    func isSameSite(_ request: Request, peer: String?) -> Bool {
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" {
            return false
        }
        guard let origin = request.headers[.origin] else { return true }
        guard let host = host(of: request, peer: peer), let mark = origin.firstRange(of: "://")
        else { return false }
        return origin[mark.upperBound...].lowercased() == host.lowercased()
    }

    /// Whether a browser says that its request comes from this daemon's own page.
    func isFromOwnPage(_ request: Request) -> Bool {
        request.headers[.origin] != nil || request.headers[.secFetchSite] == "same-origin"
    }

    private func host(of request: Request, peer: String?) -> String? {
        if peer.map(isProxy) ?? false, let host = request.headers[.forwardedHost] { return host }
        return request.head.authority
    }

    private func isProxy(_ address: String) -> Bool { proxies.contains { $0.contains(address) } }

    private static func isAddress(_ text: String) -> Bool {
        !text.contains("/") && AddressRange(text) != nil
    }

    private static func withoutPort(_ host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            return String(host[host.index(after: host.startIndex)..<end])
        }
        return String(host.prefix { $0 != ":" })
    }
}

extension HTTPField.Name {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let forwardedProto = HTTPField.Name("X-Forwarded-Proto")!
    static let forwardedHost = HTTPField.Name("X-Forwarded-Host")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
