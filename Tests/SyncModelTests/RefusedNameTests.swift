import SyncModel
import Testing

/// What git 2.39 says with `index-pack --strict`, name by name.
@Suite("Names and files that servers refuse")
struct RefusedNameTests {
    static let always = [
        ".GIT", "git~1", ".git ", ".git.", ".git:x", "a\\.git", ".g\u{200c}it", ".git\\x",
    ]
    static let linksAndDirectories = [
        ".gitmodules", ".GITMODULES", "gitmod~1", "gitmod~4", "gi7eba~1", "gi7eb~10", "GI7EBA~9",
        "gi7e~123", "~1000000", ".gitmodules ", ".gitmodules:x", ".g\u{200c}itmodules",
        "a\\.gitmodules", "g~123456",
    ]
    static let directories = [".gitattributes", "gitatt~1", "gi7d29~1", ".gitattributes."]
    static let never = [
        "gitmod~5", ".gitignore", "gitign~1", ".mailmap", ".gitmodulesx", "gitmod~1x", ".github",
        "git~2", "gi7eba~0", "gi7eba~1x", "git", "notes.md", "a~1", "~", "g", "日本語", "\u{feff}x",
        ".git",
    ]

    private func refusals(_ name: String) -> [Bool] {
        [FileMode.regular, .symbolicLink, .directory].map {
            TreeName.isRefused(Array(name.utf8), as: $0)
        }
    }

    @Test("git's own directory, whatever stands there", arguments: always)
    func repositories(_ name: String) { #expect(refusals(name) == [true, true, true]) }

    @Test("the list of submodules as a link or a directory", arguments: linksAndDirectories)
    func modules(_ name: String) { #expect(refusals(name) == [false, true, true]) }

    @Test("the list of attributes as a directory", arguments: directories)
    func attributes(_ name: String) { #expect(refusals(name) == [false, false, true]) }

    @Test("and no other, nor the directory that is left out anyway", arguments: never)
    func others(_ name: String) { #expect(refusals(name) == [false, false, false]) }

    @Test(
        "a file of git's own is looked into",
        arguments: [
            (".gitattributes", String(repeating: "x", count: 2_047) + "\n*.md text\n", false),
            (".gitattributes", "a\n" + String(repeating: "x", count: 2_048), true),
            (".gitattributes", "\0" + String(repeating: "x", count: 2_048), false),
            ("notes.md", String(repeating: "x", count: 9_000), false),
            (".gitmodules", "[submodule \"a\"]\n\tpath = a\n\turl = https://x.org/a.git\n", false),
            (".gitmodules", "[submodule \"a\"]\n\tpath = a\n\turl = ../a.git\n", false),
            (".gitmodules", "[submodule \"a\"]\n\tupdate = !touch /tmp/x\n", true),
            (".gitmodules", "[submodule \"a\"]\n\tupdate = rebase\n", false),
            (".gitmodules", "[submodule \"a\"] url = -u./x\n", true),
            (".gitmodules", "[submodule \"../a\"]\n\turl = x\n", true),
            (".gitmodules", "[submodule \"a..b\"]\n\turl = x\n", false),
            (".gitmodules", "[submodule \"a\"]\n\tpath = \"-x\"\n", true),
            (".gitmodules", "[submodule \"a\"]\n\turl = https://x.org/%0ahost=y\n", true),
            (".gitmodules", "[submodule \"a\"]\n\turl = https:///x\n", true),
        ])
    func content(_ name: String, _ text: String, isRefused: Bool) {
        let words = ServerCheck.refusal(of: Array(text.utf8), named: Array(name.utf8))
        #expect((words != nil) == isRefused)
    }

    @Test(
        "no name that only stands in a folder comes from a tree",
        arguments: [
            (".syncd-staging", false), (".syncd-staging-0123456789abcdef", false),
            ("x.syncd", true),
            (String(repeating: "a", count: 255), true), (String(repeating: "a", count: 256), false),
            (".GIT", false), (".git", false), ("a\\b", true), ("a\nb", true),
        ])
    func isCheckoutSafe(_ name: String, _ expected: Bool) {
        #expect(TreeName.isCheckoutSafe(name.utf8) == expected)
    }
}
