internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore
internal import SyncEngine
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("Routes of the history")
struct HistoryRouteTests {
    private func text(_ vault: ServedVault, _ name: String) throws -> String? {
        let path = "\(vault.directory)/folder/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// A vault with two versions of one file.
    private func edited() async throws -> (vault: ServedVault, first: ObjectID) {
        let vault = try ServedVault()
        try vault.write("a.md", "one\n")
        let flushed: Flushed = try decode(await vault.ask(.post, "/api/sync/flush"))
        try vault.write("a.md", "two\n")
        try vault.write("b.md", "b\n")
        _ = try await vault.ask(.post, "/api/sync/flush")
        return (vault, try #require(flushed.head))
    }

    @Test("a rollback is tried, done and undone")
    func rollback() async throws {
        let (vault, first) = try await edited()
        let body = #"{"to": "\#(first.hex)", "path": "notes/a.md", "dry_run": true}"#
        let said: ChangeReport = try decode(await vault.ask(.post, "/api/sync/rollback", body))
        #expect(said.paths.map(\.text) == ["notes/a.md"])
        #expect(said.commit == nil)
        #expect(try text(vault, "a.md") == "two\n")
        let all = #"{"to": "\#(first.hex)"}"#
        let done: ChangeReport = try decode(await vault.ask(.post, "/api/sync/rollback", all))
        #expect(done.deletions.map(\.text) == ["notes/b.md"])
        #expect(try text(vault, "a.md") == "one\n")
        #expect(try text(vault, "b.md") == nil)
        let undone: ChangeReport = try decode(await vault.ask(.post, "/api/sync/undo", "{}"))
        #expect(undone.undone == [done.commit])
        #expect(try text(vault, "b.md") == "b\n")
    }

    @Test("a file's bytes have the blob's name for a tag, and are sent once")
    func blob() async throws {
        let (vault, first) = try await edited()
        let path = "/api/sync/blob/\(first.hex)/notes/a.md"
        let response = try await vault.ask(.get, path)
        #expect(String(buffer: response.body) == "one\n")
        let blob = ObjectID(hashing: Array("one\n".utf8), as: .blob)
        #expect(response.headers[.eTag] == "\"\(blob.hex)\"")
        let application = Application(router: try vault.routes.router(at: .socket))
        let again = try await application.test(.router) { client in
            try await client.execute(
                uri: path, method: .get, headers: [.ifNoneMatch: "\"\(blob.hex)\""])
        }
        #expect(again.status == .notModified)
        #expect(again.body.readableBytes == 0)
        for place in ["notes/none.md", "notes", "..", "%zz", ""] {
            let none = try await vault.ask(.get, "/api/sync/blob/HEAD/\(place)")
            #expect([.notFound, .badRequest].contains(none.status), "\(place): \(none.status)")
        }
    }

    @Test("the history comes in pages, and nothing twice")
    func pages() async throws {
        let (vault, first) = try await edited()
        var seen: [String] = []
        var before = ""
        while seen.count < 10 {
            let path = "/api/sync/history?limit=1\(before)"
            let page: [Entry] = try decode(await vault.ask(.get, path))
            guard let entry = page.first else { break }
            seen.append(entry.commit)
            before = "&before=\(entry.commit)"
        }
        #expect(seen.count == 2)
        #expect(seen.last == first.hex)
        let named: [Entry] = try decode(
            await vault.ask(.get, "/api/sync/history?path=notes/b.md"))
        #expect(named.count == 1)
    }

    private struct Entry: Decodable { let commit: String }

    @Test(
        "a path that is nowhere, here or in the history, is no empty list",
        arguments: ["history?", "deleted?", "diff?from=HEAD&", "diff?from=HEAD~1&to=HEAD&"])
    func nowhere(route: String) async throws {
        let (vault, _) = try await edited()
        for (path, status) in [
            ("notes/none.md", HTTPResponse.Status.notFound), ("no", .notFound),
            ("notes/a.md", .ok), ("notes", .ok), ("", .ok),
        ] {
            let answer = try await vault.ask(.get, "/api/sync/\(route)path=\(path)")
            #expect(answer.status == status, "\(path)")
            if status == .ok { continue }
            #expect(answer.headers[.contentType] == "application/problem+json")
            let problem: JSONAnswer.Problem = try decode(answer)
            #expect(problem.detail.contains("there is no \(path)"))
        }
    }

    @Test("a range of which a file has nothing is a problem that says how large the file is")
    func range() async throws {
        let (vault, _) = try await edited()
        for range in ["bytes=4-", "bytes=99999999999999999999-"] {
            let answer = try await vault.ask(
                .get, "/api/sync/blob/HEAD/notes/a.md", nil, [.range: range])
            #expect(answer.status == .rangeNotSatisfiable)
            #expect(answer.headers[.contentRange] == "bytes */4")
            #expect(answer.headers[.contentType] == "application/problem+json")
            let problem: JSONAnswer.Problem = try decode(answer)
            #expect(problem.status == 416)
            #expect(problem.detail.contains("4 bytes"))
        }
    }

    @Test(
        "who has a version already gets no part of it",
        arguments: ["bytes=0-1", "bytes=4-", "bytes=-99999999999999999999"])
    func knownRange(range: String) async throws {
        let (vault, _) = try await edited()
        let route = "/api/sync/blob/HEAD/notes/a.md"
        let first = try await vault.ask(.get, route, nil, [.range: range])
        let tag = try #require(first.headers[.eTag])
        let again = try await vault.ask(.get, route, nil, [.range: range, .ifNoneMatch: tag])
        #expect(again.status == .notModified)
    }

    @Test(
        "what cannot be meant is a problem",
        arguments: [
            ("rollback", "{}", HTTPResponse.Status.badRequest),
            ("rollback", #"{"to": "soon"}"#, .notFound),
            ("rollback", #"{"to": "HEAD", "path": ""}"#, .badRequest),
            ("undo", "{}", .notFound), ("undo", #"{"commit": "soon"}"#, .notFound),
            ("undo", #"{"commit": "0s ago"}"#, .badRequest),
        ])
    func refused(route: String, body: String, status: HTTPResponse.Status) async throws {
        let (vault, _) = try await edited()
        let response = try await vault.ask(.post, "/api/sync/\(route)", body)
        #expect(response.status == status)
        #expect(response.headers[.contentType] == "application/problem+json")
    }

    @Test("a version is named as a URL names it", arguments: ["HEAD%7E1", "HEAD~1", "0s%20ago"])
    func named(version: String) async throws {
        let (vault, _) = try await edited()
        let answer = try await vault.ask(.get, "/api/sync/blob/\(version)/notes/a.md")
        #expect(answer.status == .ok)
        let none = try await vault.ask(.get, "/api/sync/commit/%ff")
        #expect(none.status == .badRequest)
    }
}
