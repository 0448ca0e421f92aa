internal import Foundation
internal import ServiceLifecycle
internal import SyncEngine
internal import SyncHTTP
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("The control socket")
struct ControlSocketTests {
    /// Serves a vault, waits until it answers, does the work, and ends it.
    private func serving(
        _ vault: ServedVault, _ work: @escaping @Sendable (SocketClient) async throws -> Void
    ) async throws {
        let server = ControlServer(
            vault.configuration.socket, try vault.routes, log: ServedVault.silent,
            lookingAfter: .milliseconds(20))
        let group = ServiceGroup(
            configuration: .init(services: [server], logger: ServedVault.silent))
        let running = Task { try await group.run() }
        let client = SocketClient(socket: vault.configuration.socket)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(120)
        while clock.now < deadline, await !isListening(client) {
            try await clock.sleep(for: .milliseconds(5))
        }
        do { try await work(client) } catch { Issue.record(error) }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    private func isListening(_ client: SocketClient) async -> Bool {
        do { return try await ask(client, "GET", "/health").status == 200 } catch { return false }
    }

    /// Asks on a thread of its own: the client waits, and the server needs the others.
    private func ask(
        _ client: SocketClient, _ method: String, _ path: String, _ body: [UInt8]? = nil
    ) async throws -> SyncHTTP.HTTPResponse {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global().async {
                done.resume(
                    with: Result {
                        try client.send(method, path, body: body, deadline: .seconds(60))
                    })
            }
        }
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("is for its user alone, in a directory for its user alone, and goes at the end")
    func modes() async throws {
        let vault = try ServedVault()
        let socket = vault.configuration.socket
        try await serving(vault) { _ in
            let modes = [try mode(socket), try mode(vault.directory + "/run")]
            #expect(modes == [0o600, 0o700])
        }
        #expect(!FileManager.default.fileExists(atPath: socket))
    }

    @Test("is made again when somebody took it away, with its directory or for another's")
    func removed() async throws {
        let vault = try ServedVault()
        let (socket, run) = (vault.configuration.socket, vault.directory + "/run")
        try await serving(vault) { client in
            let clock = ContinuousClock()
            let ways: [() throws -> Void] = [
                { try FileManager.default.removeItem(atPath: socket) },
                { try FileManager.default.removeItem(atPath: run) },
                { try FileManager.default.moveItem(atPath: socket, toPath: socket + ".old") },
            ]
            for take in ways {
                try take()
                let deadline = clock.now + .seconds(60)
                while clock.now < deadline, await !isListening(client) {
                    try await clock.sleep(for: .milliseconds(5))
                }
                #expect(await isListening(client))
                #expect(try mode(socket) == 0o600)
                #expect(try mode(run) == 0o700)
            }
            // What is no socket stays, and is waited for.
            try FileManager.default.removeItem(atPath: socket)
            try Data("mine".utf8).write(to: URL(fileURLWithPath: socket))
            try await clock.sleep(for: .milliseconds(100))
            #expect(try Data(contentsOf: URL(fileURLWithPath: socket)) == Data("mine".utf8))
            try FileManager.default.removeItem(atPath: socket)
            let deadline = clock.now + .seconds(60)
            while clock.now < deadline, await !isListening(client) {
                try await clock.sleep(for: .milliseconds(5))
            }
            #expect(await isListening(client))
        }
        #expect(!FileManager.default.fileExists(atPath: socket))
    }

    @Test("what somebody put in its place stays at the end")
    func replaced() async throws {
        let vault = try ServedVault()
        let place = URL(fileURLWithPath: vault.configuration.socket)
        try await serving(vault) { _ in
            try FileManager.default.removeItem(at: place)
            try Data("mine".utf8).write(to: place)
        }
        #expect(try Data(contentsOf: place) == Data("mine".utf8))
    }

    @Test("takes the place of one that a killed daemon left")
    func stale() async throws {
        let vault = try ServedVault()
        let socket = vault.configuration.socket
        try FileManager.default.createDirectory(
            atPath: vault.directory + "/run", withIntermediateDirectories: true)
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(descriptor)
        try await serving(vault) { client in
            let answer = try await ask(client, "GET", "/status")
            #expect(answer.status == 200)
        }
    }

    @Test("carries a body there and an answer back")
    func bodies() async throws {
        let vault = try ServedVault()
        try vault.write("a.md", "one\n")
        try await serving(vault) { client in
            let body = Array(#"{"accept_deletes": true}"#.utf8)
            let answer = try await ask(client, "POST", "/api/sync/cycle", body)
            #expect(answer.status == 200)
            let report = try JSONDecoder().decode(CycleReport.self, from: Data(answer.body))
            #expect(report.outcome == .inSync)
            let empty = try await ask(client, "POST", "/api/sync/cycle", [])
            #expect(empty.status == 200)
        }
    }

    @Test("tells a follower why it is refused")
    func refusedFollower() async throws {
        let vault = try ServedVault()
        try await serving(vault) { client in
            let answer: SyncHTTP.HTTPResponse = try await withCheckedThrowingContinuation { done in
                DispatchQueue.global().async {
                    done.resume(
                        with: Result {
                            try client.follow("/api/sync/no-such") { _ in
                                Issue.record("it is no event")
                                return true
                            }
                        })
                }
            }
            #expect(answer.status == 404)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("\"detail\""))
        }
    }

    @Test("that nobody listens on is unreachable")
    func nobody() throws {
        let error = #expect(throws: HTTPError.self) {
            try SocketClient(socket: "/tmp/no-such.sock").send(
                "GET", "/status", deadline: .seconds(1))
        }
        #expect(error?.code == .unreachable)
    }

    @Test("that does not answer is given up at the deadline")
    func silence() throws {
        let path = "/tmp/silent-\(UInt32.random(in: .min ... .max)).sock"
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
            }
        }
        #expect(listen(descriptor, 1) == 0)
        let began = ContinuousClock.now
        let error = #expect(throws: HTTPError.self) {
            try SocketClient(socket: path).send("GET", "/", deadline: .milliseconds(100))
        }
        #expect(error?.code == .timedOut)
        #expect(ContinuousClock.now - began < .seconds(5))
    }
}
