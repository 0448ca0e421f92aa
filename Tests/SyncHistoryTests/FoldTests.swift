import SyncModel
import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("The log for a reader")
struct FoldTests {
    private let history = SmallHistory()

    /// Saves of one file so many seconds apart, by devices; the counts that they fold to.
    private func counts(_ saves: [(seconds: Int64, name: String, device: String)]) throws -> [Int] {
        var head: ObjectID?
        var files: [String: String] = [:]
        for (index, save) in saves.enumerated() {
            files[save.name] = "\(index)\n"
            head = try history.commit(
                files, on: head.map { [$0] } ?? [], time: save.seconds * 1_000,
                device: save.device)
        }
        var folds: [HistoryFold] = []
        try HistoryLog(reading: history.repository)
            .each(from: #require(head), where: HistoryFilter()) { entry in
                if folds.last?.takes(entry) ?? false {
                    folds[folds.count - 1].add(entry)
                } else {
                    folds.append(HistoryFold(entry))
                }
                return true
            }
        return folds.map(\.count)
    }

    @Test(
        "saves of one file by one device soon after each other are one",
        arguments: [
            ([(0, "a", "x"), (10, "a", "x"), (20, "a", "x")], [3]),
            ([(0, "a", "x"), (700, "a", "x"), (710, "a", "x")], [2, 1]),
            ([(0, "a", "x"), (10, "b", "x"), (20, "a", "x")], [1, 1, 1]),
            ([(0, "a", "x"), (10, "a", "y"), (20, "a", "y")], [2, 1]),
        ] as [([(Int64, String, String)], [Int])])
    func folds(saves: [(Int64, String, String)], wanted: [Int]) throws {
        #expect(try counts(saves.map { ($0.0 + 1, $0.1, $0.2) }) == wanted)
    }

    @Test("a file is followed over its names on both sides of a merge")
    func renames() throws {
        let one = try history.commit(["a": "text\n", "z": "z\n"], time: 1_000)
        let edit = try history.commit(["a": "text\nmore\n", "z": "z\n"], on: [one], time: 2_000)
        let rename = try history.commit(["b": "text\n", "z": "z\n"], on: [one], time: 3_000)
        let merge = try history.commit(
            ["b": "text\nmore\n", "z": "z\n"], on: [edit, rename], time: 4_000)
        let again = try history.commit(
            ["c": "text\nmore\n", "z": "z2\n"], on: [merge], time: 5_000)
        let other = try history.commit(["c": "text\nmore\n", "z": "z\n"], on: [again], time: 6_000)
        let path = try #require(TreePath("c"))
        let entries = try HistoryLog(reading: history.repository, path: path)
            .entries(from: other, most: 10)
        #expect(entries.map(\.commit) == [again, merge, rename, edit, one])
    }
}
