import Foundation
import SyncModel
import SyncRemote
import Testing

@Suite("What a server refuses")
struct RefusalTests {
    let fixture = try! RemoteFixture()

    /// What nginx answers in place of git, and what it is to become.
    struct Answer: CustomTestStringConvertible, Sendable {
        let name: String
        /// Lines of nginx's configuration.
        let lines: String
        let code: RemoteError.Code
        let cause: String
        var hint: String?
        var patience: ClosedRange<Int>?
        var testDescription: String { name }

        init(
            _ name: String, _ lines: String, _ code: RemoteError.Code, _ cause: String,
            hint: String? = nil, patience: ClosedRange<Int>? = nil
        ) {
            (self.name, self.lines, self.code) = (name, lines, code)
            (self.cause, self.hint, self.patience) = (cause, hint, patience)
        }
    }

    private static let soon = Int(Date().timeIntervalSince1970) + 7200

    static let answers = [
        Answer(
            "no write access", #"return 403 "Write access to repository not granted.\\n";"#,
            .authentication, "HTTP 403, Write access to repository not granted.",
            hint: "the token has to allow"),
        Answer(
            "not found", #"return 404 "Repository not found.\\n";"#, .missing,
            "no such repository, or none this login may see", hint: "the token reaches"),
        Answer(
            "gone", "return 410;", .missing, "no such repository", hint: "repository.remote"),
        Answer(
            "rate limit with retry-after", "add_header Retry-After 120 always; return 429;",
            .limited, "too many requests", patience: 120...120),
        Answer(
            "rate limit that says nothing", "return 429;", .limited, "too many requests",
            patience: 60...60),
        Answer(
            "GitHub's secondary limit", #"return 403 "You have exceeded a secondary rate limit.";"#,
            .limited, "too many requests", patience: 60...60),
        Answer(
            "GitHub's primary limit",
            "add_header X-RateLimit-Remaining 0 always; "
                + "add_header X-RateLimit-Reset \(soon) always; "
                + "return 403;", .limited, "too many requests", patience: 3600...7200),
        Answer(
            "left alone until before the beginning of time",
            "add_header X-RateLimit-Reset -9223372036854775808 always; return 429;",
            .limited, "too many requests", patience: 1...1),
        Answer(
            "left alone until after the end of time, in a number that is none",
            "add_header X-RateLimit-Reset 99999999999999999999999 always; return 503;",
            .unreachable, "HTTP 503", patience: 86_400...86_400),
        Answer(
            "left alone for ever", "add_header Retry-After 9223372036854775807 always; return 429;",
            .limited, "too many requests", patience: 86_400...86_400),
        Answer(
            "left alone for a time that is over", "add_header Retry-After -5 always; return 429;",
            .limited, "too many requests", patience: 60...60),
        Answer(
            "left alone until a day far away",
            #"add_header Retry-After "Fri, 31 Dec 9999 23:59:59 GMT" always; return 503;"#,
            .unreachable, "HTTP 503", patience: 86_400...86_400),
        Answer(
            "left alone until a day long ago",
            #"add_header Retry-After "Sun, 06 Nov 1994 08:49:37 GMT" always; return 503;"#,
            .unreachable, "HTTP 503", patience: 0...0),
        Answer("too large", "return 413;", .tooLarge, "takes no request of this size"),
        Answer(
            "maintenance", #"add_header Retry-After 30 always; return 503 "back soon\\n";"#,
            .unreachable, "HTTP 503, back soon", patience: 30...30),
        Answer("broken", "return 500;", .unreachable, "HTTP 500"),
        Answer(
            "another host", "return 301 https://example.org$request_uri;", .missing,
            "redirects to https://example.org/remote.git/info/refs", hint: "set repository.remote"),
        Answer(
            "the same host with a login", "return 301 https://eve@$http_host$request_uri;",
            .missing, "which is not followed", hint: "set repository.remote"),
        Answer(
            "plain HTTP", "return 301 http://$http_host$request_uri;", .missing,
            "redirects to http://localhost"),
        Answer(
            "in a circle", "return 301 https://$http_host$request_uri;", .missing,
            "redirects in a circle"),
        Answer(
            "a login page", #"return 200 "<html>Log in</html>";"#, .missing,
            "is a page, not a git repository"),
        Answer(
            "a full disk", #"return 507 "insufficient storage";"#, .noSpace, "HTTP 507"),
        Answer(
            "escape sequences", #"return 403 "no\\u001b[31m \\u0007red";"#, .authentication,
            "HTTP 403, no"),
    ]

    @Test("each answer of a server has a name and a next step", arguments: answers)
    func answer(_ answer: Answer) async throws {
        let lines = "location ~ info/refs { default_type text/plain; \(answer.lines) }"
            .replacing("\\\\", with: "\\").replacing("\"", with: "\\\"").replacing("\n", with: "")
        let server = try GitServer(
            .https, fixture, options: "{\"extra\": \"\(lines.replacing("\\n", with: ""))\"}")
        let remote = try server.remote("a", fixture)
        let error = await #expect(throws: RemoteError.self) { try await remote.fetch() }
        #expect(error?.code == answer.code, "\(String(describing: error))")
        #expect(error?.cause.contains(answer.cause) == true, "\(String(describing: error))")
        if let hint = answer.hint { #expect(error?.hint?.contains(hint) == true) }
        if let patience = answer.patience {
            let seconds = try #require(error?.retryAfter?.components.seconds)
            #expect(patience.contains(Int(seconds)))
        }
        #expect("\(String(describing: error))".unicodeScalars.allSatisfy { $0.value >= 0x20 })
        #expect("\(String(describing: error))".contains("canary") == false)
    }

    /// Texts of hosts, as a hook prints them.
    static let words = [
        (
            "remote: error: GH013: Repository rule violations found for refs/heads/sync.\n"
                + "remote: - Commits must have verified signatures.", "unsigned"
        ),
        ("error: GH013: Repository rule violations found for refs/heads/sync.", "host's rules"),
        (
            "error: GH013: Repository rule violations found for refs/heads/sync.\n"
                + "remote: - Push cannot contain secrets", "take the secret out"
        ),
        ("error: GH006: Protected branch update failed for refs/heads/sync.", "host's rules"),
        ("GitLab: You are not allowed to push code to protected branches", "host's rules"),
        (
            "error: GH001: Large files detected. You may want to try Git Large File Storage",
            "take the file out of the folder"
        ),
        ("error: GH009: Secrets detected! This push failed.", "take the secret out"),
        ("Your push was rejected: repository quota exceeded", "make room at the remote"),
        ("sorry, not on a Sunday", "its words say why"),
    ]

    /// Pushes a first commit, which the server declines; gives its words.
    private func declined(by server: GitServer) async throws -> String {
        let root = try fixture.commit("f", "root", by: "a")
        let outcome = try await server.remote("a", fixture)
            .push(root, expecting: nil, applied: nil)
        guard case .declined(let words) = outcome else {
            Issue.record("\(outcome)")
            return ""
        }
        return words
    }

    @Test("a hook's refusal comes with its words and the next step", arguments: words)
    func hook(_ said: String, _ step: String) async throws {
        let server = try GitServer(.https, fixture)
        let hook = fixture.remote + "/hooks/pre-receive"
        try "#!/bin/sh\ncat >&2 <<'END'\n\(said)\nEND\nexit 1\n"
            .write(toFile: hook, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let words = try await declined(by: server)
        #expect(words.contains(said.replacing("\n", with: " ")))
        #expect(words.contains(step))
    }

    @Test("a pack that is larger than the remote takes is said to be")
    func large() async throws {
        let server = try GitServer(.https, fixture)
        try fixture.git("-C", fixture.remote, "config", "receive.maxInputSize", "20")
        let words = try await declined(by: server)
        #expect(words.contains("pack exceeds maximum allowed size"))
        #expect(words.contains("receive.maxInputSize"))
    }

    @Test("a repository that was renamed on the same host is followed")
    func renamed() async throws {
        let lines =
            "location ~ ^/old.git/info/refs { return 301 "
            + "https://$http_host/remote.git/info/refs?$args; }"
        let server = try GitServer(.https, fixture, options: "{\"extra\": \"\(lines)\"}")
        let remote = try server.remote("a", fixture, path: "old.git")
        let root = try fixture.commit("f", "root", by: "a")
        #expect(try await remote.fetch().head == nil)
        #expect(try await remote.push(root, expecting: nil, applied: nil) == .accepted)
        #expect(try await remote.fetch().head == root)
    }

    @Test("a remote that is not there, not git or not ours is said to be, at once")
    func elsewhere() async throws {
        let cases: [(String, RemoteError.Code, String)] = [
            ("https://localhost:1/r.git", .unreachable, "connect"),
            ("https://no-such-host.invalid/r.git", .unreachable, "resolve"),
            ("http://127.0.0.1:1/r.git", .unreachable, "connect"),
        ]
        for (url, code, word) in cases {
            let remote = NetworkRemote(
                local: fixture.local("a"), url: try RemoteURL(url), branch: "sync", device: "a",
                options: .init(environment: ["PATH": "/usr/bin:/bin"]))
            let error = await #expect(throws: RemoteError.self) { try await remote.fetch() }
            #expect(error?.code == code, "\(url)")
            #expect(
                error?.cause.lowercased().contains(word) == true, "\(String(describing: error))")
        }
        let server = try GitServer(.https, fixture)
        try fixture.git("init", "-q", "--bare", "--object-format=sha256", fixture.path + "/256.git")
        let other = try server.remote("a", fixture, path: "256.git")
        let error = await #expect(throws: RemoteError.self) { try await other.fetch() }
        #expect(error?.cause.contains("SHA-256") == true)
    }

    @Test("a server that is silent is given up after the patience, and at once when cancelled")
    func silent() async throws {
        let listener = try Listener()
        let url = try RemoteURL("http://127.0.0.1:\(listener.port)/r.git")
        var options = NetworkRemote.Options(environment: [:])
        options.patience = .milliseconds(300)
        let remote = NetworkRemote(
            local: fixture.local("a"), url: url, branch: "sync", device: "a", options: options)
        var began = ContinuousClock.now
        let error = await #expect(throws: RemoteError.self) { try await remote.fetch() }
        #expect(error?.code == .unreachable)
        #expect(error?.cause.contains("not a byte for") == true)
        #expect(ContinuousClock.now - began < .seconds(120))

        options.patience = .seconds(600)
        let patient = NetworkRemote(
            local: fixture.local("a"), url: url, branch: "sync", device: "a", options: options)
        began = .now
        let task = Task { try await patient.fetch() }
        try listener.waitForClients(2)
        task.cancel()
        let cancelled = await #expect(throws: RemoteError.self) { try await task.value }
        #expect(cancelled?.cause.contains("cancelled") == true)
        #expect(ContinuousClock.now - began < .seconds(120))
    }
}

/// Takes connections and says nothing.
private final class Listener {
    private let descriptor: Int32
    let port: Int
    private var clients: [Int32] = []

    init() throws {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptor = made
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(made, $0, length) == 0 && listen(made, 8) == 0
                    && getsockname(made, $0, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        try #require(bound)
    }

    deinit { for end in clients + [descriptor] { close(end) } }

    /// Waits until so many have connected.
    func waitForClients(_ count: Int) throws {
        while clients.count < count {
            var look = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            try #require(poll(&look, 1, 10_000) == 1, "nobody connected")
            clients.append(accept(descriptor, nil, nil))
        }
    }
}
