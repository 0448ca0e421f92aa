import Foundation
import SyncModel
import SyncTestKit
import Testing

@testable import SyncTree

extension Serial {
    @Suite struct IgnoreRulesTests {
        private func rules(_ gitignore: String, at directory: String? = nil) -> IgnoreRules {
            IgnoreRules().adding(gitignore: Array(gitignore.utf8), at: directory.map(path))
        }

        @Test(
            "patterns mean what gitignore(5) says",
            arguments: [
                ("*.o", "a/b.o", false, true), ("*.o", "a/b.oo", false, false),
                ("/top", "top", false, true), ("/top", "a/top", false, false),
                ("a/b", "a/b", false, true), ("a/b", "c/a/b", false, false),
                ("build/", "build", true, true), ("build/", "build", false, false),
                ("build/", "x/build/y", false, true), ("**/x", "a/b/x", false, true),
                ("**/x", "x", false, true), ("a/**", "a", true, false),
                ("a/**", "a/b/c", false, true),
                ("a/**/b", "a/b", false, true), ("a/**/b", "a/x/y/b", false, true),
                ("a/*/b", "a/x/y/b", false, false), ("*", "anything", false, true),
                ("*\n!keep", "keep", false, false), ("dir/\n!dir/keep", "dir/keep", false, true),
                ("# comment", "# comment", false, false), ("\\#file", "#file", false, true),
                ("\\!file", "!file", false, true), ("trail   ", "trail", false, true),
                ("trail\\ ", "trail ", false, true), ("trail\\ ", "trail", false, false),
                ("[a-c]x", "bx", false, true), ("[!a-c]x", "bx", false, false),
                ("[[:digit:]]*", "7up", false, true), ("[]-]", "]", false, true),
                ("[unclosed", "[unclosed", false, false), ("a?c", "a/c", false, false),
                ("crlf\r\nnext", "crlf", false, true), ("", "x", false, false),
                ("/", "x", true, false), ("!", "x", false, false), ("foo\\", "foo\\", false, false),
            ] as [(String, String, Bool, Bool)])
        func patterns(gitignore: String, name: String, isDirectory: Bool, ignored: Bool) {
            #expect(
                rules(gitignore).isIgnored(path(name), isDirectory: isDirectory) == ignored,
                "\(gitignore) on \(name)")
        }

        @Test("a deeper .gitignore is stronger, and holds below its directory only")
        func nesting() {
            let rules = rules("*.log\n").adding(
                gitignore: Array("!keep.log\nlocal\n".utf8), at: path("sub"))
            #expect(rules.isIgnored(path("keep.log"), isDirectory: false))
            #expect(!rules.isIgnored(path("sub/keep.log"), isDirectory: false))
            #expect(!rules.isIgnored(path("sub/deep/keep.log"), isDirectory: false))
            #expect(rules.isIgnored(path("sub/local"), isDirectory: false))
            #expect(!rules.isIgnored(path("local"), isDirectory: false))
            #expect(!rules.isIgnored(path("subway/local"), isDirectory: false))
        }

        @Test(
            "what programs leave for a moment is ignored",
            arguments: [
                ".note.md.swp", ".x.swo", "4913", "note.md~", ".#note.md", "#note.md#",
                ".note.md.kate-swp", ".~lock.table.ods#", "~$report.docx", "a.json___jb_tmp___",
                "a.json___jb_old___", ".goutputstream-ABC123", ".DS_Store", ".syncthing.a.md.tmp",
                ".fuse_hidden0001", ".nfs00000abc", "history.db-wal", "history.db-shm",
                "history.db-journal", "chroma.sqlite3-journal",
            ])
        func temporary(name: String) {
            #expect(IgnoreRules().isIgnored(path("deep/" + name), isDirectory: false))
            let back = IgnoreRules().adding(gitignore: Array("!/deep/*\n".utf8), at: nil)
            #expect(!back.isIgnored(path("deep/" + name), isDirectory: false))
        }

        @Test(
            "what may be somebody's work is not",
            arguments: [
                "bullet-journal", "journal.md", "notes.swp.md", "game.swp", "C#", "#channel",
                "file.tmp", "temp", "a.part", ".gitignore", ".gitattributes", ".github", "x.git",
                "~plan.md", ".env", "history.db",
            ])
        func kept(name: String) {
            #expect(!IgnoreRules().isIgnored(path("deep/" + name), isDirectory: false))
        }

        @Test("a repository's directory and staging never come back", arguments: [true, false])
        func never(isDirectory: Bool) {
            let rules = rules("!.git\n!.syncd-*\n!*\n")
            for name in [
                ".git", "a/.git", ".git/config", "a/.git/objects/x", ".syncd-staging", "d/.syncd-x",
            ] {
                #expect(rules.isIgnored(path(name), isDirectory: isDirectory), "\(name)")
            }
        }

