import SyncModel
import Testing

@Suite("Names in trees that somebody else made")
struct TreeNameTests {
    static let good: [[UInt8]] =
        [
            "a", "a.txt", ".gitignore", ".gitattributes", ".gitmodules", ".github", ".gitx", "git",
            "git~2", "git~10", "agit~1", ".gi", ".git-", ".git_", ".git1", "x.git", "notes.git",
            "..git", "...", "....", ". .", ".a", "..a", "a..", "a.", "a ", " a", " ", "~", "~1",
            "con", "nul", "aux.txt", "COM1", "a:b", "c:", "ünïcödé", "日本語", "🙂", "é", "e\u{301}",
            "a\u{200d}b", "\u{feff}a", "\u{202e}gpj.exe", "-rf", "--", "*", "?", "a|b", "a\"b",
            "a'b",
            "$(x)", "`x`", "HEAD", "objects", "refs", "config", "hooks", ".hg", ".svn", ".sync",
            "gıt", ".gıt", ".gİt", "．git", ".ｇit", "․git",
        ].map { Array($0.utf8) } + [
            [0xff], [0xfe, 0xff], [0xe2], [0xe2, 0x80], [0xe2, 0x80, 0x8b], [0xef, 0xbb],
            [0x2e, 0x67, 0x69, 0x74, 0xe2], [0x2e, 0x67, 0x69, 0x74, 0xe2, 0x80],
            [0x2e, 0x67, 0x69, 0x74, 0xff], Array(repeating: 0x61, count: 255),
        ]

    static let none: [String] = [
        "", ".", "..", "/", "a/b", "/a", "a/", "../a", "a/../b", "\0", "a\0", "\0a",
    ]

    static let repositories: [String] = [
        ".git", ".GIT", ".Git", ".gIt", ".giT", ".git.", ".git..", ".git ", ".git  ", ".git. .",
        ".git .", ".GIT. ", ".git:", ".git::$INDEX_ALLOCATION", ".git:stream", ".Git:x", ".git :x",
        ".git. :x", "git~1", "GIT~1", "Git~1", "git~1.", "git~1 ", "git~1. .", "git~1:", "git~1::x",
        ".g\u{200c}it", ".g\u{200d}it", ".g\u{200e}it", ".g\u{200f}it", ".g\u{202a}it",
        ".g\u{202b}it", ".g\u{202c}it", ".g\u{202d}it", ".g\u{202e}it", ".g\u{206a}it",
        ".g\u{206b}it", ".g\u{206c}it", ".g\u{206d}it", ".g\u{206e}it", ".g\u{206f}it",
        ".g\u{feff}it", "\u{200c}.git", ".git\u{200c}",
        "\u{feff}.\u{200d}G\u{206a}i\u{202e}T\u{200f}",
        ".git\u{200c}.", ".git\u{200d}:x", "g\u{200c}it~1", "a\\.git", ".git\\config",
        "a\\..\\.git\\hooks", "\\.git", ".git\\", "git~1\\hooks", "A\\.GIT ",
    ]

    static let deceptive: [String] = [
        "a\nb", "\n", "a\rb", "\u{1b}[31m", "a\tb", "\u{7}", "a\u{8}b", "\u{7f}", "\u{1}", "\u{1f}",
        "a\\b", "\\", "..\\a", "C:\\x", "\\\\host\\share", ".git\n", "\n.git", ".gi\tt", ".gitx\\a",
    ]

    @Test("a good name is taken", arguments: good)
    func takes(_ name: [UInt8]) {
        #expect(TreeName.fault(name) == nil)
        #expect(TreeName.isSafe(name))
    }

    @Test("what is no name of a file is refused", arguments: none)
    func noName(_ name: String) { #expect(TreeName.fault(name.utf8) == .noName) }

    @Test("git's own directory is refused however it is spelt", arguments: repositories)
    func repository(_ name: String) { #expect(TreeName.fault(name.utf8) == .repository) }

    @Test("what deceives a terminal or another system is told apart", arguments: deceptive)
    func deceives(_ name: String) { #expect(TreeName.fault(name.utf8) == .deceptive) }
}
