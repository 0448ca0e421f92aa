import Foundation
import SyncHTTP
import SyncModel
import Testing

@testable import SyncRemote

@Suite("A GitHub App's login")
struct GitHubAppTests {
    let fixture = try! RemoteFixture()

    @Test(
        "the API is the host's, and only a repository of the usual form has one",
        arguments: [
            ("https://github.com/me/notes", "https://api.github.com|me|notes"),
            ("https://github.com/me/notes.git", "https://api.github.com|me|notes"),
            (
                "https://git.example.org:8443/a-b/c_d.e.git",
                "https://git.example.org:8443/api/v3|a-b|c_d.e"
            ),
            ("https://github.com/notes", ""), ("https://github.com/a/b/c", ""),
            ("http://localhost/a/b", ""), ("https://github.com/a%2f/b", ""),
            ("https://github.com/a/b\"c", ""), ("https://github.com/a/.git", ""),
        ])
    func place(_ url: String, _ expected: String) {
        let place = GitHubApp.Place(url)
        #expect(place.map { "\($0.api)|\($0.owner)|\($0.name)" } ?? "" == expected)
    }

    @Test("a key is turned into a token by asking the API, and the token opens the repository")
    func token() async throws {
        let key = fixture.path + "/app.pem"
        try fixture.git("-c", "alias.k=!openssl genrsa -traditional -out \(key) 2048", "k")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try FileManager.default.createDirectory(
            atPath: fixture.path + "/me", withIntermediateDirectories: false)
        try FileManager.default.moveItem(
            atPath: fixture.remote, toPath: fixture.path + "/me/notes.git")
        // nginx answers as GitHub does, and notes who asked.
        let json = "default_type application/json; auth_basic off;"
        let lines =
            "location = /api/v3/repos/me/notes/installation { \(json) "
            + "add_header X-Seen $http_authorization; return 200 '{\\\"id\\\": 77}'; } "
            + "location = /api/v3/app/installations/77/access_tokens { \(json) "
            + "return 201 '{\\\"token\\\": \\\"canary-token-4f1d\\\", \\\"expires_at\\\": 1}'; }"
        let server = try GitServer(.https, fixture, options: "{\"extra\": \"\(lines)\"}")
        var auth = Configuration.Auth()
        auth.githubApp = "Iv1.abc"
        auth.githubAppKeyFile = key
        let remote = try server.remote("a", fixture, path: "me/notes.git", auth: auth)
        #expect(try await remote.fetch().head == nil)
        let root = try fixture.commit("f", "root", by: "a")
        #expect(try await remote.push(root, expecting: nil, applied: nil) == .accepted)
        #expect(try await remote.fetch().head == root)
        let asked = try server.requests(after: 0, count: 7).filter { $0[1].hasPrefix("/api/") }
        #expect(asked.map { $0[0] } == ["GET", "POST"], "once is enough")

        let elsewhere = try server.remote("a", fixture, path: "me/other.git", auth: auth)
        let error = await #expect(throws: RemoteError.self) { try await elsewhere.fetch() }
        #expect(error?.code == .authentication)
    }

    /// Gives a login of another password each time it is asked.
    private final class Mint: SecretSource {
        let validity: Duration? = GitHubApp(id: "", keyFile: "", base: "", client: .init()).validity
        private(set) var made = 0

        func login(_ cancellation: Cancellation) -> HTTPRequest.Login? {
            made += 1
            return HTTPRequest.Login(user: "x-access-token", password: "\(made)")
        }
    }

    @Test("a token is renewed before its hour is over, and not before its time")
    func renewal() throws {
        let mint = Mint()
        var now = ContinuousClock.now
        let credentials = Credentials([mint], now: { now })
        let cancellation = try Cancellation()
        let validity = try #require(mint.validity)
        #expect(validity < .seconds(3600))
        for round in 1...3 {
            #expect(try credentials.login(cancellation)?.password == "\(round)")
            now += validity - .nanoseconds(1)
            #expect(try credentials.login(cancellation)?.password == "\(round)")
            now += .nanoseconds(1)
        }
        #expect(mint.made == 3)
    }

    @Test("what is signed is what the key's public half verifies")
    func signature() throws {
        let key = fixture.path + "/app.pem"
        try fixture.git("-c", "alias.k=!openssl genrsa -traditional -out \(key) 2048", "k")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let app = GitHubApp(id: "12345", keyFile: key, base: "", client: .init())
        let parts = try app.proof().split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        let decoded = try parts.map { part -> Data in
            let plain = part.replacing("-", with: "+").replacing("_", with: "/")
            let padded = plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
            return try #require(Data(base64Encoded: padded))
        }
        #expect(String(decoding: decoded[0], as: UTF8.self) == #"{"alg":"RS256","typ":"JWT"}"#)
        struct Claims: Decodable { let iat, exp: Int, iss: String }
        let claims = try JSONDecoder().decode(Claims.self, from: decoded[1])
        #expect(claims.iss == "12345")
        #expect(claims.exp - claims.iat == 600)
        try Data("\(parts[0]).\(parts[1])".utf8)
            .write(to: URL(fileURLWithPath: fixture.path + "/text"))
        try decoded[2].write(to: URL(fileURLWithPath: fixture.path + "/signature"))
        let verify =
            "openssl rsa -in \(key) -pubout -out \(key).pub && openssl dgst -sha256 "
            + "-verify \(key).pub -signature \(fixture.path)/signature \(fixture.path)/text"
        #expect(try fixture.git("-c", "alias.v=!\(verify)", "v").contains("Verified OK"))
    }
}
