import Foundation
import SyncGit
import SyncHTTP
import SyncModel
import SyncRemote
import Testing

@Suite("What HTTPS costs")
struct HTTPSTests {
    let fixture = try! RemoteFixture()

    @Test("a poll that finds nothing is one small request on the connection that is open")
    func poll() async throws {
        let server = try GitServer(.https, fixture)
        let a = try server.remote("a", fixture)
        let one = try fixture.commit("f", "one", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: one) == .accepted)
        // Two thousand others make no difference.
        var lines = "# pack-refs with: peeled fully-peeled sorted\n"
        for number in 1000..<3000 { lines += "\(one.hex) refs/heads/other\(number)\n" }
        try lines.write(toFile: fixture.remote + "/packed-refs", atomically: true, encoding: .utf8)
        _ = try await a.fetch()
        // The first push and the first fetch each ask first what the server can.
        let before = try server.requests(after: 0, count: 4)
        #expect(before.count == 4)
        for _ in 0..<3 {
            #expect(try await a.fetch() == RemoteSnapshot(head: one, devices: ["a": one]))
        }
        let asked = try server.requests(after: 4, count: 3)
        #expect(asked.count == 3)
        for request in asked {
            #expect(request[0...1].joined(separator: " ") == "POST /remote.git/git-upload-pack")
            #expect(try #require(Int(request[3])) < 400, "bytes up")
            #expect(try #require(Int(request[4])) < 600, "bytes down")
            #expect(request[5...6].joined(separator: " ") == "HTTP/2.0 TLSv1.3")
            #expect(request[7] == before.last?[7], "the same connection")
        }
    }

    @Test("one more commit is fetched by two requests and pushed by one, with what is new alone")
    func one() async throws {
        let server = try GitServer(.https, fixture)
        let a = try server.remote("a", fixture)
        let b = try server.remote("b", fixture)
        let one = try fixture.commit(
            "d/e/f", (0..<2000).map { "\($0 &* 7919)" }.joined(), by: "a")
        #expect(try await a.push(one, expecting: nil, applied: nil) == .accepted)
        _ = try await b.fetch()
        var known = try server.requests(after: 0, count: 5).count
        #expect(known == 5)
        let next = try fixture.commit("d/e/g", "small", on: [one], by: "a")
        #expect(try await a.push(next, expecting: one, applied: nil) == .accepted)
        let pushed = try server.requests(after: known, count: 1)
        #expect(try #require(Int(pushed[0][3])) < 1200, "bytes up")
        known += 1
        #expect(try await b.fetch().head == next)
        let fetched = try server.requests(after: known, count: 2)
        #expect(fetched.count == 2)
        #expect(try #require(Int(fetched[1][4])) < 1200, "bytes down")
        #expect(try fixture.fsck(fixture.local("b")) == "")
    }

    @Test("what the server can is asked again after a while")
    func memory() async throws {
        let server = try GitServer(.https, fixture)
        let a = try server.remote("a", fixture, memory: .zero)
        for _ in 0..<3 { _ = try await a.fetch() }
        #expect(try server.requests(after: 0, count: 6).count == 6)
    }

    @Test("a large push after another asks first whether somebody was faster, and sends nothing")
    func large() async throws {
        let server = try GitServer(.https, fixture)
        let a = try server.remote("a", fixture)
        let b = try server.remote("b", fixture)
        _ = try await a.fetch()
        let one = try fixture.commit("one", "one", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: nil) == .accepted)
        _ = try await b.fetch()
        let other = try fixture.commit("other", "other", on: [one], by: "b")
        #expect(try await b.push(other, expecting: one, applied: nil) == .accepted)
        let large = (0..<Limits.requestBufferBytes / 6).map { "\($0 &* 7_919_993)" }.joined()
        let next = try fixture.commit("large", large, on: [one], by: "a")
        let known = try server.requests(after: 0, count: 9).count
        #expect(try await a.push(next, expecting: one, applied: nil) == .moved)
        let asked = try server.requests(after: known, count: 1)
        #expect(asked.map { $0[1] } == ["/remote.git/git-upload-pack"])
    }

    @Test("an answer is taken up to its limit, counted as it is after gzip")
    func limit() throws {
        let size = 3_000
        let words = String(repeating: "a", count: size)
        let extra =
            "location = /words { auth_basic off; default_type text/plain; gzip on; "
            + "gzip_types text/plain; gzip_proxied any; return 200 '\(words)'; }"
        let server = try GitServer(.https, fixture, options: "{\"extra\": \"\(extra)\"}")
        var options = HTTPClient.Options()
        options.authorities = server.environment["SSL_CERT_FILE"]
        let client = try HTTPClient(options)
        for most in [size, size - 1] {
            var came = 0
            let request = HTTPRequest(
                server.base + "/words", answerType: "text/plain", mostBytes: most,
                deadline: .seconds(10))
            do throws(HTTPError) {
                let head = try client.send(request, cancellation: try Cancellation()) {
                    came += $0.count
                    return true
                }
                #expect(head.status == 200)
                #expect(came == size && most == size)
            } catch {
                #expect(error.code == .tooLarge)
                #expect(most < size && came <= most)
            }
        }
        let sent = try server.requests(after: 0, count: 2).compactMap { Int($0[4]) }
        #expect(sent.count == 2 && sent.allSatisfy { $0 < size / 3 }, "it came deflated")
    }
}
