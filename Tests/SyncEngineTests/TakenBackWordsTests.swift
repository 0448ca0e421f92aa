import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("What taking back says of itself")
struct TakenBackWordsTests {
    private let history = SmallHistory()

    @Test("with a path only what was taken back is named", arguments: [false, true])
    func paths(isApart: Bool) throws {
        let base = try history.commit(["p": "1\n", "q": "1\n", "o": "1\n"], time: 1_000)
        let p = try history.commit(
            ["p": "bad\n", "q": "1\n", "o": "1\n"], on: [base], time: 2_000, device: "bot")
        let other = isApart ? "2\n" : "1\n"
        let between = try history.commit(
            ["p": "bad\n", "q": "1\n", "o": other], on: [p], time: 3_000)
        let q = try history.commit(
            ["p": "bad\n", "q": "bad\n", "o": other], on: [isApart ? between : p], time: 4_000,
            device: "bot")
        let vault = try history.vault(at: q)
        let report = try vault.rollback(.init(to: base.hex, paths: ["p"], device: "bot"))
        #expect(report.undone == [p])
        let head = try #require(report.commit)
        #expect(try history.visible(at: head) == ["p": "1\n", "q": "bad\n", "o": other])
        let message = try history.repository.commit(head).message
        #expect(message.contains("(1 commits)"))
        #expect(!message.contains(q.short))
    }

    @Test("without a commit nothing was taken back")
    func nothing() throws {
        let base = try history.commit(["p": "1\n"], time: 1_000)
        let bad = try history.commit(["p": "bad\n"], on: [base], time: 2_000, device: "bot")
        let back = try history.commit(["p": "1\n"], on: [bad], time: 3_000)
        let vault = try history.vault(at: back)
        for isDryRun in [true, false] {
            let report = try vault.rollback(
                .init(to: base.hex, device: "bot", dryRun: isDryRun))
            #expect(report.commit == nil)
            #expect(report.undone.isEmpty)
            let undo = try vault.undo(.init(bad.hex, dryRun: isDryRun))
            #expect(undo.commit == nil)
            #expect(undo.undone.isEmpty)
        }
    }

    @Test("an undo of which nothing is left says so")
    func nothingLeft() throws {
        let one = try history.commit(["a": "1\n"], time: 1_000)
        let two = try history.commit(["a": "2\n"], on: [one], time: 2_000)
        let vault = try history.vault(at: two)
        let path = try #require(TreePath("a"))
        let restored = try #require(try vault.restore(.init([path], to: one.hex)).commit)
        let again = try history.commit(["a": "2\n"], on: [restored], time: 9_000_000)
        try history.repository.setReference("refs/heads/sync", to: again, expecting: restored)
        for isDryRun in [true, false] {
            let refusal = #expect(throws: ChangeRefusal.self) {
                try vault.undo(.init(dryRun: isDryRun))
            }
            #expect(refusal?.code == .missing)
            #expect(refusal?.description.contains(restored.short) == true)
        }
        #expect(try vault.head() == again)
    }

    @Test("what is there or changed is known without a look at all that is there")
    func few() throws {
        var files = ["a": "1\n", "d/x": "x\n"]
        for number in 0..<50 { files["other/\(number)/f"] = "f\n" }
        let one = try history.commit(files, time: 1_000)
        files["a"] = "2\n"
        let two = try history.commit(files, on: [one], time: 2_000)
        let reader = CountingReader(history.repository)
        let trees = try [one, two].map { try history.repository.commit($0).tree }
        let known = KnownNames(repository: reader)
        let texts = ["a", "/a", "d", "/d/x", "other/7", "*a"]
        try known.refuseUnmatched(texts, in: trees, changed: [(trees[0], trees[1])])
        #expect(reader.trees < 50)
        try known.refuseUnmatched(["other/*/f"], in: trees, changed: [(trees[0], trees[1])])
        #expect(reader.trees >= 50)
    }

    @Test("a device or a path that nobody knows is refused")
    func unknown() throws {
        let one = try history.commit(["a": "1\n", "d/x": "x\n"], time: 1_000, device: "ada")
        let two = try history.commit(
            ["a": "2\n", "f": "f\n"], on: [one], time: 2_000, device: "bot")
        let three = try history.commit(["a": "2\n"], on: [two], time: 3_000, device: "ada")
        let vault = try history.vault(at: three)
        for request in [
            RollbackRequest(to: one.hex, device: "Ada"),
            RollbackRequest(to: one.hex, agent: "nobody"),
            RollbackRequest(to: one.hex, device: "ada", agent: "nobody"),
            RollbackRequest(to: one.hex, paths: ["nope.md"]),
            RollbackRequest(to: one.hex, paths: ["a", "/*.md"]),
            RollbackRequest(to: one.hex, paths: ["nope.md"], device: "bot"),
        ] {
            let refusal = #expect(throws: ChangeRefusal.self, "\(request)") {
                try vault.rollback(request)
            }
            #expect(refusal?.code == .missing)
        }
        // What was or is there, and whoever did nothing since, is known.
        for request in [
            RollbackRequest(to: three.hex, device: "bot"),
            RollbackRequest(to: one.hex, paths: ["d", "d/x", "*x", "a"], dryRun: true),
            RollbackRequest(to: one.hex, paths: ["f", "f*"], device: "bot", dryRun: true),
        ] {
            _ = try vault.rollback(request)
        }
    }
}
