import SyncModel
import SyncTestKit
import Testing

@testable import SyncMerge

@Suite("Conflict records that somebody put there")
struct ConflictListTests {
    private let repository = InMemoryRepository()

    private func blob(_ text: String) throws -> ObjectID {
        let pack = try repository.beginPack()
        let id = try pack.add(.blob, Array(text.utf8))
        try pack.finish()
        return id
    }

    private func record(_ one: ObjectID, _ other: ObjectID) throws -> ConflictRecord {
        let sides = [one, other].enumerated().map { index, blob in
            VersionStamp(
                milliseconds: Int64(index), device: "d\(index)", commit: .zero, blob: blob)
        }
        return ConflictRecord(
            path: try #require(TreePath("a.md")), type: .document, kind: .deleteModify, base: nil,
            sides: sides, copy: nil)
    }

    /// How many conflicts are listed, and how many files are carried.
    private func listed(_ files: [String: [UInt8]]) throws -> (listed: Int, carried: Int) {
        let pack = try repository.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        for (name, content) in files {
            let path = try #require(TreePath(".sync/conflicts/\(name)"))
            versions[path] = FileVersion(mode: .regular, id: try pack.add(.blob, content))
        }
        let tree = try TreeEdit.apply(versions, to: nil, reading: repository, writing: pack)
        try pack.finish()
        let list = try ConflictList(of: tree, reading: repository)
        return (list.records.count, list.entries.count)
    }

    @Test("count where the id is the file's name and the hash of the terms")
    func good() throws {
        let record = try record(blob("one"), blob("two"))
        #expect(try listed(["\(record.id).json": record.rendered]) == (1, 1))
    }

    @Test(
        "are carried and not listed under another name",
        arguments: ["0123456789abcdef.json", "x.json", "x"])
    func name(name: String) throws {
        let record = try record(blob("one"), blob("two"))
        #expect(try listed([name: record.rendered]) == (0, 1))
    }

    @Test("are carried and not listed with another id, path or side than the terms'")
    func forged() throws {
        let record = try record(blob("one"), blob("two"))
        let text = String(decoding: record.rendered, as: UTF8.self)
        for (old, new) in [
            ("\"a.md\"", "\"b.md\""), ("\"d0\"", "\"d9\""), (record.id, "../x"),
            ("\"version\": 1", "\"version\": 9223372036854775807"),
            ("\"milliseconds\": 0", "\"milliseconds\": 9223372036854775808"),
        ] {
            let forged = Array(text.replacing(old, with: new).utf8)
            #expect(try listed(["\(record.id).json": forged]) == (0, 1), "\(new)")
        }
    }

    @Test("are carried and not listed when they name a text that no merge looks at")
    func tooLarge() throws {
        let path = try #require(TreePath("a.md"))
        let sides = ["one", "two"].enumerated().map { index, text in
            CapturedContent(
                content: Array(text.utf8), stamp: stamp(Int64(index), "d\(index)", text))
        }
        let terms = ConflictTerms(bases: [[0x30]], sides: sides)
        let known = Set(terms.sideIDs)
        let record = ConflictRecord(
            terms, path: path, named: path, kind: .content, known: known)
        for id in known { _ = try blob(id == terms.sideIDs[0] ? "one" : "two") }
        let pack = try repository.beginPack()
        let tree = try TreeEdit.apply(
            [
                record.recordPath: FileVersion(
                    mode: .regular, id: try pack.add(.blob, record.rendered))
            ], to: nil, reading: repository, writing: pack)
        try pack.finish()
        for (size, count) in [(4 * Limits.documentSize, 1), (4 * Limits.documentSize + 1, 0)] {
            let reader = CountingReader(repository)
            reader.sizes[terms.sideIDs[0]] = size
            #expect(try ConflictList(of: tree, reading: reader).records.count == count)
        }
    }

    @Test("are carried and not listed when a blob is not there")
    func absent() throws {
        let gone = ObjectID(hashing: Array("nobody has it".utf8), as: .blob)
        let record = try record(blob("one"), gone)
        #expect(try listed(["\(record.id).json": record.rendered]) == (0, 1))
    }
}
