import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// A time at which devices did not know of each other yet.
@Suite("Going back to a time")
struct PastStateTests {
    private let history = SmallHistory()

    private func files(_ vault: Vault) throws -> [String: String] {
        try history.visible(at: try #require(try vault.head()))
    }

    private func merged(_ one: ObjectID, _ other: ObjectID) throws -> ObjectID {
        try CommitMerge(history.repository).merge(one, other).commit
    }

    /// Ada's note of the second second, and a bad deploy of hers in the fifth; what Bob wrote in
    /// the third came after that.
    private func late(bob: [String: String]) throws -> Vault {
        let base = try history.commit(["a.md": "1\n", "d": "0\n"], time: 1_000)
        let note = try history.commit(
            ["a.md": "2\n", "d": "0\n"], on: [base], time: 2_000, device: "ada")
        let far = try history.commit(bob, on: [base], time: 3_000, device: "bob")
        let bad = try history.commit(
            ["a.md": "bad\n", "d": "bad\n"], on: [note], time: 5_000, device: "ada")
        return try history.vault(at: merged(bad, far))
    }

    private static let time = "1970-01-01T00:00:04Z"

    @Test("keeps what every device had made until then")
    func bothSides() throws {
        let vault = try late(bob: ["a.md": "1\n", "b.md": "b\n", "d": "0\n"])
        let before = try files(vault)
        #expect(before == ["a.md": "bad\n", "b.md": "b\n", "d": "bad\n"])
        let said = try vault.rollback(.init(to: Self.time, dryRun: true))
        #expect(said.paths.map(\.text).sorted() == ["a.md", "d"])
        let done = try vault.rollback(.init(to: Self.time))
        #expect(done.paths == said.paths)
        #expect(try files(vault) == ["a.md": "2\n", "b.md": "b\n", "d": "0\n"])
        let head = try #require(try vault.head())
        #expect(try history.repository.commit(head).parents.count == 1)
        _ = try vault.undo(.init())
        #expect(try files(vault) == before)
    }

    @Test("of one file, too", arguments: ["a.md", "b.md"])
    func oneFile(name: String) throws {
        let vault = try late(bob: ["a.md": "1\n", "b.md": "b\n", "d": "0\n"])
        let gone = try history.vault(
            at: history.commit(["d": "bad\n"], on: [#require(try vault.head())], time: 9_000))
        let path = try #require(TreePath(name))
        _ = try gone.restore(.init([path], to: Self.time))
        #expect(try files(gone)[name] == (name == "a.md" ? "2\n" : "b\n"))
        _ = try gone.rollback(.init(to: Self.time, paths: ["*.md"]))
        #expect(try files(gone) == ["a.md": "2\n", "b.md": "b\n", "d": "bad\n"])
    }

    @Test("a name that only the other device had then is one")
    func nameOfThen() throws {
        let vault = try late(bob: ["a.md": "1\n", "gone/b": "b\n", "d": "0\n"])
        let gone = try history.vault(
            at: history.commit(["d": "bad\n"], on: [#require(try vault.head())], time: 9_000))
        _ = try gone.rollback(.init(to: Self.time, paths: ["gone/*"]))
        #expect(try files(gone) == ["gone/b": "b\n", "d": "bad\n"])
        #expect(throws: ChangeRefusal.self) {
            try gone.rollback(.init(to: Self.time, paths: ["never/*"]))
        }
    }

    @Test(
        "merges what both had changed, as the vault itself did or would have",
        arguments: [false, true])
    func mergedContent(isRestore: Bool) throws {
        let lines = (1...9).map { "\($0)\n" }
        func text(_ changed: [Int: String]) -> String {
            lines.enumerated().map { changed[$0 + 1] ?? $1 }.joined()
        }
        let base = try history.commit(["a.md": text([:])], time: 1_000)
        let ada = try history.commit(
            ["a.md": text([1: "ada\n"])], on: [base], time: 2_000, device: "ada")
        let bob = try history.commit(
            ["a.md": text([9: "bob\n"])], on: [base], time: 3_000, device: "bob")
        let bad = try history.commit(["a.md": "bad\n"], on: [ada], time: 5_000, device: "ada")
        // Bob's edit does not survive the deploy: that is a conflict, which somebody resolves.
        let resolved = try history.commit(
            ["a.md": "resolved\n"], on: [bad, bob], time: 6_000, device: "ada")
        let vault = try history.vault(at: resolved)
        if isRestore {
            _ = try vault.restore(.init([#require(TreePath("a.md"))], to: Self.time))
        } else {
            _ = try vault.rollback(.init(to: Self.time))
        }
        #expect(try files(vault) == ["a.md": text([1: "ada\n", 9: "bob\n"])])
    }

    @Test("opens what they are in conflict about", arguments: [false, true])
    func conflict(isRestore: Bool) throws {
        let base = try history.commit(["a.md": "1\n"], time: 1_000)
        let ada = try history.commit(["a.md": "ada\n"], on: [base], time: 2_000, device: "ada")
        let bob = try history.commit(["a.md": "bob\n"], on: [base], time: 3_000, device: "bob")
        let open = try merged(ada, bob)
        let resolved = try history.commit(
            ["a.md": "bad\n"], on: [open], time: 6_000, device: "ada")
        let other = try history.commit(["a.md": "bad\n"], on: [ada, bob], time: 6_000)
        // The merge has Bob's time: it is the one commit that is meant where it is there.
        for head in [resolved, other] {
            let vault = try history.vault(at: head)
            let path = try #require(TreePath("a.md"))
            func report(isDry: Bool) throws -> ChangeReport {
                isRestore
                    ? try vault.restore(.init([path], to: Self.time, dryRun: isDry))
                    : try vault.rollback(.init(to: Self.time, dryRun: isDry))
            }
            // A trial says the same.
            let tried = try report(isDry: true)
            #expect(tried.conflicts.map(\.path) == [path])
            #expect(try report(isDry: false).conflicts == tried.conflicts)
            let tree = try history.repository.commit(#require(try vault.head())).tree
            #expect(tree == (try history.repository.commit(open).tree))
        }
    }

    @Test("of up to so many devices; of more a commit has to be named", arguments: [0, 1])
    func bound(more: Int) throws {
        let base = try history.commit(["base": "1\n"], time: 500)
        var sides: [ObjectID] = []
        for number in 0..<(Limits.timeSides + more) {
            sides.append(
                try history.commit(
                    ["base": "1\n", "of\(number)": "x\n"], on: [base],
                    time: 1_000 + Int64(number), device: "d\(number)"))
        }
        let last = try history.commit(["base": "bad\n"], on: sides, time: 9_000)
        let vault = try history.vault(at: last)
        if more > 0 {
            let refused = #expect(throws: ChangeRefusal.self) {
                try vault.rollback(.init(to: Self.time))
            }
            #expect(refused?.description.contains("more than 16 commits") == true)
            return
        }
        _ = try vault.rollback(.init(to: Self.time))
        #expect(try files(vault).count == 1 + Limits.timeSides)
    }
}
