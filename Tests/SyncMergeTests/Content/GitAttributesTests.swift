import Foundation
import SyncModel
import SyncTestKit
import Testing

@testable import SyncMerge

@Suite("Attributes as git reads them")
struct GitAttributesTests {
    private static let names = ["a", "b", "ab", "x.o", "7", "Z9", "-", "]", ":", "a b", "\\", "é"]
    private static let pieces = [
        "a", "b", "*", "**", "?", "[ab]", "[!a]", "[a-c]", "[]a]", "[[:digit:]]", "[[:alpha:]]",
        "[^[:upper:]b]", "[[:nothing:]]", "[:a]", "[a-\\c]", ".o", "\\a", "\\*", "\\\\", "\\/", "/",
        "/", "/", "x", "-", "[", "!", "#", "\"", "é", "**/", "/**", "**/**/",
    ]
    private static let values = [
        "sync=simple", "sync=event", "sync=memory", "-sync", "!sync", "sync", "sync=data x=y",
        "a=b",
        "sync=event -x", "sync=event @", "-sync=event", "sync=simple sync=event", "=x sync=event",
    ]

    private static func line(_ random: inout Dice) -> String {
        var pattern = ""
        for _ in 0..<random.below(5) + 1 { pattern += random.pick(pieces) }
        switch random.below(8) {
        case 0: pattern = "\"\(pattern)\""
        case 1: pattern = "\"\\141\(pattern)\""
        case 2: pattern = "[attr]\(pattern)"
        default: break
        }
        if random.chance(5) { pattern += String(repeating: "x", count: 2_030 + random.below(20)) }
        let blank = random.pick([" ", "\t", "  "])
        return random.pick(["", "", " "]) + pattern + blank + random.pick(values)
            + random.pick(["", " ", "\r"])
    }

    @Test("random files say of random paths what git check-attr says")
    func againstGit() throws {
        let seed = Dice.seed
        var random = Dice(seed)
        var compared = 0
        for _ in 0..<60 {
            let root = NSTemporaryDirectory() + "attributes-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: root) }
            try FileManager.default.createDirectory(
                atPath: root, withIntermediateDirectories: true)
            _ = try Self.git(root, ["init", "-q"], "")
            var files: [(directory: TreePath?, content: [UInt8])] = []
            for directory in [nil, "a", "a/b"] as [String?] {
                let text = (0..<random.below(6)).map { _ in Self.line(&random) + "\n" }.joined()
                let place = root + (directory.map { "/" + $0 } ?? "")
                try FileManager.default.createDirectory(
                    atPath: place, withIntermediateDirectories: true)
                try Data(text.utf8).write(to: URL(fileURLWithPath: place + "/.gitattributes"))
                files.append((directory.flatMap { TreePath($0) }, Array(text.utf8)))
            }
            let paths = Set(
                (0..<150).map { _ in
                    (0...random.below(4)).map { _ in random.pick(Self.names) }
                        .joined(separator: "/")
                }
            ).sorted()
            let answer = try Self.git(
                root, ["check-attr", "-z", "--stdin", "sync"], paths.joined(separator: "\0"))
            let words = answer.split(separator: 0, omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
            let rules = TypeRules(files: files)
            for (index, path) in paths.enumerated() {
                compared += 1
                let said = words[3 * index + 2]
                let found = rules.type(of: try #require(TreePath(path)), content: [0])
                var named: FileType?
                if case .line = found.source { named = found.rule.type }
                #expect(
                    named == FileType(rawValue: said),
                    """
                    \(path): git says \(said); seed \(seed)
                    \(files.map { String(decoding: $0.content, as: UTF8.self) })
                    """)
            }
        }
        print("attributes: \(compared) paths compared with git")
    }

    private static func git(_ root: String, _ arguments: [String], _ text: String) throws -> Data {
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/git")
        git.arguments = ["-C", root] + arguments
        let (input, output) = (Pipe(), Pipe())
        git.standardInput = input
        git.standardOutput = output
        git.standardError = Pipe()
        try git.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        return data
    }

    @Test(
        "classes in names are git's",
        arguments: [
            ("file[[:digit:]].md", "file7.md", true), ("file[[:digit:]].md", "filed.md", false),
            ("file[[:digit:]].md", "file:].md", false), ("[[:alpha:]-]x", "-x", true),
            ("[![:space:]]x", "ax", true), ("a[[:upper:][:digit:]]", "d/a7", true),
            ("/d/[[:xdigit:]]*", "d/f0", true), ("/d/[[:xdigit:]]*", "d/g0", false),
            ("[[:none:]]", "n", false),
        ] as [(String, String, Bool)])
    func classes(pattern: String, name: String, matches: Bool) throws {
        let rules = TypeRules(files: [(nil, Array("\(pattern) sync=event\n".utf8))])
        let found = rules.type(of: try #require(TreePath(name)), content: [0])
        #expect((found.rule.type == .event) == matches)
    }

    @Test("rules past a bound are not read, and many rules take no time")
    func bounds() throws {
        let path = try #require(TreePath("f12"))
        let long = String(repeating: "**/", count: 700) + "f12 sync=event\n"
        let none = TypeRules(files: [(nil, Array(long.utf8))])
        #expect(none.type(of: path, content: [0]).rule.type == .simple)
        let lines = (0..<100_000).map { "*a*b*c*d\($0) sync=event\n" }.joined()
        let rules = TypeRules(files: [(nil, Array(lines.utf8))])
        let start = ContinuousClock.now
        for number in 0..<20 {
            let path = try #require(TreePath("f\(number)"))
            #expect(rules.type(of: path, content: [0]).rule.type == .simple)
        }
        print("20 paths against 100,000 rules: \(ContinuousClock.now - start)")
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
