import Foundation
import Testing

/// The documents exist and speak of code and files that exist.
@Suite("documents")
struct DocumentTests {
    @Test(
        "the documents a newcomer looks for are there",
        arguments: [
            "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md",
            "shared/README.md", "hooks/README.md",
        ])
    func exists(path: String) throws {
        #expect(try SourceTree.file(path) != nil, "\(path) is missing")
    }

    @Test("every member and type that ARCHITECTURE.md names in code exists")
    func architecture() throws {
        let document = try #require(try SourceTree.file("ARCHITECTURE.md"))
        let code = try CodeNames()
        let violations = try document.lines.enumerated().flatMap { index, line in
            try String(line).matches(of: #"`([^`]+)`"#).compactMap { match in
                try code.knows(match[1])
                    ? nil : document.violation(index, "`\(match[1])` is not in Sources")
            }
        }
        expectNone(violations)
    }

    @Test("every relative link of a document leads to a file")
    func links() throws {
        let documents = try SourceTree.trackedFiles().filter { $0.hasSuffix(".md") }
            .compactMap(SourceTree.file)
        let violations = try documents.flatMap { document in
            try document.lines.enumerated().flatMap { index, line in
                try String(line).matches(of: #"\]\(([^)#:\s]+)(?:#[^)]*)?\)"#).compactMap { match in
                    let base = SourceTree.root.appendingPathComponent(document.path)
                        .deletingLastPathComponent()
                    let target = base.appendingPathComponent(match[1]).path
                    return FileManager.default.fileExists(atPath: target)
                        ? nil : document.violation(index, "\(match[1]) does not exist")
                }
            }
        }
        expectNone(violations)
    }
}

/// The names that stand in the program's code.
struct CodeNames {
    /// For each type, the code of every file that declares or extends it.
    private var bodies: [String: String] = [:]
    private var words: Set<String> = []
    private static let suffixes: Set<String> = [
        "swift", "md", "json", "toml", "py", "sh", "db", "sock", "git", "yml",
    ]

    /// Reads all of Sources.
    init() throws {
        for file in try SourceTree.sources() {
            let code = SwiftText(file.text).codeLines.joined(separator: "\n")
            let types = try code.matches(
                of: #"\b(?:class|struct|enum|actor|protocol|extension|typealias)\s+([\w.]+)"#)
            for name in Set(types.flatMap { $0[1].split(separator: ".").map(String.init) }) {
                bodies[name, default: ""] += code
            }
            words.formUnion(try code.matches(of: #"\b[A-Z]\w*"#).map { $0[0] })
        }
        words.formUnion(try Floors().targets.keys)
    }

    /// Whether a piece of code in a document is no name of Swift, or one that exists:
    /// `Type.member` must be declared; a type of two words or more must be used somewhere.
    func knows(_ text: String) throws -> Bool {
        let member = try text.matches(of: #"^([A-Z]\w+)\.([a-z]\w*)(?:\([^)]*\))?$"#).first
        if let member, !Self.suffixes.contains(member[2]) {
            guard let body = bodies[member[1]] else { return false }
            let declares = #"\b(?:func|var|let|case)\s+(?:[\w\s,]*,\s*)?"# + member[2] + #"\b"#
            return try body.firstMatch(of: declares) != nil
        }
        if try text.firstMatch(of: #"^(?:[A-Z][a-z0-9]+){2,}$"#) != nil {
            return words.contains(text)
        }
        return true
    }
}
