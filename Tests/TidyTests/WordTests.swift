import Testing

/// Words that stand for something the project does without.
@Suite("words")
struct WordTests {
    /// Patterns in code, and what to do instead.
    static let banned: [(pattern: String, instead: String)] = [
        (
            #"\b(class|struct|enum|actor|protocol)\s+\w*(Manager|Helpers?|Utils?|Impl)\b"#,
            "name it in the field's words"
        ),
        (#"@unchecked\s+Sendable"#, "let the compiler prove it"),
        (#"nonisolated\(unsafe\)"#, "let the compiler prove it"),
        (#"\b(usleep|nanosleep)\("#, "wait on a condition"),
        (#"(?<!func )(?<!clock\.)\bsleep\("#, "wait on a condition, or on the clock handed in"),
        (#"\b(is|as[?!]?)\s+(Network|Path)Remote\b"#, "ask the seam: RemoteLink"),
    ]

    @Test("no banned word in the sources", arguments: banned.indices)
    func words(index: Int) throws {
        let (pattern, instead) = Self.banned[index]
        let violations = try SourceTree.sources().flatMap { file in
            try SwiftText(file.text).codeText.lines(matching: pattern)
                .map { file.violation($0.line, "`\($0.match)`: \(instead)") }
        }
        expectNone(violations)
    }

    /// The names that ADR 17 retires: the first column of its table.
    static func retired() throws -> [String] {
        let table = try #require(try SourceTree.file("docs/adr/0017-words.md"))
        return try table.lines.compactMap { line in
            try String(line).matches(of: #"^\| `(\w+)` \| `"#).first?[1]
        }
    }

    @Test("no retired word comes back in code")
    func retiredWords() throws {
        let retired = try Self.retired()
        #expect(retired.count > 35, "the table can be read")
        let pattern = "\\b(?:\(retired.joined(separator: "|")))\\b"
        let violations = try SourceTree.sources().flatMap { file in
            try SwiftText(file.text).codeText.lines(matching: pattern)
                .map { file.violation($0.line, "`\($0.match)` is retired: see ADR 17") }
        }
        expectNone(violations)
    }

    @Test("a failure is dropped only where the comment on the line before says why")
    func droppedFailures() throws {
        let violations = try SourceTree.sources().flatMap { file in
            let text = SwiftText(file.text)
            let comments = text.commentLines
            return try text.codeLines.enumerated().compactMap { line, code in
                guard try Self.dropsFailure(code) else { return nil as String? }
                let reason = line > 0 ? comments[line - 1].trimmed : ""
                let words = reason.drop { $0 == "/" }.split(separator: " ")
                return words.count >= 3 ? nil : file.violation(line, "`try?` without a reason")
            }
        }
        expectNone(violations)
    }

    /// Whether a line of code makes nil of an error.
    static func dropsFailure(_ code: String) throws -> Bool {
        try code.firstMatch(of: #"\btry\?"#) != nil
    }

    @Test("nothing is left for later in a comment")
    func leftForLater() throws {
        let files =
            try SourceTree.sources()
            + SourceTree.files(below: "Tests", suffixes: [".swift"])
        let violations = try files.flatMap { file in
            try SwiftText(file.text).commentText.lines(matching: #"\b(TODO|FIXME|XXX|HACK)\b"#)
                .map { file.violation($0.line, "`\($0.match)`: do it or open an issue") }
        }
        expectNone(violations)
    }
}
