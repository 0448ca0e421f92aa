import SyncModel
import Testing

@testable import SyncMerge

@Suite("Documents: three-way text merge")
struct DocumentTests {
    static let clean = [
        MergeCase(
            "different paragraphs", "a\n\nb\n\nc\n", "A\n\nb\n\nc\n", "a\n\nb\n\nC\n",
            "A\n\nb\n\nC\n"),
        MergeCase("the same change on both", "a\nb\n", "a\nx\n", "a\nx\ny\n", nil),
        MergeCase(
            "a deletion and a distant edit", "a\nb\nc\nd\n", "b\nc\nd\n", "a\nb\nc\nD\n",
            "b\nc\nD\n"),
        MergeCase(
            "CRLF on one side", "a\nb\nc\n", "a\r\nb\r\nc\r\n", "a\nb\nc\nd\n",
            "a\r\nb\r\nc\r\nd\r\n"),
        MergeCase(
            "a byte order mark that one side adds", "a\nb\nc\n", "\u{feff}a\nb\nc\n", "a\nb\nC\n",
            "\u{feff}a\nb\nC\n"),
        MergeCase(
            "a final newline that one side drops", "a\nb\nc\n", "a\nb\nc", "A\nb\nc\n", "A\nb\nc"),
        MergeCase(
            "a carriage return at the very end stays", "a\nb\nc\r", "A\nb\nc\r", "a\nb\nc\rd",
            "A\nb\nc\rd"),
        MergeCase(
            "a carriage return at the very end of the result", "a\nb\nc", "A\nb\nc", "a\nb\nc\r",
            "A\nb\nc\r"),
        MergeCase(
            "mixed line ends stay where they are", "a\r\nb\nc\nd\n", "a\r\nB\nc\nd\n",
            "a\r\nb\nc\nd\ne\n", "a\r\nB\nc\nd\ne\n"),
        MergeCase(
            "a version without a line end says nothing of how lines end", "a\r\n", "a",
            "a\r\nb\r\n", "a\r\nb"),
        MergeCase(
            "boxes ticked in adjacent lines", "- [ ] one\n- [ ] two\n", "- [x] one\n- [ ] two\n",
            "- [ ] one\n- [X] two\n", "- [x] one\n- [X] two\n"),
        MergeCase(
            "a box ticked here, the text changed there", "- [ ] one\n", "- [x] one\n",
            "- [ ] one, today\n", "- [x] one, today\n"),
        MergeCase(
            "a box ticked here, an item added there", "- [ ] one\n", "- [x] one\n",
            "- [ ] one\n- [ ] two\n", "- [x] one\n- [ ] two\n"),
        MergeCase(
            "texts of adjacent tasks", "1. [ ] one\n2. [ ] two\n", "1. [ ] ONE\n2. [ ] two\n",
            "1. [ ] one\n2. [ ] TWO\n", "1. [ ] ONE\n2. [ ] TWO\n"),
        MergeCase(
            "not UTF-8 is text all the same", "a\nb\nc\n", "a\nb\nc\nd\n", "z\nb\nc\n",
            "z\nb\nc\nd\n"),
    ]

    @Test("documents that merge cleanly do so by the table", arguments: clean)
    func cleanRow(row: MergeCase) {
        let result = merge(row.base, row.early, row.late, as: FileRule(.document))
        if let merged = row.merged {
            #expect(result.text == merged)
            #expect(result.isClean)
        } else {
            #expect(!result.isClean)
        }
    }

