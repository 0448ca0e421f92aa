import SyncModel
import Testing

@testable import SyncMerge

@Suite("Types")
struct TypeTests {
    static let patterns: [(String, String, Bool)] = [
        ("*.md", "a.md", true), ("*.md", "d/a.md", true), ("*.md", "a.mdx", false),
        ("/*.md", "d/a.md", false), ("d/*.md", "d/a.md", true), ("d/*.md", "d/e/a.md", false),
        ("d/**", "d/e/a", true), ("d/**", "d", false), ("d/**", "x/d/e", false),
        ("**/a", "a", true), ("**/a", "d/e/a", true), ("**/a", "ba", false),
        ("d/**/a", "d/a", true), ("d/**/a", "d/e/f/a", true), ("d/**/a", "da", false),
        ("?.c", "a.c", true), ("[[:digit:]].c", "7.c", true), ("[[:digit:]].c", ":].c", false),
        ("[a-c]x", "bx", true),
        ("[!a-c]x", "bx", false),
        ("[]]x", "]x", true), ("\\*a", "*a", true), ("\\*a", "ba", false), ("a", "b/a", true),
        ("a/", "a", false), ("!a", "a", false), ("**", "a/b", true), ("a**b", "axxb", true),
        ("a*b*c", "aXbYc", true), ("a*b", "a/b", false), ("*", "a/b", true), ("[", "[", false),
    ]

    /// Whether a line of `.gitattributes` with the pattern is about the path.
    static func matches(_ pattern: String, _ path: String) throws -> Bool {
        let rules = TypeRules(files: [(nil, Array("\(pattern) sync=event\n".utf8))])
        return rules.type(of: try #require(TreePath(path)), content: [0]).rule.type == .event
    }

    @Test("patterns as git matches them", arguments: patterns)
    func pattern(pattern: String, path: String, matches: Bool) throws {
        #expect(try Self.matches(pattern, path) == matches)
    }

    @Test("a pattern of a thousand stars takes no exponential time")
    func stars() throws {
        let pattern = String(repeating: "*a", count: 500) + "b"
        #expect(try !Self.matches(pattern, String(repeating: "a", count: 1000)))
    }

    static let defaults: [(String, FileType, Bool)] = [
        ("shared/memories/u/memories.json", .memory, false),
        ("shared/documents/a/b.md", .document, false),
        ("shared/documents/index.json", .memory, false), ("shared/events/x.jsonl", .event, false),
        ("shared/conversations/index.json", .memory, false),
        ("shared/conversations/2026_conversation.json", .conversation, false),
        ("shared/settings/preferences.json", .simple, false), (".gitattributes", .simple, false),
        ("notes/a.md", .document, false), ("notes/memory/2026-01-02.md", .document, true),
        ("memory/2026-01-02-x.md", .document, true), ("a/b.log.md", .document, true),
        (".sync/conflicts/x.json", .simple, false),
    ]

    @Test("defaults by layout, then by content", arguments: defaults)
    func layout(path: String, type: FileType, isAppendOnly: Bool) throws {
        let found = TypeRules(files: [(directory: TreePath?, file: AttributesFile)]()).type(
            of: try #require(TreePath(path)), content: Array("text\n".utf8))
        #expect(found.rule.type == type)
        #expect(found.rule.isAppendOnly == isAppendOnly)
    }

    @Test(
        "markers stay out of what programs read, records or not",
        arguments: [
            ("shared/memories/a.md", false), ("shared/memories/a.yaml", true),
            ("shared/conversations/a.csv", true), ("shared/events/a.toml", true),
            ("shared/documents/a.xml", true),
        ])
    func withoutMarkers(path: String, isForPrograms: Bool) throws {
        let path = try #require(TreePath(path))
        let rules = TypeRules(files: [(directory: TreePath?, file: AttributesFile)]())
        func rule(_ side: String, _ version: Int = 9) -> FileRule {
            rules.type(of: path, version: version) {
                (base: nil, sides: [Array(side.utf8)])
            }.rule
        }
        #expect(rule("a: 1\n").writesMarkers == !isForPrograms)
        #expect(rule("a: 1\n", 8).writesMarkers == (rule("", 8).type != .document))
        let merged = merge("a: 1\n", "a: 2\n", "a: 3\n", as: rule("a: 1\n"), path: path)
        #expect(merged.conflict?.isUnmarked == isForPrograms)
        let text = try #require(merged.text)
        #expect((text == "a: 2\n") == isForPrograms)
        // Markers that are there are read as such.
        let marked = try #require(
            merge("a: 1\n", "a: 2\n", "a: 3\n", as: FileRule(.document), path: path).text)
        #expect(rule(marked).writesMarkers)
    }

    @Test("binary content is simple")
    func binary() throws {
        let found = TypeRules(files: [(directory: TreePath?, file: AttributesFile)]()).type(
            of: try #require(TreePath("a.png")), content: [0, 1])
        #expect(found.rule.type == .simple)
        #expect(found.source == .content)
        let pointer = TypeRules(files: [(directory: TreePath?, file: AttributesFile)]()).type(
            of: try #require(TreePath("a.png")),
            content: Array("version https://git-lfs.github.com/spec/v1\noid a\nsize 1\n".utf8))
        #expect(pointer.rule.type == .simple)
    }

    @Test("the last line that matches wins, a nested file overrides, ! takes back")
    func files() throws {
        let root = """
            # comment
            *.md sync=memory
            *.md\tsync=document sync-append
            "with space.md" sync=simple sync-authority=hub
            quiet.md sync-markers=off
            x.md !sync
            bad.md sync=nonsense
            git.md sync=event sy@nc
            *.md [attr]sync=event
            "tab\\tone.md" sync=event
            "open.md sync=event
            /un.md -sync=event
            """
        let nested = "*.md sync=event -sync-append\n"
        let rules = TypeRules(files: [
            (TreePath("d"), Array(nested.utf8)), (nil, Array(root.utf8)),
        ])
        func found(_ path: String) throws -> (rule: FileRule, source: TypeSource) {
            rules.type(of: try #require(TreePath(path)), content: [0])
        }
        let top = try #require(TreePath(".gitattributes"))
        #expect(try found("a.md").rule == FileRule(.document, isAppendOnly: true))
        #expect(try found("a.md").source == .line(file: top, number: 3))
        #expect(try found("d/a.md").rule == FileRule(.event))
        #expect(
            try found("d/a.md").source
                == .line(file: #require(TreePath("d/.gitattributes")), number: 1))
        #expect(try found("with space.md").rule == FileRule(.simple, authority: "hub"))
        #expect(try found("quiet.md").rule.writesMarkers == false)
        #expect(try found("x.md").source == .content)
        #expect(try found("bad.md").source == .content)
    }
}
