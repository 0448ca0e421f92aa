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
    @Test("the status is one picture under both names", arguments: ["/status", "/api/sync/status"])
    func status(path: String) async throws {
        let response = try await ServedVault().ask(.get, path)
        #expect(response.status == .ok)
        let status: VaultStatus = try decode(response)
        #expect(status.daemon == "running")
        #expect(status.device == "ada")
    }

    @Test("a cycle captures what was written, is waited for, and says how it ended")
    func cycle() async throws {
        let vault = try ServedVault()
        try vault.write("a.md", "one\n")
        let response = try await vault.ask(.post, "/api/sync/cycle", #"{"scan": true}"#)
        let report: CycleReport = try decode(response)
        #expect(report.outcome == .inSync)
        #expect(report.status.head != nil)
        #expect(report.status.state == .inSync)
    }

    @Test(
        "a request that is no JSON object is a problem, and not a fault",
        arguments: ["nonsense", "[]", #"{"scan": 1}"#])
    func badCycle(body: String) async throws {
        let response = try await ServedVault().ask(.post, "/api/sync/cycle", body)
        #expect(response.status == .badRequest)
        #expect(response.headers[.contentType] == "application/problem+json")
    }

    @Test(
        "a list is given in pages, and numbers from outside end nobody",
        arguments: [
            ("limit=2", 2, 2), ("limit=2&cursor=2", 1, nil), ("limit=1&cursor=1", 1, 2),
            ("cursor=1", 2, nil), ("limit=1000&cursor=9223372036854775807", 0, nil),
            ("limit=3", 3, nil), ("", 3, nil),
        ])
    func pages(query: String, count: Int, next: Int?) async throws {
        let vault = try ServedVault()
        for name in ["a", "b", "c"] {
            let body = #"{"name":"\#(name)","scope":"read"}"#
            #expect(try await vault.ask(.post, "/api/sync/tokens", body).status == .created)
        }
        let answer = try await vault.ask(.get, "/api/sync/tokens?\(query)")
        let tokens: [AccessToken] = try decode(answer)
        #expect(tokens.count == count)
        let link = answer.headers[HTTPField.Name("Link")!]
        #expect((link != nil) == (next != nil))
        if let next { #expect(link?.contains("cursor=\(next)&") ?? false) }
        if link != nil { #expect(link?.hasSuffix(">; rel=\"next\"") ?? false) }
    }

    @Test(
        "a page that cannot be is refused",
        arguments: ["limit=0", "limit=1001", "limit=x", "cursor=-1", "cursor=9223372036854775808"])
    func wrongPages(query: String) async throws {
        let answer = try await ServedVault().ask(.get, "/api/sync/tokens?\(query)")
        #expect(answer.status == .badRequest)
    }

    @Test(
        "a token lasts at least as long as it was asked for, as far as times go",
        arguments: [1, 86_400, 253_402_300_799, Int.max])
    func longTokens(seconds: Int) async throws {
        let body = #"{"name":"a","scope":"read","expires_in":\#(seconds)}"#
        let answer = try await ServedVault().ask(.post, "/api/sync/tokens", body)
        let created: CreatedToken = try decode(answer)
        let expires = try #require(created.token.expires)
        #expect(expires > created.token.created)
        #expect(seconds < Int.max || expires == Timestamp.latest.iso8601)
    }

    @Test("a vault without a remote has none to choose about")
    func remote() async throws {
        let vault = try ServedVault()
        let standing: RemoteStanding = try decode(await vault.ask(.get, "/api/sync/remote"))
        #expect(standing.remote == nil)
        #expect(standing.change == nil)
        let body = #"{"choice": "restore"}"#
        #expect(try await vault.ask(.post, "/api/sync/remote", body).status == .notFound)
        #expect(
            try await vault.ask(.post, "/api/sync/remote", #"{"choice": "x"}"#).status
                == .badRequest)
    }

    @Test(
        "a key that is not known is refused and named, in a batch's writes too",
        arguments: [
            ("/api/sync/rollback", #"{"to": "HEAD", "dryrun": true}"#, "dryrun"),
            ("/api/sync/undo", #"{"dry-run": true}"#, "dry-run"),
            ("/api/sync", #"{"path": "notes/a", "content": "x", "ifmatch": "*"}"#, "ifmatch"),
            (
                "/api/sync/batch", #"{"writes": [{"path": "notes/a", "content": "", "If": "*"}]}"#,
                "If"
            ),
            ("/api/sync/cycle", #"{"scan": true, "accept_everything": true}"#, "accept_everything"),
        ])
    func unknownKey(_ path: String, _ body: String, _ key: String) async throws {
        let answer = try await ServedVault().ask(.post, path, body)
        #expect(answer.status == .badRequest)
        #expect(String(decoding: answer.body.readableBytesView, as: UTF8.self).contains("'\(key)'"))
    }

    @Test(
        "a body that cannot be read is refused with what it says, in plain words",
        arguments: [
            ("cycle", "[]", "expected a JSON object"), ("cycle", "7", "expected a JSON object"),
            ("cycle", "nonsense", "the body is no JSON"), ("cycle", "{\"scan\": 1}", "scan"),
            ("cycle", #"{"scan": "yes"}"#, "scan has to be true or false"),
            ("restore", #"{"paths": "a", "to": "HEAD"}"#, "paths has to be a list"),
            ("restore", #"{"paths": [1], "to": "HEAD"}"#, "paths[0] has to be a text"),
            ("restore", #"{"paths": ["a", "/b"], "to": "HEAD"}"#, "paths[1] has to be a path"),
            ("restore", #"{"paths": ["a"]}"#, "to is missing"),
            ("restore", #"{"paths": ["a"], "to": null}"#, "to may not be null"),
            ("batch", #"{"writes": [{"content": ""}]}"#, "writes[0].path is missing"),
            ("batch", #"{"writes": [1]}"#, "writes[0] has to be an object"),
            (
                "batch", #"{"writes": [{"path": "a", "content": "", "encoding": "x"}]}"#,
                "writes[0].encoding has to be one of utf-8, base64"
            ),
            (
                "conflicts/x/resolve", #"{"choice": "mine"}"#,
                "choice has to be one of ours, theirs, base, both, content"
            ),
            (
                "conflicts/x/resolve", #"{"choice": "ours", "sides": [null, "x"]}"#,
                "sides[1] has to be 40 hexadecimal digits"
            ),
            ("remote", #"{"choice": "x"}"#, "choice has to be one of accept, restore"),
            (
                "tokens", #"{"name": "a", "scope": "all"}"#,
                "scope has to be one of read, write, admin"
            ),
            (
                "tokens", #"{"name": "a", "scope": "read", "expires_in": 1.5}"#,
                "a number in the body is not whole"
            ),
            (
                "rollback", #"{"to": "HEAD", "paths": []}"#,
                "paths has to be a list that names something"
            ),
        ])
    func unreadable(_ route: String, _ body: String, _ words: String) async throws {
        let answer = try await ServedVault().ask(.post, "/api/sync/\(route)", body)
        #expect(answer.status == .badRequest)
        let detail = (try decode(answer) as JSONAnswer.Problem).detail
        #expect(detail.contains(words))
        for word in ["Index", "Swift", "Decod", "codingPath", "Cannot", "JSON number", "  "] {
            #expect(!detail.contains(word), "\(detail)")
        }
    }

    @Test("a body past its bound is refused")
    func largeBody() async throws {
        let body = String(repeating: " ", count: Limits.requestBytes + 1)
        let response = try await ServedVault().ask(.post, "/api/sync/cycle", body)
        #expect(response.status == .contentTooLarge)
    }

    @Test("what does not exist is a problem that names it")
    func missing() async throws {
        let response = try await ServedVault().ask(.get, "/api/sync/nowhere")
        #expect(response.status == .notFound)
        let problem: JSONAnswer.Problem = try decode(response)
        #expect(problem.status == 404)
        #expect(problem.detail.contains("/api/sync/nowhere"))
    }

    @Test(
        "a hint to sync is accepted at once, with an id",
        arguments: ["/trigger-sync", "/api/sync/pull", "/api/sync/push"])
    func trigger(path: String) async throws {
        let response = try await ServedVault().ask(.post, path)
        #expect(response.status == .accepted)
        let answer: [String: String] = try decode(response)
        #expect(answer["id"]?.isEmpty == false)
    }

    @Test("health is 200 while it works and 503 with the reason while a folder is missing")
    func health() async throws {
        let vault = try ServedVault()
        var response = try await vault.ask(.get, "/health")
        #expect(response.status == .ok)
        try FileManager.default.removeItem(atPath: vault.directory + "/folder")
        _ = try await vault.ask(.post, "/api/sync/cycle")
        response = try await vault.ask(.get, "/api/health")
        #expect(response.status == .serviceUnavailable)
        let health: HealthAnswer = try decode(response)
        #expect(health.reason?.contains(vault.directory + "/folder") == true)
        #expect(health.configuration == "/etc/vault.toml")
    }

    @Test("a barrier captures without a scan being asked for, and names the commit")
    func flush() async throws {
        let vault = try ServedVault()
        try vault.write("a.md", "one\n")
        let flushed: Flushed = try decode(try await vault.ask(.post, "/api/sync/flush"))
        #expect(flushed.complete)
        #expect(flushed.head != nil)
    }

    @Test("while it is paused nothing is captured, and the barrier says so")
    func pause() async throws {
        let vault = try ServedVault()
        let paused: VaultStatus = try decode(try await vault.ask(.post, "/api/sync/pause"))
        #expect(paused.state == .paused)
        try vault.write("a.md", "one\n")
        let flushed: Flushed = try decode(try await vault.ask(.post, "/api/sync/flush"))
        #expect(!flushed.complete)
        #expect(flushed.head == nil)
        let resumed: VaultStatus = try decode(try await vault.ask(.post, "/api/sync/resume"))
        #expect(resumed.head != nil)
    }

    @Test(
        "where nothing can be asked for a body is refused, and nothing is done",
        arguments: ["pause", "resume", "reload", "flush", "login-links"])
    func noBody(name: String) async throws {
        let vault = try ServedVault()
        for body in [#"{"dry_run":true}"#, "[]", "5", "null", "x"] {
            let response = try await vault.ask(.post, "/api/sync/\(name)", body)
            #expect(response.status == .badRequest, "\(body)")
        }
        let query = try await vault.ask(.post, "/api/sync/\(name)?dry_run=true")
        #expect(query.status == .badRequest)
        let status: VaultStatus = try decode(try await vault.ask(.get, "/status"))
        #expect(status.state != .paused)
        let response = try await vault.ask(.post, "/api/sync/\(name)", " {}\n")
        #expect(response.status != .badRequest)
    }

    @Test(
        "what contradicts itself is refused",
        arguments: [
            ("cycle", #"{"accept_deletes":true,"restore_deleted":true}"#),
            ("batch", #"{"writes":[{"path":"notes/a.md","content":"x","delete":true}]}"#),
        ])
    func contradiction(name: String, body: String) async throws {
        let vault = try ServedVault()
        try vault.write("a.md", "one\n")
        _ = try await vault.ask(.post, "/api/sync/flush")
        let response = try await vault.ask(.post, "/api/sync/\(name)", body)
        #expect(response.status == .badRequest)
    }

    @Test("what is held back comes with the reason and with advice")
    func held() async throws {
        let vault = try ServedVault()
        #expect(mkfifo(vault.directory + "/folder/pipe", 0o600) == 0)
        _ = try await vault.ask(.post, "/api/sync/cycle")
        let held: [QuarantineAnswer] = try decode(try await vault.ask(.get, "/api/sync/held"))
        #expect(held.map(\.path) == [TreePath("notes/pipe")])
        #expect(held.first?.reason == .special)
        #expect(held.first?.advice.isEmpty == false)
    }

    @Test("a reload with mistakes is refused with all of them")
    func reload() async throws {
        let vault = try ServedVault()
        var response = try await vault.ask(.post, "/api/sync/reload")
        #expect(try (decode(response) as ReloadAnswer).result == .unchanged)
        vault.reload.withLock { $0.answer = .refused("a.toml:1: x\na.toml:2: y") }
        response = try await vault.ask(.post, "/api/sync/reload")
        #expect(response.status == .unprocessableContent)
        #expect(try (decode(response) as JSONAnswer.Problem).detail.contains("a.toml:2: y"))
        #expect(vault.reload.withLock { $0.count } == 2)
    }
}
