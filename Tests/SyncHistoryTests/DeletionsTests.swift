internal import SyncModel
internal import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("Deleted files")
struct DeletionsTests {
    private let history = SmallHistory()

    private func deleted(
        _ head: ObjectID, _ path: String? = nil, where filter: HistoryFilter = HistoryFilter(),
        most: Int = 100
    ) throws -> [DeletedFile] {
        try Deletions(reading: history.repository, path: path.flatMap { TreePath($0) })
            .list(from: head, where: filter, most: most)
    }

    @Test("come with the commit that took them, the one before and the last content")
    func one() throws {
        let first = try history.commit(["a": "1", "b": "x"], time: 1_000)
        let second = try history.commit(["a": "2", "b": "x"], on: [first], time: 2_000)
        let third = try history.commit(["b": "x"], on: [second], time: 3_000, device: "oak")
        let head = try history.commit(["b": "y"], on: [third], time: 4_000)
        let found = try deleted(head)
        #expect(found.map(\.path.text) == ["a"])
        #expect(found.first?.commit == third)
        #expect(found.first?.last == second)
        #expect(found.first?.device == "oak")
        #expect(found.first?.time == "1970-01-01T00:00:03Z")
        #expect(found.first?.blob == ObjectID(hashing: Array("2".utf8), as: .blob))
    }

    @Test(
        "are not what was renamed, changed its kind of file, came back or never left the head",
        arguments: [
            ("renamed", [["a": "text"], ["b": "text"]], []),
            ("renamed and copied", [["a": "text"], ["b": "text", "c": "text"]], []),
            ("empty files are all alike", [["a": ""], ["b": ""]], ["a"]),
            ("came back", [["a": "1", "b": ""], ["b": ""], ["a": "2", "b": ""]], []),
            ("became executable", [["a": "1"], ["a": "exec:1"]], []),
            ("became a link", [["a": "1"], ["a": "link:1"]], []),
            ("became an empty directory", [["a": "1"], ["a": "dir:"]], ["a"]),
            ("an empty directory went", [["a": "1", "d": "dir:"], ["a": "1"]], []),
            ("became a directory", [["a": "1"], ["a/b": "2"]], ["a"]),
            (
                "a record of a conflict",
                [["a": "1", ".sync/conflicts/x.json": "{}"], ["a": "1"]], []
            ),
            (
                "a directory of two", [["d/a": "1", "d/b": "2", "e": ""], ["e": ""]],
                ["d/a", "d/b"]
            ),
        ] as [(String, [[String: String]], [String])])
    func kinds(name: String, states: [[String: String]], wanted: [String]) throws {
        var head: ObjectID?
        for (number, files) in states.enumerated() {
            head = try history.commit(
                files, on: head.map { [$0] } ?? [], time: Int64(number + 1) * 1_000)
        }
        #expect(try deleted(#require(head)).map(\.path.text) == wanted)
    }

    @Test("are listed once, with the last time, the latest first, and as many as were asked for")
    func order() throws {
        let states: [[String: String]] = [
            ["a": "1", "b": "2", "c": "3"], ["b": "2", "c": "3"], ["a": "4", "c": "3"],
            ["c": "3"], [:],
        ]
        var commits: [ObjectID] = []
        for (number, files) in states.enumerated() {
            commits.append(
                try history.commit(
                    files, on: Array(commits.suffix(1)), time: Int64(number + 1) * 1_000))
        }
        let found = try deleted(commits[4])
        #expect(found.map(\.path.text) == ["c", "a", "b"])
        #expect(found.map(\.commit) == [commits[4], commits[3], commits[2]])
        #expect(try deleted(commits[4], most: 2) == Array(found.prefix(2)))
        #expect(try deleted(commits[4], most: 0).isEmpty)
    }

    @Test("of a path are that file, or what was below that directory")
    func below() throws {
        let first = try history.commit(["d/a": "1", "d/e/b": "2", "da": "3"], time: 1_000)
        let head = try history.commit(["x": ""], on: [first], time: 2_000)
        #expect(try deleted(head, "d").map(\.path.text) == ["d/a", "d/e/b"])
        #expect(try deleted(head, "d/a").map(\.path.text) == ["d/a"])
        #expect(try deleted(head, "nothing").isEmpty)
    }

    @Test("of one side of a merge belong to that side; what a merge took itself is the merge's")
    func merges() throws {
        let base = try history.commit(["a": "1", "b": "2", "c": "3"], time: 1_000)
        let left = try history.commit(["b": "2", "c": "3"], on: [base], time: 2_000, device: "oak")
        let right = try history.commit(["a": "1", "b": "2", "c": "4"], on: [base], time: 3_000)
        let merge = try history.commit(["c": "4"], on: [left, right], time: 4_000, device: "ash")
        let found = try deleted(merge)
        #expect(found.map(\.path.text) == ["b", "a"])
        #expect(found.map(\.device) == ["ash", "oak"])
        #expect(found.map(\.last) == [left, base])
    }

    @Test("of two heads that a device joined by itself are what it dropped of either")
    func restored() throws {
        let ours = try history.commit(["a": "1", "b": "2"], time: 1_000)
        let far = try history.commit(["a": "1", "new": "3"], time: 2_000, device: "oak")
        let head = try history.commit(["b": "2"], on: [ours, far], time: 3_000, device: "ash")
        let found = try deleted(head)
        #expect(found.map(\.path.text) == ["a", "new"])
        #expect(found.map(\.device) == ["ash", "ash"])
        #expect(found.map(\.last) == [ours, far])
    }

    @Test("are narrowed by time and device")
    func filtered() throws {
        let first = try history.commit(["a": "1", "b": "2", "c": "3"], time: 1_000)
        let second = try history.commit(["b": "2", "c": "3"], on: [first], time: 2_000)
        let third = try history.commit(["c": "3"], on: [second], time: 3_000, device: "oak")
        var filter = HistoryFilter()
        filter.since = 3_000
        #expect(try deleted(third, where: filter).map(\.path.text) == ["b"])
        (filter.since, filter.until) = (nil, 2_000)
        #expect(try deleted(third, where: filter).map(\.path.text) == ["a"])
        (filter.until, filter.device) = (nil, "oak")
        #expect(try deleted(third, where: filter).map(\.path.text) == ["b"])
    }
}
