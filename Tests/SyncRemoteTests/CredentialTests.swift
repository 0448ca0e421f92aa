import Foundation
import SyncModel
import SyncRemote
import Testing

@Suite("Logins")
struct CredentialTests {
    let fixture = try! RemoteFixture()
    let token = "canary-token-4f1d"

    /// Whether a device with these sources may fetch.
    private func fetch(
        _ server: GitServer, _ auth: Configuration.Auth, _ more: [String: String] = [:],
        url: (String) -> String = { $0 }
    ) async throws -> RemoteError? {
        let remote = try server.remote("a", fixture, auth: auth, more: more, url: url)
        do throws(RemoteError) {
            _ = try await remote.fetch()
            return nil
        } catch { return error }
    }

    private func write(_ text: String, mode: Int, name: String = "token") throws -> String {
        let path = "\(fixture.path)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @Test("each source gives a token, and without one the server's refusal is said")
    func sources() async throws {
        let server = try GitServer(.https, fixture)
        let file = try write(token + "\n", mode: 0o600)
        let store = try write(
            server.base.replacing("://", with: "://ada:\(token)@") + "\n", mode: 0o600,
            name: "store")
        let git = try write("[credential]\n\thelper = store --file \(store)\n", mode: 0o600)
        var auth = Configuration.Auth()
        #expect(try await fetch(server, auth)?.code == .authentication)
        auth.tokenEnvironment = "T"
        #expect(try await fetch(server, auth)?.code == .authentication)
        #expect(try await fetch(server, auth, ["T": token]) == nil)
        let wrong = try await fetch(server, auth, ["T": "wrong"])
        #expect(wrong?.code == .authentication)
        #expect(wrong?.hint?.contains("[auth]") == true)
        auth = .init()
        auth.tokenFile = try write(token + "\n", mode: 0o600, name: "other")
        #expect(try await fetch(server, auth) == nil)
        auth = .init()
        auth.tokenCommand = "cat \(fixture.path)/other | tr -d x"
        #expect(try await fetch(server, auth) == nil)
        auth.tokenCommand = "echo \(token) >&2; exit 3"
        let failed = try await fetch(server, auth)
        #expect(failed?.cause == "auth.token_command ended with 3")
        let directory = fixture.path + "/credentials"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: fixture.path + "/other", toPath: directory + "/syncd-token")
        #expect(
            try await fetch(server, .init(), ["CREDENTIALS_DIRECTORY": directory]) == nil)
        #expect(try await fetch(server, .init(), ["GIT_CONFIG_GLOBAL": git]) == nil)
        _ = file
    }

    @Test(
        "a token file that others may read, or that is no token, is refused with what to do",
        arguments: [
            (0o640, "secret-1", "others may read or write it", "chmod 600"),
            (0o644, "secret-1", "others may read or write it", "chmod 600"),
            (0o620, "secret-1", "others may read or write it", "chmod 600"),
            (0o600, "secret-1\nsecret-2", "does not hold one token", "one line"),
            (0o600, "", "does not hold one token", "one line"),
            (0o600, "secret-1\u{7}", "does not hold one token", "one line"),
        ])
    func files(_ mode: Int, _ text: String, _ cause: String, _ hint: String) async throws {
        var auth = Configuration.Auth()
        auth.tokenFile = try write(text, mode: mode)
        var options = NetworkRemote.Options(environment: ["PATH": "/usr/bin:/bin"])
        options.auth = auth
        let remote = NetworkRemote(
            local: fixture.local("a"), url: try RemoteURL("https://localhost:1/r.git"),
            branch: "sync", device: "a", options: options)
        let error = await #expect(throws: RemoteError.self) { try await remote.fetch() }
        #expect(error?.code == .authentication)
        #expect(error?.description.contains(cause) == true)
        #expect(error?.hint?.contains(hint) == true)
        #expect(error?.description.contains("secret-1") == false)
    }

    @Test(
        "a file of secrets is read without blanks, at either end of the line",
        arguments: [
            ("one\n", ["one"]), (" one\t \r\n\n  \n two", ["one", "two"]), ("\none", ["one"]),
            ("a b\n", ["a b"]), (" \n", []), ("", []),
        ] as [(String, [String])])
    func secrets(text: String, lines: [String]) throws {
        let path = try write(text, mode: 0o600)
        #expect(try SecretFile.lines(path) == lines)
    }

    @Test("a token that was renewed is read again when the old one is refused")
    func rotation() async throws {
        let server = try GitServer(.https, fixture)
        var auth = Configuration.Auth()
        auth.tokenFile = try write("of-yesterday", mode: 0o600)
        let remote = try server.remote("a", fixture, auth: auth)
        let error = await #expect(throws: RemoteError.self) { try await remote.fetch() }
        #expect(error?.code == .authentication)
        _ = try write(token, mode: 0o600)
        #expect(try await remote.fetch().head == nil)
        // And within one call: the server forgets the one that was used just now.
        _ = try write("of-tomorrow", mode: 0o600)
        #expect(try await remote.fetch().head == nil)
        let crypted = try fixture.git("-c", "alias.p=!openssl passwd -apr1 of-tomorrow", "p")
        try "x-access-token:\(crypted)\n".write(
            toFile: fixture.path + "/server/users", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: fixture.path + "/server/users")
        #expect(try await remote.fetch().head == nil)
    }

    @Test("the user that the URL names is the one of the login")
    func user() async throws {
        let server = try GitServer(.https, fixture)
        var auth = Configuration.Auth()
        auth.tokenEnvironment = "T"
        for (user, works) in [("ada", true), ("eve", false)] {
            let error = try await fetch(server, auth, ["T": token]) {
                $0.replacing("://", with: "://\(user)@")
            }
            #expect((error == nil) == works, "\(user)")
        }
    }
}
