import Testing

/// What the eye meets first: line lengths, file lengths, blanks.
@Suite("form")
struct FormTests {
    private static func everyText() throws -> [SourceTree.File] {
        try SourceTree.sources()
            + SourceTree.files(below: "Tests", suffixes: [".swift", ".py"])
            + SourceTree.scripts() + [SourceTree.file("Package.swift")].compactMap { $0 }
    }

    @Test("no line is longer than 100 columns")
    func columns() throws {
        let violations = try Self.everyText().flatMap { file in
            file.lines.enumerated().filter { $0.element.count > 100 }
                .map { file.violation($0.offset, "\($0.element.count) columns") }
        }
        expectNone(violations)
    }

    @Test("no line has a tab or ends in a blank, and every file ends in one newline")
    func blanks() throws {
        let violations = try Self.everyText().flatMap { file in
            var found = file.lines.enumerated().compactMap { index, line in
                line.last == " " || line.contains("\t")
                    ? file.violation(index, "a tab or a trailing blank") : nil
            }
            if !file.text.hasSuffix("\n") || file.text.hasSuffix("\n\n") {
                found.append(file.violation(file.lines.count - 1, "does not end in one newline"))
            }
            return found
        }
        expectNone(violations)
    }

    @Test("no file is longer than 500 lines")
    func fileLength() throws {
        let violations = try Self.everyText().filter { $0.lines.count > 500 }
            .map { $0.violation($0.lines.count - 1, "\($0.lines.count) lines") }
        expectNone(violations)
    }

    @Test("the median source file has at most 120 lines, nine in ten at most 300")
    func fileLengths() throws {
        let lengths = try SourceTree.sources().map(\.lines.count).sorted()
        let median = try #require(lengths.isEmpty ? nil : lengths[lengths.count / 2])
        let ninth = lengths[min(lengths.count - 1, lengths.count * 9 / 10)]
        #expect(median <= 120)
        #expect(ninth <= 300)
    }

    @Test("no function is longer than 70 lines")
    func functionLength() throws {
        let files =
            try SourceTree.files(below: "Sources", suffixes: [".swift"])
            + SourceTree.files(below: "Tests", suffixes: [".swift"])
        let violations = files.flatMap { file in
            SwiftText(file.text).functionBodies().filter { $0.length > 70 }
                .map { file.violation($0.line, "a function of \($0.length) lines") }
        }
        expectNone(violations)
    }

    @Test("every script passes its shell's own check")
    func scripts() throws {
        let scripts = try SourceTree.scripts()
        #expect(!scripts.isEmpty)
        for script in scripts {
            let check = try SourceTree.run("bash", "-n", script.location)
            #expect(check.status == 0, "\(script.path): \(check.output)")
        }
    }

    @Test("what a build makes is not tracked")
    func tracked() throws {
        let made = try SourceTree.trackedFiles().filter { path in
            path.hasPrefix(".build/") || path == "Package.resolved" || path.hasSuffix(".pyc")
                || path.contains("__pycache__/")
        }
        expectNone(made)
    }
}

/// Records every violation of a list, a line each, as one issue.
func expectNone(
    _ violations: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(
        violations.isEmpty, "\(violations.count) found:\n\(violations.joined(separator: "\n"))",
        sourceLocation: sourceLocation)
}
