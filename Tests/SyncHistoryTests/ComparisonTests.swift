import SyncModel
import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("Comparing trees, and who wrote what")
struct ComparisonTests {
    private let history = SmallHistory()

    private func compare(
        _ old: [String: String], _ new: [String: String], _ path: String? = nil
    ) throws -> [FileDifference] {
        let trees = try [old, new].map { files in
            try history.repository.commit(history.commit(files, time: 1_000)).tree
        }
        return try TreeComparison(from: trees[0], to: trees[1], reading: history.repository)
            .files(path.flatMap { TreePath($0) })
    }

    @Test(
        "what becomes of a file",
        arguments: [
            (["a": "1\n"], ["a": "2\n"], FileDifference.Status.modified, FileDifference.Kind.text),
            ([:], ["a": "2\n"], .added, .text), (["a": "1\n"], [:], .deleted, .text),
            (["b": "1\n"], ["a": "1\n"], .renamed, .none),
            (["a": "1\n"], ["a": "exec:1\n"], .modified, .none),
            (["a": "\0"], ["a": "1\n"], .modified, .binary),
            ([:], ["a": ""], .added, .text),
        ] as [([String: String], [String: String], FileDifference.Status, FileDifference.Kind)])
    func status(
        old: [String: String], new: [String: String], status: FileDifference.Status,
        kind: FileDifference.Kind
    ) throws {
        let files = try compare(old, new)
        #expect(files.map(\.path.text) == ["a"])
        #expect(files.first?.status == status)
        #expect(files.first?.kind == kind)
    }

    @Test("a file that became a link went, and a link came")
    func becameLink() throws {
        let files = try compare(["a": "1\n"], ["a": "link:1\n"])
        #expect(files.map(\.path.text) == ["a", "a"])
        #expect(files.map(\.status) == [.deleted, .added])
    }

    @Test("a text that is too large is told from what is no text")
    func large() throws {
        let much = String(repeating: "line\n", count: Limits.documentSize / 5 + 1)
        #expect(try compare(["a": "1\n"], ["a": much]).map(\.kind) == [.large])
        #expect(try compare(["a": "1\n"], ["a": "\0\(much)"]).map(\.kind) == [.binary])
        let path = try #require(TreePath("a"))
        let blame = Blame(reading: history.repository)
        for (text, word) in [(much, "too large"), ("\0", "no text"), ("link:x", "no text")] {
            let commit = try history.commit(["a": text], time: 1_000)
            #expect(try blame.answer(path, at: commit) == nil)
            #expect(try blame.reason(path, at: commit).contains(word))
        }
        let none = try history.commit(["b": "b\n"], time: 1_000)
        #expect(try blame.reason(path, at: none).contains("there is no file"))
    }

    @Test("what the records of a file do not say is compared by lines")
    func beyondRecords() throws {
        func file(_ version: Int, _ text: String, _ more: String = "") -> [String: String] {
            let records = "[{\"id\":\"1\",\"memory\":\"\(text)\"}]"
            return [
                "m.json": "{\"version\":\(version),\"memories\":\(records)\(more)}",
                ".gitattributes": "*.json sync=memory\n",
            ]
        }
        let outside = try #require(compare(file(1, "a"), file(2, "a")).first)
        #expect(outside.kind == .text && !outside.beyondRecords)
        #expect((outside.insertions, outside.deletions) == (1, 1))
        let both = try #require(compare(file(1, "a"), file(2, "b")).first)
        #expect(both.kind == .records && both.beyondRecords && !both.hunks.isEmpty)
        #expect((both.insertions, both.deletions) == (1, 1))
        let one = try #require(compare(file(1, "a"), file(1, "b")).first)
        #expect(one.kind == .records && !one.beyondRecords && one.hunks.isEmpty)
        #expect(one.records.map(\.fields) == [["memory"]])
        // Too large for lines it is still no file without a difference.
        let much = String(repeating: "x", count: Limits.documentSize)
        let large = (file(1, much), file(2, much))
        #expect(try compare(large.0, large.1).map(\.kind) == [.large])
        let changed = try #require(compare(file(1, "a\(much)"), file(2, "b\(much)")).first)
        #expect(changed.kind == .records && changed.beyondRecords && changed.hunks.isEmpty)
    }

    @Test("only what is asked for, and no record of a conflict")
    func narrowed() throws {
        let old = ["d/a": "1\n", "e": "1\n", ".sync/conflicts/x.json": "{}"]
        #expect(try compare(old, [:], "d").map(\.path.text) == ["d/a"])
        #expect(try compare(old, [:]).map(\.path.text) == ["d/a", "e"])
    }

