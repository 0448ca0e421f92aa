import SyncMerge
import SyncTestKit
import Testing

@Suite("How versions differ")
struct DifferenceTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func text(_ old: String, _ new: String, context: Int = 1) throws -> [String] {
        let hunks = try #require(
            TextDifference.hunks(bytes(old), bytes(new), context: context))
        return hunks.flatMap { hunk in
            ["@ \(hunk.oldStart),\(hunk.oldCount) \(hunk.newStart),\(hunk.newCount)"]
                + hunk.lines.map {
                    $0.mark.rawValue + String(decoding: $0.bytes, as: UTF8.self)
                        + ($0.hasEnd ? "" : "$")
                }
        }
    }

    @Test("lines, with where they stand and what has no end")
    func lines() throws {
        #expect(
            try text("a\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n") == ["@ 2,3 2,3", " b", "-c", "+C", " d"])
        #expect(try text("", "a\n") == ["@ 0,0 1,1", "+a"])
        #expect(try text("a\n", "") == ["@ 1,1 0,0", "-a"])
        #expect(try text("a", "a\n") == ["@ 1,1 1,1", "-a$", "+a"])
        #expect(try text("a\nb", "x\nb") == ["@ 1,2 1,2", "-a", "+x", " b$"])
        #expect(try text("same\n", "same\n").isEmpty)
        #expect(TextDifference.hunks([0], [1]) == nil)
    }

    @Test("words, and the text between them")
    func words() throws {
        let hunk = try #require(
            TextDifference.hunks(bytes("one two three\n"), bytes("one 2 three four\n"))?.first)
        let pieces = WordDifference.pieces(of: hunk).map {
            $0.mark.rawValue + String(decoding: $0.bytes, as: UTF8.self)
        }
        #expect(pieces == [" one ", "-two", "+2", "  three", "+ four", " \n"])
    }

    @Test(
        "records of each shape",
        arguments: [
            (
                "{\"id\":1,\"memory\":\"a\"}\n",
                "{\"id\":1,\"memory\":\"a\"}\n{\"id\":2,\"memory\":\"b\"}\n"
            ),
            (
                "[{\"id\":1,\"text\":\"a\"}]",
                "[{\"id\":1,\"text\":\"a\"},{\"id\":2,\"text\":\"b\"}]"
            ),
            ("{\"1\":{\"text\":\"a\"}}", "{\"1\":{\"text\":\"a\"},\"2\":{\"text\":\"b\"}}"),
            (
                "{\"results\":[{\"id\":1,\"memory\":\"a\"}]}",
                "{\"results\":[{\"memory\":\"a\",\"id\":1},{\"id\":2,\"memory\":\"b\"}]}"
            ),
        ])
    func records(old: String, new: String) throws {
        let came = try #require(RecordDifference.changes(bytes(old), bytes(new)))
        #expect(came.map(\.name) == ["2"])
        #expect(came.map(\.text) == ["b"])
        #expect(came.first?.before == nil)
        let gone = try #require(RecordDifference.changes(bytes(new), bytes(old)))
        #expect(gone.map(\.name) == ["2"])
        #expect(gone.first?.after == nil)
        let edited = try #require(
            RecordDifference.changes(bytes(new), bytes(new.replacing("\"b\"", with: "\"c\""))))
        #expect(edited.map(\.text) == ["c"])
        #expect(edited.first?.before != nil && edited.first?.after != nil)
        #expect(RecordDifference.records(of: bytes(new))?.map(\.name) == ["1", "2"])
    }

    @Test("a record that changed names its fields, and each of one identity is told")
    func fields() throws {
        func told(_ old: String, _ new: String) throws -> [String] {
            let comparison = try #require(RecordDifference.comparison(bytes(old), bytes(new)))
            #expect(comparison.isWhole)
            return comparison.changes.map { change in
                "\(change.textBefore ?? "-") > \(change.after == nil ? "-" : change.text) "
                    + change.fields.joined(separator: ",")
            }
        }
        let plain = "[{\"id\":1,\"memory\":\"a\",\"k\":1}]"
        #expect(try told(plain, "[{\"id\":1,\"memory\":\"b\",\"k\":1}]") == ["a > b memory"])
        #expect(
            try told(plain, "[{\"new\":[],\"id\":1,\"memory\":\"a\"}]") == ["a > a new,k"])
        func twice(_ texts: String...) -> String {
            texts.map { "{\"id\":1,\"memory\":\"\($0)\"}\n" }.joined()
        }
        #expect(try told(twice("a", "b"), twice("a", "c")) == ["b > c memory"])
        #expect(try told(twice("a", "b"), twice("b")) == ["a > - "])
        #expect(try told(twice("b"), twice("a", "b", "c")) == ["- > a ", "- > c "])
    }

    @Test(
        "what the records do not say is known",
        arguments: [
            ("{\"v\":1,\"memories\":[A]}", "{\"v\":2,\"memories\":[A]}", 0, false),
            ("{\"v\":1,\"memories\":[A]}", "{\"v\":2,\"memories\":[A,B]}", 1, false),
            ("{\"v\":1,\"memories\":[A]}", "{ \"v\": 1, \"memories\":[A,B] }", 1, true),
            ("[A,B]", "[B,A]", 0, false), ("[A,B]", "[B,A,C]", 1, false),
            ("[A,B]", "[C,B]", 2, true),
            ("[A,B]", "[b,A]", 1, false), ("[A,B]", "[A,b]", 1, true),
            ("[A,B]", "[ A, B ]", 0, true), ("[A,A]", "[A]", 0, false),
            ("A\nB\n", "B\nA\nC\n", 1, false), ("A\nA\n", "A\nC\n", 1, false),
            ("", "{\"v\":2,\"memories\":[A]}", 1, true),
        ])
    func rest(old: String, new: String, count: Int, isWhole: Bool) throws {
        func file(_ text: String) -> [UInt8] {
            var text = text
            for name in ["A", "B", "C", "[b", ",b"] {
                let id = name.suffix(1)
                text.replace(
                    name,
                    with: "\(name.dropLast()){\"id\":\"\(id.uppercased())\",\"memory\":\"\(id)\"}")
            }
            return bytes(text)
        }
        let comparison = try #require(RecordDifference.comparison(file(old), file(new)))
        #expect(comparison.changes.count == count)
        #expect(comparison.isWhole == isWhole)
    }

    @Test("files that do not mean the same differ in records or in what those do not say")
    func nothingHidden() throws {
        let seed = SeededRandom.seed
        var random = SeededRandom(seed: seed)
        func file() -> String {
            let records = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                let (id, text) = (
                    Int.random(in: 1...3, using: &random), Bool.random(using: &random)
                )
                return "{\"id\":\(id),\"memory\":\"\(text)\"}"
            }
            let version = Int.random(in: 1...2, using: &random)
            return "{\"version\":\(version),\"memories\":[\(records.joined(separator: ","))]}"
        }
        for _ in 0..<2_000 {
            let (old, new) = (file(), file())
            let comparison = try #require(RecordDifference.comparison(bytes(old), bytes(new)))
            let isSame = comparison.changes.isEmpty && comparison.isWhole
            #expect(isSame == (old == new), "seed \(seed): \(old) \(new)")
        }
    }

    @Test("a file that comes or goes, and what holds no records")
    func edges() throws {
        let one = bytes("{\"id\":1,\"memory\":\"a\"}\n")
        #expect(RecordDifference.changes(nil, one)?.map(\.text) == ["a"])
        #expect(RecordDifference.changes(one, nil)?.map(\.text) == ["a"])
        #expect(RecordDifference.changes(one, bytes("no records\n")) == nil)
        #expect(RecordDifference.records(of: bytes("no records\n")) == nil)
    }
}

