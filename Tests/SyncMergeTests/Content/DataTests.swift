import SyncModel
import Testing

@testable import SyncMerge

@Suite("Data that programs read")
struct DataTests {
    static let table: [MergeCase] = [
        MergeCase(
            "two keys, one each", "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
            "{\n  \"a\": 5,\n  \"b\": 2\n}\n",
            "{\n  \"a\": 1,\n  \"b\": 6\n}\n", "{\n  \"a\": 5,\n  \"b\": 6\n}\n"),
        MergeCase("one key twice: the later", "{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":3}"),
        MergeCase(
            "a canvas: the elements by id, field by field",
            "{\"nodes\":[{\"id\":\"a\",\"x\":0,\"y\":0}],\"edges\":[]}",
            "{\"nodes\":[{\"id\":\"a\",\"x\":10,\"y\":0}],\"edges\":[]}",
            "{\"nodes\":[{\"id\":\"a\",\"x\":0,\"y\":20},{\"id\":\"b\"}],\"edges\":[]}",
            "{\"nodes\":[{\"id\":\"a\",\"x\":10,\"y\":20},{\"id\":\"b\"}],\"edges\":[]}"),
        MergeCase(
            "tags: what was added comes, what was removed goes", "{\"t\": [\"a\", \"b\"]}",
            "{\"t\": [\"a\", \"b\", \"c\"]}", "{\"t\": [\"b\", \"d\"]}",
            "{\"t\": [\"b\", \"c\", \"d\"]}"),
        MergeCase(
            "a point is not a set", "{\"p\":[10,0]}", "{\"p\":[20,0]}", "{\"p\":[10,5]}",
            "{\"p\":[10,5]}"),
        MergeCase(
            "numbers that were only added", "[1,2]", "[1,2,3]", "[1,2,4]", "[1,2,3,4]"),
        MergeCase(
            "lines of a notebook keep their places", "[\"a\\n\",\"b\\n\",\"c\\n\"]",
            "[\"a\\n\",\"A\\n\",\"b\\n\",\"c\\n\"]", "[\"a\\n\",\"b\\n\",\"C\\n\"]",
            "[\"a\\n\",\"A\\n\",\"b\\n\",\"C\\n\"]"),
        MergeCase(
            "one line written anew twice: whole", "[\"a\",\"b\"]", "[\"a\",\"x\"]", "[\"a\",\"y\"]",
            "[\"a\",\"y\"]"),
        MergeCase(
            "numbers keep their spelling, gaps their bytes",
            "{ \"n\":1.0,\n\n   \"big\":12345678901234567890, \"e\":1E6 , \"x\":0 }",
            "{ \"n\":1.0,\n\n   \"big\":12345678901234567890, \"e\":1E6 , \"x\":1 }",
            "{ \"n\":1.0,\n\n   \"big\":12345678901234567890, \"e\":1E6 , \"x\":0, \"y\":2 }",
            "{ \"n\":1.0,\n\n   \"big\":12345678901234567890, \"e\":1E6 , \"x\":1, \"y\":2 }"),
        MergeCase(
            "a key goes, another comes where it stood", "{\"a\":1,\"b\":2,\"c\":3}",
            "{\"a\":1,\"b\":2,\"d\":4,\"c\":3}", "{\"a\":1,\"c\":3}", "{\"a\":1,\"d\":4,\"c\":3}"),
        MergeCase(
            "torn: the whole one stands", "{\"a\":1}", "{\"a\":2}", "{\"a\":3", "{\"a\":2}",
            fallback: .unparsable),
        MergeCase(
            "emptied by a crash: the whole one stands", "{\"a\":1}", "", "{\"a\":3}", "{\"a\":3}",
            fallback: .unparsable),
        MergeCase(
            "two additions without a version in common: the keys of both", nil, "{\"a\":1}",
            "{\"b\":2}", "{\"a\":1,\"b\":2}"),
        MergeCase(
            "an element deleted here, edited there, stays",
            "{\"l\":[{\"id\":1,\"v\":1},{\"id\":2}]}", "{\"l\":[{\"id\":1,\"v\":2},{\"id\":2}]}",
            "{\"l\":[]}", "{\"l\":[{\"id\":1,\"v\":2}]}"),
        MergeCase(
            "objects without identity: whole", "{\"l\":[{\"v\":1},{\"v\":2}]}",
            "{\"l\":[{\"v\":3},{\"v\":2}]}", "{\"l\":[{\"v\":1},{\"v\":4}]}",
            "{\"l\":[{\"v\":1},{\"v\":4}]}"),
        MergeCase(
            "lines of records", "{\"id\":1}\n{\"id\":2}\n", "{\"id\":1,\"a\":1}\n{\"id\":2}\n",
            "{\"id\":2}\n{\"id\":3}\n", "{\"id\":1,\"a\":1}\n{\"id\":2}\n{\"id\":3}\n",
            notes: [.editKept]),
        MergeCase(
            "a key twice: the object is whole", "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":3}",
            "{\"a\":4,\"a\":2}", "{\"a\":4,\"a\":2}"),
    ]

    @Test("versions and what comes of them", arguments: table)
    func merges(row: MergeCase) {
        let result = merge(row.base, row.early, row.late, as: FileRule(.data))
        #expect(result.text == row.merged)
        #expect(result.notes.map(\.kind) == row.notes)
        #expect(result.fallback == row.fallback)
        #expect(result.conflict == nil)
        #expect(result.copies.isEmpty == (row.fallback == nil))
    }

    @Test(
        "what a third changes takes away none of what two others did",
        arguments: [
            (
                "{\"c\":{\"p\":1,\"q\":1}}",
                [
                    "{\"c\":null}", "{\"c\":{\"p\":2,\"q\":1}}",
                    "{\"c\":{\"p\":1,\"q\":2}}",
                ], "{\"c\":{\"p\":2,\"q\":2}}"
            ),
            (
                "{\"c\":{\"p\":1,\"q\":1}}",
                [
                    "{}", "{\"c\":{\"p\":2,\"q\":1}}",
                    "{\"c\":{\"p\":1,\"q\":2}}",
                ], "{\"c\":{\"p\":2,\"q\":2}}"
            ),
            (
                "[\"x\",\"y\"]", ["[\"x\",\"a\"]", "[\"b\",\"x\",\"y\"]", "[\"x\",\"c\"]"],
                "[\"b\",\"x\",\"c\"]"
            ),
        ])
    func thirds(base: String, captures: [String], merged: String) {
        let found = Set(
            LeafTests.results(LeafTests.history(base, captures, FileRule(.data))).map(\.text))
        #expect(found == [merged])
    }

    @Test("many versions of which each is of another kind somewhere take no longer for it")
    func manyKinds() {
        func nested(_ depth: Int, _ inside: String) -> String {
            String(repeating: "{\"a\":", count: depth) + inside
                + String(repeating: "}", count: depth)
        }
        let captures = (0..<20).map { nested($0 + 1, "\($0)") } + [nested(31, "{}")]
        let history = LeafTests.history(nested(31, "{\"b\":1}"), captures, FileRule(.data))
        var dice = Dice(1)
        #expect(history.merged(&dice).text == nested(31, "{}"))
    }

    @Test(
        "two new files of a line each are lines where their name says so",
        arguments: ["a.jsonl", "a.ndjson", "a.json"], [8, 9])
    func newLines(name: String, version: Int) throws {
        let path = try #require(TreePath(name))
        let (one, two) = ("{\"at\":1,\"x\":1}\n", "{\"at\":2,\"y\":1}\n")
        let rule = TypeRules(files: [(directory: TreePath?, file: AttributesFile)]()).type(
            of: path, version: version
        ) { (base: nil, sides: [Array(one.utf8), Array(two.utf8)]) }.rule
        #expect(rule.type == .data)
        let areLines = name != "a.json" && version == 9
        for base in [nil, ""] {
            let result = merge(base, one, two, as: rule, path: path)
            #expect((result.text == one + two) == areLines)
            #expect(result.losers.isEmpty == areLines)
        }
    }

    @Test("a version-8 merge of a list of equal objects is made as it was")
    func former() {
        var rule = FileRule(.data)
        let versions = ("[{\"t\":1}]", "[]", "[{\"t\":1},{\"t\":1}]")
        #expect(merge(versions.0, versions.1, versions.2, as: rule).text != "[]")
        rule.version = 8
        #expect(merge(versions.0, versions.1, versions.2, as: rule).text == "[]")
    }

    @Test("what was changed on both sides is listed, and beside an addition kept")
    func losers() {
        let rule = FileRule(.data)
        let changed = merge("{\"a\":1,\"b\":1}", "{\"a\":2,\"b\":2}", "{\"a\":3,\"b\":1}", as: rule)
        #expect(changed.text == "{\"a\":3,\"b\":2}")
        #expect(changed.losers.map(\.content) == [Array("{\"a\":2,\"b\":2}".utf8)])
        #expect(changed.copies.isEmpty)
        let added = merge(nil, "{\"a\":2}", "{\"a\":3}", as: rule)
        #expect(added.copies.map(\.content) == [Array("{\"a\":2}".utf8)])
        #expect(merge("{\"a\":1}", "{\"a\":2}", "{\"a\":2,\"b\":1}", as: rule).losers.isEmpty)
    }

    @Test("nested deeper than is read: the later stands, the other is kept")
    func deep() {
        func nested(_ text: String) -> String {
            String(repeating: "[", count: 200) + text + String(repeating: "]", count: 200)
        }
        let result = merge(nested("1"), nested("2"), nested("3"), as: FileRule(.data))
        #expect(result.text == nested("3"))
        #expect(result.copies.count == 1)
    }

    static let told: [(base: String?, sides: [String], type: FileType)] = [
        (nil, ["{\"a\":1}"], .data), (nil, ["[1]\n"], .data),
        (nil, ["{\"a\":1}\n{\"a\":2}\n"], .data),
        (nil, ["42"], .document), (nil, ["[link](x)"], .document), (nil, ["# note\n{}"], .document),
        (nil, [""], .document), ("{}", ["{\"a\":", "{}"], .data), ("{}", ["x", "y"], .document),
        ("note", ["{}", "[]"], .data), ("note", ["{}", "note!"], .document),
        ("\n", ["{}", "{}"], .data), (nil, ["\0"], .simple), (nil, ["\0", "text"], .document),
        ("{\"a\":1}\n{\"a\":2}", ["{\"a\":1}", "{\"a\":2}\n{\"a\":"], .data),
    ]

    @Test("JSON in all versions is data", arguments: told)
    func tell(base: String?, sides: [String], type: FileType) throws {
        for name in ["notes/x.md", "shared/documents/x.txt"] {
            let path = try #require(TreePath(name))
            let found = TypeRules(files: [(directory: TreePath?, file: AttributesFile)]()).type(
                of: path
            ) {
                (base: base.map { Array($0.utf8) }, sides: sides.map { Array($0.utf8) })
            }
            let isDeclared = name.hasPrefix("shared") && type == .simple
            #expect(found.rule.type == (isDeclared ? .document : type), "\(sides)")
        }
    }

    private let undeclared = TypeRules(files: [(nil, [UInt8]())])

    @Test("what both add to one .gitignore holds on both")
    func ignored() throws {
        let path = try #require(TreePath("d/.gitignore"))
        let rule = undeclared.type(of: path, content: Array("a\n".utf8)).rule
        #expect(merge("a\n", "a\nb\n", "a\nc\n", as: rule, path: path).text == "a\nb\nc\n")
    }

    @Test("what a stream of YAML begins with is no front matter")
    func stream() throws {
        let path = try #require(TreePath("d.yaml"))
        func text(_ one: String, _ two: String) -> String {
            "---\nspec:\n  one: \(one)\n  x: 1\n  y: 1\n  two: \(two)\n---\nkind: Service\n"
        }
        let rule = undeclared.type(of: path, content: Array(text("a", "a").utf8)).rule
        let merged = merge(text("a", "a"), text("b", "a"), text("a", "c"), as: rule, path: path)
        #expect(merged.text == text("b", "c") && merged.notes.isEmpty && merged.isClean)
        let clash = merge(text("a", "a"), text("b", "a"), text("c", "a"), as: rule, path: path)
        #expect(clash.conflict?.isUnmarked == true)
    }

    @Test("formats of programs get no markers, unless some are there already")
    func formats() throws {
        let rules = TypeRules(files: [(nil, Array("*.toml sync-markers\n".utf8))])
        func markers(_ name: String, _ text: String = "a: 1\n") throws -> Bool {
            rules.type(of: try #require(TreePath(name)), content: Array(text.utf8)).rule
                .writesMarkers
        }
        for name in [
            "a.yaml", "d/a.YML", "a.ini", "a.xml", "t.csv", "i.plist", "tsconfig.json", "a.drawio",
            "a.ics", "a.vcf", "a.code-workspace", "a.service", "d/.gitignore",
        ] {
            #expect(try !markers(name), "\(name)")
        }
        #expect(try !markers("a.other", "\u{feff}<?xml version=\"1.0\"?>\n<a/>\n"))
        for name in ["a.md", "a", "a.toml", "a.swift", "yaml"] {
            #expect(try markers(name), "\(name)")
        }
        #expect(try markers("a.yaml", "<<<<<<< 0123456789abcdef dev 1\nx\n"))
    }

    @Test("YAML that both sides changed shows the earlier text, and the conflict is in its record")
    func withoutMarkers() throws {
        let path = try #require(TreePath("settings.yaml"))
        let texts = ["a: 1\n", "a: 2\n", "a: 3\n"].map { Array($0.utf8) }
        let rule = TypeRules(files: [(directory: TreePath?, file: AttributesFile)]()).type(of: path)
        {
            (base: texts[0], sides: [texts[1], texts[2]])
        }.rule
        let result = merge("a: 1\n", "a: 2\n", "a: 3\n", as: rule, path: path)
        #expect(result.text == "a: 2\n")
        #expect(result.conflict?.sides.count == 2)
    }
}