    @Test("a line that both sides of a merge kept is of whoever wrote it")
    func merged() throws {
        let base = try history.commit(["a": "1\n\n2\n\n3\n"], time: 1_000, device: "ada")
        let one = try history.commit(
            ["a": "one\n\n2\n\n3\n"], on: [base], time: 2_000, device: "bob")
        let two = try history.commit(
            ["a": "1\n\n2\n\nthree\n"], on: [base], time: 3_000, device: "cyd")
        let merge = try history.commit(
            ["b": "one\n\n2\n\nthree\n"], on: [one, two], time: 4_000, device: "dee")
        let path = try #require(TreePath("b"))
        let first = try #require(TreePath("a"))
        // The merge renamed nothing whole: both of its parents have the file under another name.
        let answer = try #require(
            try Blame(reading: history.repository).answer(path, at: merge))
        #expect(Set(answer.entries.map(\.device)) == ["dee"])
        let named = try history.commit(
            ["a": "one\n\n2\n\nthree\n"], on: [one, two], time: 4_000, device: "dee")
        let plain = try #require(
            try Blame(reading: history.repository).answer(first, at: named))
        #expect(plain.entries.map(\.device) == ["bob", "ada", "ada", "ada", "cyd"])
        #expect(try Blame(reading: history.repository).answer(path, at: named) == nil)
    }

    @Test("of records that share an id each has its line, in the file's order")
    func twins() throws {
        let path = try #require(TreePath("shared/memories/m.jsonl"))
        func lines(_ records: String...) -> [String: String] {
            [path.text: records.map { $0 + "\n" }.joined()]
        }
        let (one, two) = (#"{"id":"a","memory":"1"}"#, #"{"id":"a","memory":"2"}"#)
        let other = #"{"id":"b","memory":"3"}"#
        let first = try history.commit(lines(one, other), time: 1_000, device: "ash")
        let last = try history.commit(
            lines(one, other, two, one), on: [first], time: 2_000, device: "oak")
        let answer = try #require(
            try Blame(reading: history.repository).answer(path, at: last))
        #expect(answer.kind == "records")
        #expect(answer.entries.map(\.record) == ["a", "b", "a", "a"])
        #expect(answer.entries.map(\.text) == ["1", "3", "2", "1"])
        #expect(answer.entries.map(\.device) == ["ash", "ash", "oak", "oak"])
    }

    @Test(
        "times as people write them",
        arguments: [
            ("2026-02-08T17:45:00Z", 1_770_572_700_000),
            ("2026-02-08T17:45:00.250Z", 1_770_572_700_250),
            ("2026-02-08 17:45Z", 1_770_572_700_000),
            ("2026-02-08T17:45:00+01:00", 1_770_569_100_000),
            ("2026-02-08 17:45:00+0100", 1_770_569_100_000), ("2h ago", 2_800_000),
            ("soon", nil), ("20260208", nil), ("1234567890", nil), ("2h later", nil),
        ] as [(String, Int64?)])
    func times(text: String, wanted: Int64?) throws {
        let now = Timestamp(milliseconds: 10_000_000)
        #expect(try RevisionOrTime.time(text, now: now) == wanted)
    }

    @Test(
        "what begins as a time and is none is refused",
        arguments: [
            "2026-13-40", "2026-11-31", "2026-02-30", "2025-02-29", "2026-00-10", "2026-02-08T",
            "2026-02-08T17:45:00Zgarbage", "2026-02-08T17:45:00Z|rm", "2026-02-08T17:45:00Z2026",
            "2026-02-08x", "2026-11-27T25:61:61Z", "2026-11-28T1:00:00Z", "2026-11-28T24:00:00Z",
            "2026-02-08T17:45:00+99:99", "2026-02-08T17:45:00.Z", "2026-02-08T17",
        ])
    func noTimes(text: String) {
        #expect(throws: Revision.Unknown.self) {
            try RevisionOrTime.time(text, now: Timestamp(milliseconds: 0))
        }
    }

    @Test("a day is its beginning here")
    func day() throws {
        let now = Timestamp(milliseconds: 0)
        let day = try #require(try RevisionOrTime.time("2026-02-08", now: now))
        for text in ["2026-02-08T00:00:00", "2026-02-08 00:00:00", "2026-02-08T00:00"] {
            #expect(try RevisionOrTime.time(text, now: now) == day)
        }
        #expect(abs(day - 1_770_508_800_000) <= 14 * 3_600_000)
    }
}
