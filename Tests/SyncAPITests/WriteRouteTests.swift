internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore
internal import SyncEngine
internal import SyncGit
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("Files written by request")
struct WriteRouteTests {
    private func read(_ vault: ServedVault, _ name: String) throws -> String {
        try String(contentsOfFile: "\(vault.directory)/folder/\(name)", encoding: .utf8)
    }

    @Test("stand in the folder when the answer comes, in a commit that says who wrote them")
    func writes() async throws {
        let vault = try ServedVault()
        let body = """
            {"path": "notes/a/b.md", "content": "one\\n", "description": "said\\nmore",
             "agent": "claude"}
            """
        let written: WriteReport = try decode(try await vault.ask(.post, "/api/sync", body))
        #expect(try read(vault, "a/b.md") == "one\n")
        #expect(written.files.map(\.path) == [TreePath("notes/a/b.md")])
        let commit = try #require(written.commit)
        let message = try GitRepository(
            opening: vault.configuration.repository
        ).commit(commit).message
        #expect(message.hasPrefix("said\n\nSync-Device: ada\n"))
        #expect(message.contains("\nSync-Agent: claude (claimed)\n"))
    }

    @Test("of one name need the version that they were made from")
    func ifMatch() async throws {
        let vault = try ServedVault()
        func write(_ content: String, _ match: String) async throws -> TestResponse {
            try await vault.ask(
                .post, "/api/sync",
                #"{"path":"notes/a","content":"\#(content)","if_match":"\#(match)"}"#)
        }
        let first: WriteReport = try decode(try await write("one", "*"))
        #expect(try await write("two", "*").status == .conflict)
        let blob = try #require(first.files[0].blob)
        #expect(try await write("two", "\(blob)").status == .ok)
        #expect(try await write("three", "\(blob)").status == .conflict)
        #expect(try await write("three", "nonsense").status == .badRequest)
        try vault.write("a", "by hand")
        let second = try await write("four", "\(first.files[0].blob!)")
        #expect(second.status == .conflict)
        #expect(try read(vault, "a") == "by hand")
    }

    @Test("are one commit, or none when one of them cannot be")
    func batch() async throws {
        let vault = try ServedVault()
        _ = try await vault.ask(.post, "/api/sync", #"{"path":"notes/old","content":"x"}"#)
        let none = try await vault.ask(
            .post, "/api/sync/batch",
            #"{"writes":[{"path":"notes/new","content":"x"},{"path":"notes/gone","delete":true}]}"#)
        #expect(none.status == .notFound)
        #expect(!FileManager.default.fileExists(atPath: vault.directory + "/folder/new"))
        let all = try await vault.ask(
            .post, "/api/sync/batch",
            #"{"writes":[{"path":"notes/new","content":"/w==","encoding":"base64"},"#
                + #"{"path":"notes/old","delete":true}]}"#
        )
        #expect(all.status == .ok)
        #expect(!FileManager.default.fileExists(atPath: vault.directory + "/folder/old"))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: vault.directory + "/folder/new"))
        #expect(bytes == Data([0xff]))
    }

    @Test(
        "go where this device syncs, and nowhere else",
        arguments: [
            "../a", "/etc/passwd", "notes/../../a", "notes/.git/hooks/x", "notes/.GIT/x",
            "other/a", "notes", "", "notes/", "notes//a", "notes/./a", "notes/a\\u0000b",
            "notes/a\\nb", ".sync/conflicts/x.json", "notes/git~1/x", "notes/a\\\\b",
        ])
    func places(path: String) async throws {
        let vault = try ServedVault()
        let answer = try await vault.ask(.post, "/api/sync", #"{"path":"\#(path)","content":"x"}"#)
        #expect([.badRequest, .notFound].contains(answer.status))
        #expect(answer.headers[.contentType] == "application/problem+json")
    }

    @Test("keep to their bounds")
    func bounds() async throws {
        let vault = try ServedVault()
        let many = (0...Limits.batchWrites).map { #"{"path":"notes/\#($0)","content":""}"# }
        func batch(_ writes: some Sequence<String>) async throws -> HTTPResponse.Status {
            try await vault.ask(
                .post, "/api/sync/batch",
                #"{"writes":[\#(writes.joined(separator: ","))]}"#
            ).status
        }
        #expect(try await batch(many) == .badRequest)
        #expect(try await batch([]) == .badRequest)
        #expect(try await batch([many[0], many[0]]) == .badRequest)
        #expect(try await batch(many.dropLast()) == .ok)
        let large = String(repeating: "x", count: Limits.requestBytes)
        let answer = try await vault.ask(
            .post, "/api/sync", #"{"path":"notes/l","content":"\#(large)"}"#)
        #expect(answer.status == .contentTooLarge)
    }

    @Test("that come again with one key are made once")
    func idempotent() async throws {
        let vault = try ServedVault()
        let application = Application(router: try vault.routes.router(at: .socket))
        let key: HTTPFields = [.idempotencyKey: "k1"]
        try await application.test(.router) { client in
            func write(_ content: String) async throws -> TestResponse {
                try await client.execute(
                    uri: "/api/sync", method: .post, headers: key,
                    body: ByteBuffer(string: #"{"path":"notes/a","content":"\#(content)"}"#))
            }
            let first = try await write("one")
            try vault.write("a", "since")
            let again = try await write("one")
            #expect(first.status == .ok && again.body == first.body)
            #expect(try read(vault, "a") == "since")
            #expect(try await write("two").status == .unprocessableContent)
        }
    }

    @Test("are read whole, in ranges, and not at all by who has them")
    func blob() async throws {
        let vault = try ServedVault()
        _ = try await vault.ask(.post, "/api/sync", #"{"path":"notes/a","content":"0123456789"}"#)
        let place = "/api/sync/blob/HEAD/notes/a"
        let whole = try await vault.ask(.get, place)
        #expect(String(buffer: whole.body) == "0123456789")
        let tag = try #require(whole.headers[.eTag])
        for (range, status, body) in [
            ("bytes=0-3", 206, "0123"), ("bytes=-2", 206, "89"), ("bytes=8-", 206, "89"),
            ("bytes=8-99", 206, "89"), ("bytes=10-", 416, nil), ("bytes=-0", 416, nil),
            ("bytes=5-2", 200, "0123456789"), ("lines=0-1", 200, "0123456789"),
            ("bytes=0-1,3-4", 200, "0123456789"),
            ("bytes=99999999999999999999-", 416, nil),
        ] as [(String, Int, String?)] {
            let part = try await vault.ask(.get, place, "", [.range: range])
            #expect(part.status.code == status, "\(range)")
            if let body { #expect(String(buffer: part.body) == body, "\(range)") }
        }
        #expect(
            try await vault.ask(.get, place, "", [.ifNoneMatch: tag]).status == .notModified)
        #expect(try await vault.ask(.get, "/api/sync/blob/HEAD/notes/none").status == .notFound)
        #expect(try await vault.ask(.get, "/api/sync/blob/HEAD/notes").status == .notFound)
        #expect(try await vault.ask(.get, "/api/sync/blob/nope/notes/a").status == .notFound)
    }

    @Test("leave an answer that has not changed unsent")
    func conditional() async throws {
        let vault = try ServedVault()
        let first = try await vault.ask(.get, "/api/sync/conflicts")
        let tag = try #require(first.headers[.eTag])
        let again = try await vault.ask(.get, "/api/sync/conflicts", "", [.ifNoneMatch: tag])
        #expect(again.status == .notModified)
        #expect(again.body.readableBytes == 0)
    }
}
