internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore
internal import SyncEngine
internal import SyncModel
internal import Synchronization
import Testing

@testable import SyncAPI

@Suite("Routes")
struct RouteTests {
    private func ask(
        _ vault: ServedVault, _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil
    ) async throws -> TestResponse {
        let application = Application(router: try vault.routes.router(at: .socket))
        return try await application.test(.router) { client in
            try await client.execute(
                uri: path, method: method, body: body.map { ByteBuffer(string: $0) })
        }
    }

    private func decode<Value: Decodable>(_ response: TestResponse) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(response.body.readableBytesView))
    }

    @Test("the status is one picture under both names", arguments: ["/status", "/api/sync/status"])
    func status(path: String) async throws {
        let response = try await ask(ServedVault(), .get, path)
        #expect(response.status == .ok)
        let status: VaultStatus = try decode(response)
        #expect(status.daemon == "running")
        #expect(status.device == "ada")
    }

    @Test("a cycle captures what was written, is waited for, and says how it ended")
    func cycle() async throws {
        let vault = try ServedVault()
        try vault.write("a.md", "one\n")
        let response = try await ask(vault, .post, "/api/sync/cycle", #"{"scan": true}"#)
        let report: CycleReport = try decode(response)
        #expect(report.outcome == .inSync)
        #expect(report.status.head != nil)
        #expect(report.status.state == .inSync)
    }

    @Test(
        "a request that is no JSON object is a problem, and not a fault",
        arguments: ["nonsense", "[]", #"{"scan": 1}"#])
    func badCycle(body: String) async throws {
        let response = try await ask(ServedVault(), .post, "/api/sync/cycle", body)
        #expect(response.status == .badRequest)
        #expect(response.headers[.contentType] == "application/problem+json")
    }

    @Test("a vault without a remote has none to choose about")
    func remote() async throws {
        let vault = try ServedVault()
        let standing: RemoteStanding = try decode(await ask(vault, .get, "/api/sync/remote"))
        #expect(standing.remote == nil)
        #expect(standing.change == nil)
        let body = #"{"choice": "restore"}"#
        #expect(try await ask(vault, .post, "/api/sync/remote", body).status == .notFound)
        #expect(
            try await ask(vault, .post, "/api/sync/remote", #"{"choice": "x"}"#).status
                == .badRequest)
    }

    @Test("a body past its bound is refused")
    func largeBody() async throws {
        let body = String(repeating: " ", count: Limits.requestBytes + 1)
        let response = try await ask(ServedVault(), .post, "/api/sync/cycle", body)
        #expect(response.status == .contentTooLarge)
    }

    @Test("what does not exist is a problem that names it")
    func missing() async throws {
        let response = try await ask(ServedVault(), .get, "/api/sync/nowhere")
        #expect(response.status == .notFound)
        let problem: JSONAnswer.Problem = try decode(response)
        #expect(problem.status == 404)
        #expect(problem.detail.contains("/api/sync/nowhere"))
    }

    @Test(
        "a hint to sync is accepted at once, with an id",
        arguments: ["/trigger-sync", "/api/sync/pull", "/api/sync/push"])
    func trigger(path: String) async throws {
        let response = try await ask(ServedVault(), .post, path)
        #expect(response.status == .accepted)
        let answer: [String: String] = try decode(response)
        #expect(answer["id"]?.isEmpty == false)
    }

    @Test("health is 200 while it works and 503 with the reason while a folder is missing")
    func health() async throws {
        let vault = try ServedVault()
        var response = try await ask(vault, .get, "/health")
        #expect(response.status == .ok)
        try FileManager.default.removeItem(atPath: vault.directory + "/folder")
        _ = try await ask(vault, .post, "/api/sync/cycle")
        response = try await ask(vault, .get, "/api/health")
        #expect(response.status == .serviceUnavailable)
        let health: HealthAnswer = try decode(response)
        #expect(health.reason?.contains(vault.directory + "/folder") == true)
        #expect(health.configuration == "/etc/vault.toml")
    }

    @Test("a barrier captures without a scan being asked for, and names the commit")
    func flush() async throws {
        let vault = try ServedVault()
        try vault.write("a.md", "one\n")
        let flushed: Flushed = try decode(try await ask(vault, .post, "/api/sync/flush"))
        #expect(flushed.complete)
        #expect(flushed.head != nil)
    }

    @Test("while it is paused nothing is captured, and the barrier says so")
    func pause() async throws {
        let vault = try ServedVault()
        let paused: VaultStatus = try decode(try await ask(vault, .post, "/api/sync/pause"))
        #expect(paused.state == .paused)
        try vault.write("a.md", "one\n")
        let flushed: Flushed = try decode(try await ask(vault, .post, "/api/sync/flush"))
        #expect(!flushed.complete)
        #expect(flushed.head == nil)
        let resumed: VaultStatus = try decode(try await ask(vault, .post, "/api/sync/resume"))
        #expect(resumed.head != nil)
    }

    @Test("what is held back comes with the reason and with advice")
    func held() async throws {
        let vault = try ServedVault()
        #expect(mkfifo(vault.directory + "/folder/pipe", 0o600) == 0)
        _ = try await ask(vault, .post, "/api/sync/cycle")
        let held: [QuarantineAnswer] = try decode(try await ask(vault, .get, "/api/sync/held"))
        #expect(held.map(\.path) == [TreePath("notes/pipe")])
        #expect(held.first?.reason == .special)
        #expect(held.first?.advice.isEmpty == false)
    }

    @Test("a reload with mistakes is refused with all of them")
    func reload() async throws {
        let vault = try ServedVault()
        var response = try await ask(vault, .post, "/api/sync/reload")
        #expect(try (decode(response) as ReloadAnswer).result == .unchanged)
        vault.reload.withLock { $0.answer = .refused("a.toml:1: x\na.toml:2: y") }
        response = try await ask(vault, .post, "/api/sync/reload")
        #expect(response.status == .unprocessableContent)
        #expect(try (decode(response) as JSONAnswer.Problem).detail.contains("a.toml:2: y"))
        #expect(vault.reload.withLock { $0.count } == 2)
    }
}