@Suite("One record of a past version")
struct RestoredRecordTests {
    @Test("that stands there as it was changes no byte, a torn line among them")
    func same() {
        let torn = Array("{\"id\":\"a\",\"memory\":\"x\"}\n{\"id\":\"b\",\"mem".utf8)
        #expect(RecordDifference.restoring("a", from: torn, into: torn) == torn)
    }

    @Test(
        "stands where it stood, in the file's manner",
        arguments: [
            ("[1,2,3]", "[1,3]", "2", "[1,2,3]"), ("[1,2,3]", "[2,3]", "1", "[1,2,3]"),
            ("[1,2,3]", "[3,1]", "2", "[3,1,2]"), ("[1,2,3]", "[]", "2", "[2]"),
            ("[1,2,3]", nil, "2", "[2]"), ("[1]", "[1]", "7", nil),
        ] as [(String, String?, String, String?)])
    func places(past: String, now: String?, id: String, wanted: String?) throws {
        func lines(_ ids: String) -> [UInt8] {
            let records = ids.filter(\.isNumber).map { "{\"id\":\($0)}\n" }
            return Array(records.joined().utf8)
        }
        func array(_ ids: String) -> [UInt8] {
            let records = ids.filter(\.isNumber).map { "{\"id\":\($0)}" }
            return Array("[\n  \(records.joined(separator: ",\n  "))\n]\n".utf8)
        }
        for form in [lines, array] {
            if form(past) == array(past), now == "[]" { continue }
            let restored = RecordDifference.restoring(
                id, from: form(past), into: now.map { form($0) })
            #expect(restored == wanted.map { form($0) }, "\(past) \(now ?? "") \(id)")
        }
    }
}