    static let frontMatter = [
        MergeCase(
            "different keys", "---\na: 1\nb: 1\n---\nx\n", "---\na: 2\nb: 1\n---\nx\n",
            "---\na: 1\nb: 2\nc: 3\n---\nx\n", "---\na: 2\nb: 2\nc: 3\n---\nx\n"),
        MergeCase(
            "dates take the later", "---\ndate: 2026-01-01\n---\n", "---\ndate: 2026-03-01\n---\n",
            "---\ndate: 2026-02-01\n---\n", "---\ndate: 2026-03-01\n---\n"),
        MergeCase(
            "tags as sets, in brackets", "---\ntags: [a, b]\n---\n", "---\ntags: [b, c]\n---\n",
            "---\ntags: [a, b, d]\n---\n", "---\ntags: [b, c, d]\n---\n"),
        MergeCase(
            "tags as sets, in lines", "---\ntags:\n  - a\n---\n", "---\ntags:\n  - a\n  - b\n---\n",
            "---\ntags:\n  - c\n---\n", "---\ntags:\n  - b\n  - c\n---\n"),
        MergeCase(
            "tags in lines, then in brackets", "---\ntags:\n  - a\n---\n",
            "---\ntags:\n  - a\n  - \"b, c\"\n---\n", "---\ntags: [a, d]\n---\n",
            "---\ntags: [a, \"b, c\", d]\n---\n"),
        MergeCase(
            "what ends an item in brackets stays out of them", "---\ntags:\n  - foo\n---\n",
            "---\ntags:\n  - foo\n  - smith, john\n---\n", "---\ntags: [foo, bar]\n---\n",
            "---\ntags: [foo, bar]\n---\n", notes: [.fieldOverwritten]),
        MergeCase(
            "what is no item behind a bullet stays in brackets", "---\ntags: [a]\n---\n",
            "---\ntags: [a, b:c]\n---\n", "---\ntags:\n  - a\n  - d\n---\n",
            "---\ntags:\n  - a\n  - d\n---\n", notes: [.fieldOverwritten]),
        MergeCase(
            "else the later write, noted", "---\nt: 1\n---\n", "---\nt: 2\n---\n",
            "---\nt: 3\n---\n", "---\nt: 3\n---\n", notes: [.fieldOverwritten]),
        MergeCase(
            "front matter added on one side", "x\ny\nz\n", "---\na: 1\n---\nx\ny\nz\n", "x\ny\nZ\n",
            "---\na: 1\n---\nx\ny\nZ\n"),
        MergeCase(
            "a block value stays whole", "---\na: |\n  one\n  two\nb: 1\n---\n",
            "---\na: |\n  one\n  TWO\nb: 1\n---\n", "---\na: |\n  one\n  two\nb: 2\n---\n",
            "---\na: |\n  one\n  TWO\nb: 2\n---\n"),
        MergeCase(
            "signs in prose are no anchors",
            "---\nd: The *best* & R &B, see **x**\na: 1\nb: 1\n---\n",
            "---\nd: The *best* & R &B, see **x**\na: 2\nb: 1\n---\n",
            "---\nd: The *best* & R &B, see **x**\na: 1\nb: 2\n---\n",
            "---\nd: The *best* & R &B, see **x**\na: 2\nb: 2\n---\n"),
        MergeCase(
            "nor are those in a block of text", "---\nd: |\n  - *x*\n  &y\na: 1\nb: 1\n---\n",
            "---\nd: |\n  - *x*\n  &y\na: 2\nb: 1\n---\n",
            "---\nd: |\n  - *x*\n  &y\na: 1\nb: 2\n---\n",
            "---\nd: |\n  - *x*\n  &y\na: 2\nb: 2\n---\n"),
        MergeCase(
            "an anchor ties entries together", "---\na: &x 1\nb: *x\nc: 1\n---\n",
            "---\na: &x 2\nb: *x\nc: 1\n---\n", "---\na: &x 1\nb: *x\nc: 2\n---\n",
            "---\na: &x 1\nb: *x\nc: 2\n---\n", notes: [.fieldOverwritten]),
        MergeCase(
            "a text that begins with a line has none",
            "---\nprose\n\none\n\ntwo\n---\nrest\n", "---\nprose\n\nONE\n\ntwo\n---\nrest\n",
            "---\nprose\n\none\n\nTWO\n---\nrest\n", "---\nprose\n\nONE\n\nTWO\n---\nrest\n"),
        MergeCase(
            "nor has one whose first line there has a colon",
            "---\nStatus: draft\n\none\n\ntwo\n---\nrest\n",
            "---\nStatus: draft\n\nONE\n\ntwo\n---\nrest\n",
            "---\nStatus: draft\n\none\n\nTWO\n---\nrest\n",
            "---\nStatus: draft\n\nONE\n\nTWO\n---\nrest\n"),
        MergeCase(
            "a key that somebody was about to write ends none", "---\na: 1\nb: 1\n---\nx\n",
            "---\na: 1\nb: 1\ntag\n---\nx\n", "---\na: 1\nb: 2\n---\nx\n",
            "---\na: 1\nb: 2\n---\nx\n", notes: [.fieldOverwritten]),
    ]

    @Test("front matter", arguments: frontMatter)
    func frontMatterRow(row: MergeCase) {
        let result = merge(row.base, row.early, row.late, as: FileRule(.document))
        #expect(result.text == row.merged)
        #expect(result.notes.map(\.kind) == row.notes)
        #expect(result.conflict == nil)
        #expect(result.losers.isEmpty == row.notes.isEmpty)
    }

