import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("The order of commits whose stamps do not give one")
struct MergeOrderTests {
    private let history = SmallHistory()

    /// A merge as syncd makes it, with files of its own and a message that gives it another name.
    private func merge(
        _ one: ObjectID, _ other: ObjectID, _ files: [String: String], _ number: Int
    ) throws -> ObjectID {
        let tree = try history.repository.commit(
            history.commit(files, on: [], time: 0)
        ).tree
        let seconds = try [one, other].map { try history.repository.commit($0).committer.seconds }
        let who = Signature(
            name: MergeIdentity.name, email: MergeIdentity.email, seconds: seconds.max() ?? 0)
        let pack = try history.repository.beginPack()
        let id = try pack.add(
            .commit,
            Commit(
                tree: tree, parents: [one, other], author: who, committer: who,
                message: "merged \(number)\n"
            ).serialized)
        try pack.finish()
        return id
    }

    /// Three devices, of which two were away for a while: three merges, of which two have one
    /// stamp.
    private func joined(_ number: Int) throws -> (head: ObjectID, line: ObjectID) {
        var files = ["f.md": "line\n"]
        let base = try history.commit(files, time: 1_000, device: "a")
        let away = try history.commit(
            files.merging(["d": "d\n"]) { $1 }, on: [base], time: 2_000, device: "d")
        files["f.md"] = "line\nmore\n"
        let line = try history.commit(files, on: [base], time: 3_000, device: "a")
        let beside = try history.commit(
            ["f.md": "line\n", "b": "b\n"], on: [base], time: 4_000, device: "b")
        files["b"] = "b\n"
        let first = try merge(line, beside, files, number)
        let third = try history.commit(
            files.merging(["c": "c\n"]) { $1 }, on: [first], time: 5_000, device: "c")
        files["d"] = "d\n"
        let second = try merge(away, first, files, number)
        files["c"] = "c\n"
        return (try merge(second, third, files, number), line)
    }

    @Test("a merge comes before the merges of its stamp that it stands upon", arguments: 0..<16)
    func walk(number: Int) throws {
        var walk = try HistoryWalk(from: joined(number).head, reading: history.repository)
        var seen: Set<ObjectID> = []
        while let step = try walk.next() {
            #expect(seen.isDisjoint(with: step.commit.parents), "\(step.id) after its parent")
            seen.insert(step.id)
        }
        #expect(seen.count == 8)
    }

    @Test("a line is the commit's that wrote it", arguments: 0..<16)
    func blame(number: Int) throws {
        let (head, line) = try joined(number)
        let path = try #require(TreePath("f.md"))
        let answer = try #require(
            try Blame(reading: history.repository).answer(path, at: head))
        #expect(answer.entries.map(\.text) == ["line", "more"])
        #expect(answer.entries.last?.commit == line)
    }

    @Test("a line is the commit's that wrote it where a stamp lies")
    func lies() throws {
        let base = try history.commit(["f.md": "line\n"], time: 9_000, device: "a")
        let one = try history.commit(["f.md": "line\nmore\n"], on: [base], time: 8_000)
        let other = try history.commit(
            ["f.md": "line\n", "b": "b\n"], on: [base], time: 2_000, device: "b")
        let late = try history.commit(
            ["f.md": "line\nmore\n", "b": "b\n"], on: [other, one], time: 1_000, device: "c")
        let path = try #require(TreePath("f.md"))
        let answer = try #require(
            try Blame(reading: history.repository).answer(path, at: late))
        #expect(answer.entries.map(\.commit) == [base, one])
    }
}
