import SyncModel
import Testing

@testable import SyncEngine

@Suite("A file that was renamed and edited")
struct EditedRenameTests {
    private static let note = "# Old\n\none line\nanother\na third\na fourth\n"

    private func pairs(_ gone: [String: String], _ come: [String: String]) throws
        -> [String: String]
    {
        func candidates(_ files: [String: String]) throws -> [EditedRename.Candidate] {
            try files.map {
                .init(path: try #require(TreePath($0.key)), content: Array($0.value.utf8))
            }
        }
        let pairs = EditedRename.pairs(gone: try candidates(gone), come: try candidates(come))
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0.key.text, $0.value.text) })
    }

    @Test("is known by the lines that stayed")
    func known() throws {
        let new = Self.note.replacing("# Old", with: "# New")
        #expect(try pairs(["Old.md": Self.note], ["New.md": new]) == ["New.md": "Old.md"])
    }

    @Test(
        "is none when less than half stayed, or nothing",
        arguments: ["", "# New\n", "one line\nbut the rest is of its own, and longer than that\n"])
    func unlike(content: String) throws {
        #expect(try pairs(["Old.md": Self.note], ["New.md": content]).isEmpty)
    }

    @Test("is none when two files resemble it equally")
    func ambiguous() throws {
        let new = Self.note.replacing("# Old", with: "# New")
        #expect(try pairs(["a.md": Self.note, "b.md": Self.note], ["c.md": new]).isEmpty)
        #expect(try pairs(["a.md": Self.note], ["b.md": new, "c.md": new]).isEmpty)
    }

    @Test("each finds its own among several")
    func several() throws {
        let other = (1...9).map { "other \($0)\n" }.joined()
        let found = try pairs(
            ["a.md": Self.note, "b.md": other],
            ["c.md": other + "more\n", "d.md": "first\n" + Self.note])
        #expect(found == ["c.md": "b.md", "d.md": "a.md"])
    }

    @Test("is not looked for among too many", arguments: [(50, true), (51, false)])
    func tooMany(count: Int, isLooked: Bool) throws {
        var gone: [String: String] = [:]
        var come: [String: String] = [:]
        for number in 0..<count {
            gone["old\(number)"] = "line \(number)\nnext \(number)\nlast \(number)\n"
            come["new\(number)"] = "line \(number)\nnext \(number)\nlast \(number)\nmore\n"
        }
        #expect(try pairs(gone, come).count == (isLooked ? count : 0))
    }
}

@Suite("What a content was made from")
struct MadeFromTests {
    private func bytes(_ lines: [String]) -> [UInt8] {
        Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    @Test(
        "is the version whose lines it has, and of two the one that it shares more with",
        arguments: [
            (["a", "b", "mine"], ["a", "b"], nil, true),
            (["a", "mine"], ["a", "b"], nil, false),
            (["mine"], ["a", "b"], nil, false),
            (["a", "b", "c"], ["a", "b", "c", "d"], nil, true),
            (["a"], [], nil, false), (["a", "b", "mine"], ["a", "b"], ["a"], true),
            (["a", "mine"], ["a", "b"], ["a"], false),
            (["a", "b"], ["a", "c"], ["a", "c"], false),
            (["new"], ["new", "a"], ["old", "a"], true),
            (["old"], ["new", "a"], ["old", "a"], false),
            (["new", "old"], ["new", "a"], ["old", "a"], false),
            (["a"], ["new", "a", "b", "c"], ["old", "a"], false),
        ] as [([String], [String], [String]?, Bool)])
    func made(content: [String], old: [String], other: [String]?, isMade: Bool) {
        #expect(
            EditedRename.isMade(
                bytes(content), from: bytes(old), ratherThan: other.map(bytes)) == isMade)
    }
}