    @Test(
        "a line of YAML is tied to another node",
        arguments: [
            ("a: &x 1", true), ("a: *x", true), ("- *x", true), ("  - &x", true), ("<<: *x", true),
            ("  b, *x]", true), ("'it''s': *x", true), (#""a\"b": *x"#, true),
            ("k: !!map &a", true),
            ("a: [1, *x]", true), ("a: {b: &x 1}", true), ("*x : 1", true), ("a: *x # why", true),
            ("a: The *best*", false), ("a: *best* of all", false), ("a: \"*x\"", false),
            ("a: [\"*x\", 'b, *y']", false), ("a: R &B", false), ("a: 2 * 3", false),
            ("\"a: *b\": c", false), ("", false), ("*", false), ("&", false), ("[", false),
        ])
    func tied(line: String, isTied: Bool) {
        #expect(YAMLNode.isTied(Array(line.utf8)[...]) == isTied)
    }

    @Test("insertions at one place are joined in append-only files and nowhere else")
    func appendOnly() {
        let rule = FileRule(.document, isAppendOnly: true)
        #expect(merge("a\n", "a\nb\n", "a\nc\n", as: rule).text == "a\nb\nc\n")
        #expect(merge(nil, "b\n", "c\n", as: rule).text == "b\nc\n")
        #expect(!merge("a\n", "a\nb\n", "a\nc\n", as: FileRule(.document)).isClean)
        #expect(!merge("a\n", "b\n", "c\n", as: rule).isClean)
    }

    @Test("a conflict is written between markers that name it, the device and the blob")
    func markers() throws {
        let result = merge("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", as: FileRule(.document))
        let terms = try #require(result.conflict)
        let id = terms.id(path: TreePath("notes/a.md"))
        func short(_ text: String) -> String {
            ObjectID(hashing: Array(text.utf8), as: .blob).short
        }
        #expect(
            result.text == """
                a
                <<<<<<< \(id) laptop \(short("a\nX\nc\n"))
                X
                ||||||| \(id) base \(short("a\nb\nc\n"))
                b
                =======
                Y
                >>>>>>> \(id) phone \(short("a\nY\nc\n"))
                c

                """)
        #expect(terms.sides.map(\.content) == ["a\nX\nc\n", "a\nY\nc\n"].map { Array($0.utf8) })
        #expect(terms.bases == [Array("a\nb\nc\n".utf8)])
    }

    @Test("markers are longer than any run in the texts")
    func markerLength() {
        let result = merge("b\n", "<<<<<<<<\n", "=========\n", as: FileRule(.document))
        #expect(result.text?.hasPrefix(String(repeating: "<", count: 10) + " ") == true)
        let long = String(repeating: "=", count: 300) + "\n"
        #expect(merge("b\n", "c\n", long, as: FileRule(.document)).fallback == .markers)
    }

    @Test("without markers the earlier side's text stands and the conflict is in the terms alone")
    func markersOff() {
        let rule = FileRule(.document, writesMarkers: false)
        let result = merge("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", as: rule)
        #expect(result.text == "a\nX\nc\n")
        #expect(result.conflict?.sides.count == 2)
    }

    @Test(
        "NUL bytes, UTF-16 and size fall back to the later write with a copy",
        arguments: [
            ("a\0b", 1, MergeFallback.binary), ("x\n", 1_100_000, .tooLarge),
        ])
    func fallbacks(text: String, times: Int, fallback: MergeFallback) {
        let late = String(repeating: text, count: times)
        let result = merge("a\n", "b\n", late, as: FileRule(.document))
        #expect(result.text == late)
        #expect(result.fallback == fallback)
        #expect(result.copies.map(\.content) == [Array("b\n".utf8)])
    }

    @Test("what git-lfs keeps in the place of a file merges as a whole, by rules of version 9 on")
    func pointers() {
        let head = "version https://git-lfs.github.com/spec/v1\n"
        let (base, one, two) = ("\(head)oid a\n", "\(head)oid b\n", "\(head)oid c\n")
        let result = merge(base, one, two, as: FileRule(.document))
        #expect(result.text == two)
        #expect(result.copies.map(\.content) == [Array(one.utf8)])
        var older = FileRule(.document)
        older.version = 8
        #expect(merge(base, one, two, as: older).conflict != nil)
    }

