import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("A conflict follows its file through merges")
struct ConflictFollowTests {
    private let history = SmallHistory()

    /// Two devices added `x.md`: the merge, its markers, and the record.
    private func dispute() throws -> (commit: ObjectID, text: String, record: ConflictRecord) {
        let one = try history.commit(["x.md": "one\n"], time: 1_000, device: "a")
        let two = try history.commit(["x.md": "two\n"], time: 2_000, device: "b")
        let merged = try merge(one, two)
        let record = try #require(merged.open.first)
        return (merged.commit, try #require(merged.files["x.md"]), record)
    }

    private func merge(_ one: ObjectID, _ two: ObjectID) throws
        -> (commit: ObjectID, files: [String: String], open: [ConflictRecord])
    {
        let made = try CommitMerge(history.repository).merge(one, two).commit
        let again = try CommitMerge(history.repository).merge(two, one).commit
        #expect(made == again)
        let tree = try history.repository.commit(made).tree
        let files = try history.files(of: tree).filter { !$0.key.hasPrefix(".sync/") }
        return (made, files, try ConflictList(of: tree, reading: history.repository).records)
    }

    private func file(_ record: ConflictRecord) -> [String: String] {
        [record.recordPath.text: String(decoding: record.rendered, as: UTF8.self)]
    }

    @Test(
        "one side resolves it, the other renames the file and changes its mode or not",
        arguments: ["", "exec:"], [true, false])
    func settledAndRenamed(mode: String, isLater: Bool) throws {
        let (base, text, record) = try dispute()
        let path = try #require(TreePath("y.md"))
        let resolved = try history.commit(
            ["x.md": "both\n"], on: [base], time: isLater ? 5_000 : 3_000, device: "a")
        let renamed = try history.commit(
            ["y.md": mode + text].merging(file(record.moved(to: path))) { $1 }, on: [base],
            time: 4_000, device: "b")
        let merged = try merge(resolved, renamed)
        #expect(merged.files == ["y.md": mode + "both\n"])
        #expect(merged.open.isEmpty)
    }

    @Test("one side changes the file's mode, the other renames it: it goes along")
    func modeAndRenamed() throws {
        let (base, text, record) = try dispute()
        let path = try #require(TreePath("y.md"))
        let changed = try history.commit(
            ["x.md": "exec:" + text].merging(file(record)) { $1 }, on: [base], time: 3_000)
        let renamed = try history.commit(
            ["y.md": text].merging(file(record.moved(to: path))) { $1 }, on: [base], time: 4_000)
        let merged = try merge(changed, renamed)
        #expect(merged.files == ["y.md": "exec:" + text])
        #expect(merged.open.map(\.path) == [path])
    }

    @Test("one side resolves it, the other wrote the same record in other bytes")
    func otherBytes() throws {
        let (base, text, record) = try dispute()
        let resolved = try history.commit(["x.md": "both\n"], on: [base], time: 3_000)
        let bytes = String(decoding: record.rendered, as: UTF8.self)
            .replacing("\"version\": 1", with: "\"version\":  1")
        let other = try history.commit(
            ["x.md": text, "z.md": "z\n", record.recordPath.text: bytes], on: [base], time: 4_000)
        #expect(try merge(resolved, other).open.isEmpty)
    }

    @Test("another program left the record without the file, and a device has the file anew")
    func staleSide() throws {
        let record = try dispute().record
        let stale = try history.commit(file(record), time: 3_000)
        let added = try history.commit(["x.md": "anew\n"], time: 4_000)
        let merged = try merge(stale, added)
        #expect(merged.files == ["x.md": "anew\n"])
        #expect(merged.open.isEmpty)
    }

    @Test("a version that is kept for a conflict's sake is no new name of the file")
    func keptVersion() throws {
        let (base, text, record) = try dispute()
        let moved = try history.commit(
            [".sync/kept/a": text].merging(file(record)) { $1 }, on: [base], time: 3_000)
        let edited = try history.commit(
            ["x.md": "more\n" + text].merging(file(record)) { $1 }, on: [base], time: 4_000)
        let merged = try merge(moved, edited)
        #expect(merged.files == ["x.md": "more\n" + text])
        #expect(merged.open.map(\.path) == [record.path])
    }

    @Test("a link takes the file's name: the conflict goes with the copy")
    func besideLink() throws {
        let (base, text, record) = try dispute()
        let linked = try history.commit(["x.md": "link:a"], on: [base], time: 5_000)
        let edited = try history.commit(
            ["x.md": "more\n" + text].merging(file(record)) { $1 }, on: [base], time: 4_000)
        let merged = try merge(linked, edited)
        #expect(merged.files == ["x.md": "link:a", "x.#.md": "more\n" + text])
        let copy = try #require(merged.open.compactMap(\.copy).first)
        #expect(merged.open.first { $0.id == record.id }?.path == copy)
    }

    @Test("another program deletes the file alone, and a device brings it back")
    func staleRecord() throws {
        let (base, text, record) = try dispute()
        let deleted = try history.commit(file(record), on: [base], time: 3_000)
        let restored = try history.commit(
            ["x.md": text].merging(file(record)) { $1 }, on: [deleted], time: 4_000)
        let without = try history.commit(["z.md": "z\n"], on: [deleted], time: 5_000)
        let merged = try merge(restored, without)
        #expect(merged.files == ["x.md": text, "z.md": "z\n"])
        #expect(merged.open == [record])
    }

    @Test("markers that somebody broke, between those of the next conflict: both are listed")
    func broken() throws {
        let (base, text, record) = try dispute()
        let lines = text.split(separator: "\n").map { "\($0)\n" }
        let torn = (lines.dropLast() + ["mine\n"]).joined()
        let edited = try history.commit(
            ["x.md": torn].merging(file(record)) { $1 }, on: [base], time: 3_000)
        let resolved = try history.commit(["x.md": "other\n"], on: [base], time: 4_000)
        let merged = try merge(edited, resolved)
        #expect(merged.files["x.md"]?.contains("mine\n") == true)
        #expect(merged.open.count == 2)
        #expect(merged.open.contains { $0.id == record.id })
        #expect(merged.open.allSatisfy { $0.path == record.path })
        // The markers that belong together are merged on; the broken ones stay what they are.
        let open = merged.open.reduce(into: [String: String]()) { $0.merge(file($1)) { $1 } }
        let text2 = try #require(merged.files["x.md"])
        let more = try history.commit(
            ["x.md": text2, "y.md": "y\n"].merging(open) { $1 }, on: [merged.commit], time: 5_000)
        let above = try history.commit(
            ["x.md": "above\n" + text2].merging(open) { $1 }, on: [merged.commit], time: 6_000)
        let next = try merge(more, above)
        #expect(next.files["x.md"] == "above\n" + text2)
        #expect(next.open == merged.open)
    }

    @Test("a file with markers was moved over another, and the other side resolved it")
    func movedOver() throws {
        let (dispute, text, record) = try dispute()
        let base = try history.commit(
            ["x.md": text, "y.md": "y\n"].merging(file(record)) { $1 }, on: [dispute], time: 3_000)
        let path = try #require(TreePath("y.md"))
        let moved = try history.commit(
            ["y.md": text].merging(file(record.moved(to: path))) { $1 }, on: [base], time: 4_000)
        let resolved = try history.commit(
            ["x.md": "both\n", "y.md": "y\n"], on: [base], time: 5_000)
        let merged = try merge(moved, resolved)
        #expect(merged.files == ["x.md": "both\n", "y.md": text])
        #expect(merged.open.first { $0.id == record.id }?.path == path)
    }
}
