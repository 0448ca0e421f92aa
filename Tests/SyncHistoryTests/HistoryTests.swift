internal import Foundation
internal import SyncModel
import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("History")
struct HistoryTests {
    private static let seed = SeededRandom.seed

    private func history(_ made: MadeHistory) throws -> VaultHistory {
        try VaultHistory(
            Configuration(
                device: "ada", repository: made.directory, folders: [],
                stateDirectory: "/nowhere", socket: "/nowhere/s"))
    }

    /// What git says: of an ordinary commit that it changed the path, of a merge that what it has
    /// there is none of its parents' versions.
    private func wanted(_ made: MadeHistory, _ path: String) throws -> [String] {
        let leaves = try made.log(["--full-history", "--no-merges", "sync", "--", path])
        let merges = try made.log(["--merges", "sync"]).filter { merge in
            try !made.git(["diff-tree", "-c", "-r", "--name-only", "--no-commit-id", merge])
                .split(separator: "\n").filter { $0 == path || $0.hasPrefix(path + "/") }.isEmpty
        }
        return leaves + merges
    }

    @Test("of a path is what git says of it with its full history", arguments: 0..<8)
    func paths(number: UInt64) throws {
        let seed = Self.seed + number
        let made = try MadeHistory(seed: seed, commits: 80)
        defer { #expect(throws: Never.self) { try made.remove() } }
        let history = try history(made)
        for path in MadeHistory.paths + ["d"] {
            let wanted = try wanted(made, path)
            let found = try history.log(TreePath(path), most: 1_000).map(\.commit.hex)
            #expect(Set(found) == Set(wanted), "\(path), SYNC_SEED=\(seed)")
            #expect(found.count == wanted.count, "\(path) twice, SYNC_SEED=\(seed)")
        }
        let shown = try history.log(nil, most: 1_000)
        let merges = try Set(made.log(["--merges", "sync"]))
        let isPlain = shown.contains { merges.contains($0.commit.hex) && $0.paths.isEmpty }
        #expect(!isPlain, "a merge that brings nothing, SYNC_SEED=\(seed)")
        var every = HistoryFilter()
        every.everyMerge = true
        let all = try history.log(nil, where: every, most: 1_000).map(\.commit.hex)
        #expect(Set(all) == Set(try made.log(["sync"])), "SYNC_SEED=\(seed)")
    }

    @Test("comes newest first, no parent before its child, and as many as were asked for")
    func order() throws {
        let made = try MadeHistory(seed: Self.seed, commits: 60)
        defer { #expect(throws: Never.self) { try made.remove() } }
        let history = try history(made)
        let entries = try history.log(nil, most: 1_000)
        var seen: Set<String> = []
        for entry in entries {
            let parents = try made.git(["rev-parse", "\(entry.commit)^@"])
            for parent in parents.split(separator: "\n") {
                #expect(!seen.contains(String(parent)), "SYNC_SEED=\(Self.seed)")
            }
            seen.insert(entry.commit.hex)
        }
        #expect(try history.log(nil, most: 7).map(\.commit) == entries.prefix(7).map(\.commit))
        #expect(try history.log(nil, most: 0).isEmpty)
    }

    @Test("lists of a commit the paths that it changed")
    func changed() throws {
        let made = try MadeHistory(seed: Self.seed, commits: 40)
        defer { #expect(throws: Never.self) { try made.remove() } }
        for entry in try history(made).log(nil, most: 1_000) {
            let parents = try made.git(["rev-parse", "\(entry.commit)^@"]).split(separator: "\n")
            if parents.count != 1 { continue }
            let names = try made.git([
                "diff-tree", "-r", "--name-only", String(parents[0]), entry.commit.hex,
            ])
            #expect(
                entry.paths.map(\.text) == names.split(separator: "\n").map(String.init),
                "SYNC_SEED=\(Self.seed)")
        }
    }

    @Test("names a commit as git does")
    func revisions() throws {
        let made = try MadeHistory(seed: Self.seed, commits: 30)
        defer { #expect(throws: Never.self) { try made.remove() } }
        let history = try history(made)
        let head = try made.log(["-1", "sync"])[0]
        for name in ["HEAD", "sync", head, String(head.prefix(12)), "HEAD~0"] {
            #expect(try history.revision(name).hex == head, "\(name)")
        }
        let third = try made.git(["rev-parse", "sync~3"]).trimmingCharacters(in: .newlines)
        #expect(try history.revision("HEAD~3").hex == third)
        for name in ["HEAD~1000", "nonsense", "abc", "HEAD~x", String(repeating: "0", count: 40)] {
            #expect(throws: Revision.Unknown.self, "\(name)") { try history.revision(name) }
        }
        for (name, kind) in [("sync^{tree}", "tree"), ("sync:a", "blob")] {
            let id = try made.git(["rev-parse", name]).trimmingCharacters(in: .newlines)
            let error = #expect(throws: Revision.Unknown.self) { try history.revision(id) }
            #expect(error?.description.hasSuffix("is a \(kind), not a commit") == true)
        }
    }

    @Test("gives the bytes of a version, and nothing for a directory")
    func content() throws {
        let made = try MadeHistory(seed: Self.seed, commits: 30)
        defer { #expect(throws: Never.self) { try made.remove() } }
        let history = try history(made)
        for entry in try history.log(TreePath("a"), most: 100) {
            let listed = try made.git(["ls-tree", entry.commit.hex, "a"])
            let path = try #require(TreePath("a"))
            let bytes = try history.content(path, at: entry.commit)
            if listed.isEmpty {
                #expect(bytes == nil)
            } else {
                let wanted = try made.git(["cat-file", "blob", "\(entry.commit):a"])
                #expect(bytes == Array(wanted.utf8))
            }
        }
        #expect(try history.content(#require(TreePath("d")), at: #require(history.head)) == nil)
    }
}