    @Test("nothing is longer that git-lfs keeps", arguments: [0, 1])
    func longPointers(more: Int) {
        let head = "version https://git-lfs.github.com/spec/v1\n"
        let fill = String(repeating: "x", count: Limits.pointerSize - head.utf8.count - 2 + more)
        let result = merge(
            "\(head)\(fill)a\n", "\(head)\(fill)b\n", "\(head)\(fill)c\n",
            as: FileRule(.document))
        #expect((result.conflict == nil) == (more == 0))
    }

    /// Merges a side on top of a result.
    static func again(
        _ base: ContentResult, _ one: ContentSide, _ two: ContentSide
    ) -> ContentResult {
        ContentMerge.merge(
            base: base.content, one, two, as: FileRule(.document), path: TreePath("notes/a.md"),
            baseTerms: base.conflict)
    }

    @Test("a third side joins the conflict: markers do not nest")
    func third() throws {
        let base = Array("a\nb\nc\n".utf8)
        let two = merge("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", as: FileRule(.document))
        let conflict = ContentSide(content: two.content, stamp: two.stamp, terms: two.conflict)
        let path = TreePath("notes/a.md")
        let three = ContentMerge.merge(
            base: base, conflict, side("a\nZ\nc\n", at: 3000, by: "desk"),
            as: FileRule(.document), path: path)
        #expect(three.conflict?.sides.count == 3)
        #expect(three.text?.split(separator: "\n").filter { $0.hasPrefix("<<<") }.count == 1)
        #expect(three.text?.contains("\nX\n") == true && three.text?.contains("\nZ\n") == true)
        let resolved = ContentMerge.merge(
            base: base,
            ContentSide(content: three.content, stamp: three.stamp, terms: three.conflict),
            side("a\nb\nc\nd\n", at: 4000), as: FileRule(.document), path: path)
        #expect(resolved.conflict?.sides.count == 3 || resolved.conflict?.sides.count == 4)
        #expect(resolved.text?.hasSuffix("c\nd\n") == true)
    }

    @Test("one device resolves, the other edits elsewhere: resolved, and the edit stays")
    func resolution() {
        let two = merge("a\nb\nc\nd\n", "a\nX\nc\nd\n", "a\nY\nc\nd\n", as: FileRule(.document))
        let text = two.text ?? ""
        let edited = text.hasSuffix("c\nd\n") ? String(text.dropLast(4)) + "c\nD\n" : ""
        let other = ContentSide(
            content: Array(edited.utf8), stamp: stamp(4000, "b", edited), terms: two.conflict)
        let resolved = side("a\nX and Y\nc\nd\n", at: 3000)
        let result = Self.again(two, resolved, other)
        #expect(result.text == "a\nX and Y\nc\nD\n")
        #expect(result.isClean)
    }

    @Test("both devices resolve alike: resolved; unlike: a new conflict of the two")
    func settlingTwice() {
        let two = merge("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", as: FileRule(.document))
        let alike = Self.again(two, side("a\nX\nc\n", at: 3000), side("a\nX\nc\n", at: 4000))
        #expect(alike.text == "a\nX\nc\n" && alike.isClean)
        let unlike = Self.again(two, side("a\nX\nc\n", at: 3000), side("a\nY\nc\n", at: 4000))
        #expect(!unlike.isClean)
        #expect(unlike.text?.contains("\nX\n") == true && unlike.text?.contains("\nY\n") == true)
    }

    @Test(
        "of two resolutions the one that takes the base yields, and is named",
        arguments: [("b", "X", "b"), ("b", "Y", "b"), ("X", "b", "b"), ("X", "X", nil)])
    func overruled(one: String, two: String, named: String?) {
        let base = "a\nb\nc\nd\ne\nf\ng\n"
        let open = merge(
            base, base.replacing("b", with: "X"), base.replacing("b", with: "Y"),
            as: FileRule(.document))
        // Beside it one of them edits the end, and the other goes on elsewhere.
        for (first, second) in [("", ""), ("e", ""), ("e", "g")] {
            let early = base.replacing("b", with: one).replacing("e\n", with: "e\(first)\n")
            let late = base.replacing("b", with: two).replacing("g\n", with: "g\(second)\n")
            let result = Self.again(open, side(early, at: 3000), side(late, at: 4000))
            #expect(result.isClean)
            let aside = result.setAside.map { String(decoding: $0.content ?? [], as: UTF8.self) }
            #expect(aside == (named == nil ? [] : [one == named ? early : late]))
        }
    }
}