        @Test("the configuration's patterns are weaker than a .gitignore")
        func configured() {
            let rules = IgnoreRules(patterns: ["vectors/", "*.tmp"])
            #expect(rules.isIgnored(path("vectors/a"), isDirectory: false))
            #expect(rules.isIgnored(path("x/a.tmp"), isDirectory: false))
            let more = rules.adding(gitignore: Array("!a.tmp\n".utf8), at: nil)
            #expect(!more.isIgnored(path("x/a.tmp"), isDirectory: false))
            #expect(more.isIgnored(path("x/b.tmp"), isDirectory: false))
        }

        @Test("a pattern that would take exponential time elsewhere ends")
        func hostile() {
            let pattern = String(repeating: "a*", count: 60) + "b"
            let name = String(repeating: "a", count: 250)
            let start = ContinuousClock.now
            #expect(!rules(pattern).isIgnored(path(name), isDirectory: false))
            let stars = String(repeating: "**/", count: 60) + "b"
            let deep = String(repeating: "a/", count: 120) + "c"
            #expect(!rules(stars).isIgnored(path(deep), isDirectory: false))
            print("hostile patterns: \(ContinuousClock.now - start)")
            #expect(ContinuousClock.now - start < .seconds(5))
        }

        // MARK: Against git itself

        private static let names = [
            "a", "b", "ab", "abc", "x.o", "y.o", "foo", "foobar", "-", "[", "a b", "\\", "Z9",
        ]
        private static let pieces = [
            "a", "b", "ab", "*", "**", "?", "[ab]", "[!a]", "[a-c]", "[^b]", "[]a]", "[[:alpha:]]",
            "[[:upper:]]", "foo", "bar", ".o", "\\a", "\\*", "\\\\", "/", "/", "/", "x", "-", " ",
            "[", "Z", "[0-9]", "\\ ",
        ]

        private func randomPattern(_ random: inout SeededRandom) -> String {
            var line = Int.random(in: 0..<5, using: &random) == 0 ? "!" : ""
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                line += Self.pieces.randomElement(using: &random) ?? ""
            }
            if Int.random(in: 0..<6, using: &random) == 0 { line += "/" }
            return line
        }

        @Test("random rules ignore exactly what git check-ignore ignores")
        func againstGit() throws {
            let seed = SeededRandom.seed(for: "ignore rules")
            var random = SeededRandom(seed: seed)
            var compared = 0
            for _ in 0..<60 {
                let sandbox = Sandbox()
                #expect(run("/usr/bin/git", "init", "-q", sandbox.root) == 0)
                var rules = IgnoreRules()
                var files: [(TreePath?, String)] = []
                for directory in [nil, "a", "a/b", "foo"] as [String?] {
                    let lines = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                        randomPattern(&random)
                    }
                    let text = lines.joined(separator: "\n")
                    sandbox.write((directory.map { $0 + "/" } ?? "") + ".gitignore", text)
                    rules = rules.adding(gitignore: Array(text.utf8), at: directory.map(path))
                    files.append((directory.map(path), text))
                }
                var paths: [String: Bool] = [:]
                for _ in 0..<120 {
                    let parts = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                        Self.names.randomElement(using: &random) ?? "a"
                    }
                    let name = parts.joined(separator: "/")
                    // git asks the file system what a path is.
                    let full = sandbox.root + "/" + name
                    if Bool.random(using: &random) {
                        try? FileManager.default.createDirectory(
                            atPath: full, withIntermediateDirectories: true)
                    } else if !FileManager.default.fileExists(atPath: full) {
                        sandbox.write(name, "")
                    }
                    var info = stat()
                    if lstat(full, &info) == 0 { paths[name] = info.st_mode & S_IFMT == S_IFDIR }
                }
                let ignored = try gitIgnored(Array(paths.keys), sandbox)
                for (name, isDirectory) in paths {
                    compared += 1
                    #expect(
                        rules.isIgnored(path(name), isDirectory: isDirectory)
                            == ignored.contains(name),
                        "\(name) (directory: \(isDirectory)) with \(files), seed \(seed)")
                }
            }
            print("ignore rules: \(compared) paths compared with git")
        }

        private func gitIgnored(_ paths: [String], _ sandbox: Sandbox) throws -> Set<String> {
            let git = Process()
            git.executableURL = URL(fileURLWithPath: "/usr/bin/git")
            git.arguments = ["-C", sandbox.root, "check-ignore", "--no-index", "-z", "--stdin"]
            let (input, output) = (Pipe(), Pipe())
            git.standardInput = input
            git.standardOutput = output
            try git.run()
            try input.fileHandleForWriting.write(
                contentsOf: Data(paths.joined(separator: "\0").utf8))
            try input.fileHandleForWriting.close()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            git.waitUntilExit()
            return Set(data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        }
    }
}
