internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("The network door")
struct DoorTests {
    private func door(_ proxies: [String] = []) -> NetworkDoor {
        var http = Configuration.HTTP()
        http.hosts = ["vps.example"]
        http.behindProxy = proxies.compactMap(AddressRange.init)
        return NetworkDoor(http)
    }

    private func request(_ host: String?, _ headers: [String: String] = [:]) -> Request {
        var fields = HTTPFields()
        for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
        let head = HTTPRequest(
            method: .post, scheme: "http", authority: host, path: "/api/sync",
            headerFields: fields)
        return Request(head: head, body: .init(buffer: ByteBuffer()))
    }

    @Test(
        "knows its own names and addresses, and no name that somebody lets point here",
        arguments: [
            ("127.0.0.1:8390", true), ("localhost", true), ("LOCALHOST:8390", true),
            ("[::1]:8390", true), ("192.168.1.5:8390", true), ("vps.example", true),
            ("VPS.Example:443", true), ("evil.example", false), ("vps.example.evil", false),
            ("127.0.0.1.evil.example", false), ("", false), (nil, false),
        ])
    func hosts(host: String?, isKnown: Bool) {
        #expect(door().knowsHost(of: request(host), peer: "127.0.0.1") == isKnown)
    }

    @Test(
        "lets a page change something that is its own",
        arguments: [
            ([:], true), (["Origin": "http://localhost:8390"], true),
            (["Origin": "https://localhost:8390"], true), (["Origin": "http://evil"], false),
            (["Origin": "null"], false), (["Origin": "http://localhost:1"], false),
            (["Sec-Fetch-Site": "cross-site"], false), (["Sec-Fetch-Site": "same-site"], false),
            (["Sec-Fetch-Site": "same-origin"], true),
        ])
    func origins(headers: [String: String], isTaken: Bool) {
        #expect(
            door().isSameSite(request("localhost:8390", headers), peer: "127.0.0.1") == isTaken)
    }

    @Test(
        "believes what a proxy of its own says of where a request came from, and nobody else",
        arguments: [
            (["10.0.0.0/8"], "10.0.0.1", "1.2.3.4", "1.2.3.4"),
            (["10.0.0.0/8"], "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
            (["10.0.0.0/8"], "10.0.0.1", "unknown", "10.0.0.1"),
            (["10.0.0.0/8"], "9.9.9.9", "1.2.3.4", "9.9.9.9"),
            ([], "127.0.0.1", "1.2.3.4", "127.0.0.1"),
        ])
    func forwarded(proxies: [String], peer: String, said: String, address: String) {
        let request = request("localhost", ["X-Forwarded-For": said])
        #expect(door(proxies).address(of: request, peer: peer) == address)
    }

    @Test("takes a proxy's word for the host and the scheme")
    func forwardedHost() {
        let headers = ["X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"]
        let request = request("localhost", headers)
        #expect(!door(["127.0.0.1"]).knowsHost(of: request, peer: "127.0.0.1"))
        #expect(door(["127.0.0.1"]).isSecure(request, peer: "127.0.0.1"))
        #expect(door().knowsHost(of: request, peer: "127.0.0.1"))
        #expect(!door().isSecure(request, peer: "127.0.0.1"))
    }
}
