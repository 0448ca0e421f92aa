import SyncModel
import Testing

@testable import SyncMerge

@Suite("Simple files: last write wins")
struct SimpleTests {
    static let rows = [
        MergeCase("the later write", "a", "b", "c", "c"),
        MergeCase("one side changed", "a", "b", "a", "b"),
        MergeCase("an edit beats a later delete", "a", "b", nil, "b", notes: [.editKept]),
        MergeCase("an edit beats an earlier delete", "a", nil, "b", "b", notes: [.editKept]),
        MergeCase("deleted here, untouched there", "a", nil, "a", nil),
        MergeCase("whole JSON beats a later torn one", "{}", "{\"a\":1}", "{\"a\":", "{\"a\":1}"),
        MergeCase(
            "whole JSON beats an earlier torn one", "{}", "{\"a\":", "{\"a\":1}", "{\"a\":1}"),
        MergeCase("an emptied JSON file does not win", "{}", "{\"a\":1}", "", "{\"a\":1}"),
        MergeCase("both torn: the later", "{}", "{\"a\"", "{\"b\"", "{\"b\""),
        MergeCase("both added", nil, "x", "y", "y"),
    ]

    @Test("simple files merge by the table", arguments: rows)
    func row(row: MergeCase) {
        let result = merge(row.base, row.early, row.late, as: FileRule(.simple))
        #expect(result.text == row.merged)
        #expect(result.notes.map(\.kind) == row.notes)
        let wasContested =
            row.early != row.base && row.late != row.base && row.early != nil && row.late != nil
        #expect(result.losers.count == (wasContested ? 1 : 0))
        #expect(result.copies.isEmpty && result.isClean)
    }

    @Test("the authority's version wins whatever the time, but not with a torn file")
    func authority() {
        let rule = FileRule(.simple, authority: "laptop")
        #expect(merge("a", "b", "c", as: rule).text == "b")
        #expect(merge("a", "b", "c", as: FileRule(.simple, authority: "desk")).text == "c")
        #expect(merge("{}", "{", "{\"a\":1}", as: rule).text == "{\"a\":1}")
    }

    @Test("equal times: the device's bytes decide, then the blob id")
    func ties() {
        let older = side("x", at: 5, by: "a")
        let newer = side("y", at: 5, by: "b")
        let rule = FileRule(.simple)
        #expect(ContentMerge.merge(base: nil, older, newer, as: rule).text == "y")
        #expect(ContentMerge.merge(base: nil, newer, older, as: rule).text == "y")
        let one = side("x", at: 5)
        let two = side("y", at: 5)
        let winner = one.stamp < two.stamp ? "y" : "x"
        #expect(ContentMerge.merge(base: nil, one, two, as: rule).text == winner)
        #expect(ContentMerge.merge(base: nil, two, one, as: rule).text == winner)
    }

    static let instants: [(String, String)] = [
        ("\"2026-01-01T00:00:00Z\"", "\"2026-01-01\""),
        ("\"2026-01-01T02:00:00+02:00\"", "\"2026-01-01T00:00:00.000Z\""),
        ("\"2025-12-31T16:00:00-0800\"", "\"2026-01-01 00:00\""),
        ("1767225600", "\"2026-01-01T00:00:00Z\""), ("1767225600000", "1767225600"),
        ("1767225600.5", "\"2026-01-01T00:00:00.5Z\""), ("1767225600500000", "1767225600500"),
        ("\"2024-02-29T00:00:00Z\"", "1709164800"),
        ("\"1969-12-31T23:59:59Z\"", "\"1969-12-31T23:59:59Z\""),
    ]

    @Test("one instant, written differently", arguments: instants)
    func instant(left: String, right: String) throws {
        let one = try #require(JSONText(Array(left.utf8)).flatMap { Instant($0.root) })
        let two = try #require(JSONText(Array(right.utf8)).flatMap { Instant($0.root) })
        #expect(one == two)
    }

    @Test(
        "what is no instant",
        arguments: [
            "\"never\"", "\"2026-13-01\"", "\"2026-02-30\"", "\"2026-01-01T25:00\"", "-1", "1e9",
            "\"2026-01-01T00:00:00+2\"", "\"2026-01-01x\"", "null", "\"\"",
        ])
    func notInstant(text: String) throws {
        #expect(try Instant(#require(JSONText(Array(text.utf8))).root) == nil)
    }
}
