import Foundation
import Glibc
import SyncModel
import SyncRemote
import SyncTestKit
import Testing

@Suite("A TLS handshake that comes to nothing")
struct HandshakeTests {
    /// What the other side does once it was said hello to.
    struct Answer: CustomTestStringConvertible, Sendable {
        let name: String
        let bytes: [UInt8]
        /// Whether the connection is reset rather than closed.
        var isReset = false
        let code: RemoteError.Code
        var testDescription: String { name }
    }

    static let answers = [
        Answer(name: "is cut", bytes: [], code: .unreachable),
        Answer(name: "is reset", bytes: [], isReset: true, code: .unreachable),
        Answer(name: "is cut in a record", bytes: [22, 3, 3, 0, 90, 2, 0], code: .unreachable),
        Answer(
            name: "is answered by a portal",
            bytes: Array("HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n".utf8),
            code: .unreachable),
        Answer(
            name: "is given up for an internal error", bytes: [21, 3, 3, 0, 2, 2, 80],
            code: .unreachable),
        Answer(
            name: "finds no common version", bytes: [21, 3, 3, 0, 2, 2, 70], code: .untrusted),
    ]

    @Test("is a failure of the network unless the two disagree", arguments: answers)
    func handshake(_ answer: Answer) async throws {
        let fixture = try RemoteFixture()
        let server = try Listener(answer)
        let remote = NetworkRemote(
            local: fixture.local("a"), url: try RemoteURL("https://localhost:\(server.port)/r.git"),
            branch: "sync", device: "a", options: .init(environment: ["HOME": fixture.path]))
        let error = await #expect(throws: RemoteError.self) { try await remote.fetch() }
        #expect(error?.code == answer.code, "\(error as Any)")
        #expect((error?.hint?.contains("SSL_CERT_FILE") == true) == (answer.code == .untrusted))
    }

    /// Answers every connection alike.
    private final class Listener: Sendable {
        let port: UInt16
        private let socket: Int32

        init(_ answer: Answer) throws {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { place in
                place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) == 0 && listen(socket, 5) == 0
                        && getsockname(socket, $0, &length) == 0
                }
            }
            try #require(bound)
            (self.socket, port) = (socket, UInt16(bigEndian: address.sin_port))
            Thread.detachNewThread {
                while true {
                    let client = accept(socket, nil, nil)
                    if client < 0 { return }
                    var room = [UInt8](repeating: 0, count: 4096)
                    _ = recv(client, &room, room.count, 0)
                    _ = send(client, answer.bytes, answer.bytes.count, Int32(MSG_NOSIGNAL))
                    var linger = linger(l_onoff: answer.isReset ? 1 : 0, l_linger: 0)
                    setsockopt(
                        client, SOL_SOCKET, SO_LINGER, &linger,
                        socklen_t(MemoryLayout.size(ofValue: linger)))
                    close(client)
                }
            }
        }

        deinit { shutdown(socket, Int32(SHUT_RDWR)) }
    }
}
