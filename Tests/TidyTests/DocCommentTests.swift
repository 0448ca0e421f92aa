import Testing

/// Every declaration another module sees says in a comment what it is, but for initialisers that
/// only take each property's value: the properties say it.
@Suite("doc comments")
struct DocCommentTests {
    /// Members a protocol of the standard library asks for; its documentation holds.
    private static let wellKnown = [
        "var description", "let description", "var debugDescription", "var errorDescription",
        "func ==", "func <", "func hash(into", "func encode(to", "init(from",
    ]

    @Test("every package and public declaration has one, members of protocols included")
    func everyDeclaration() throws {
        let sources = try SourceTree.sources()
        let witnesses = try Witnesses(sources)
        expectNone(try sources.flatMap { try Self.undocumented($0, witnesses: witnesses) })
    }

    @Test("none says nothing")
    func emptyWords() throws {
        let violations = try SourceTree.sources().flatMap { file in
            try SwiftText(file.text).commentLines.enumerated().compactMap { line, comment in
                try comment.trimmed.firstMatch(
                    of: #"^/// (?:Takes|Pairs) (?:the (?:parts|two)|both|all|it|them)\.$"#
                ).map { file.violation(line, "`\($0)` says nothing") }
            }
        }
        expectNone(violations)
    }

    /// The declarations of a file that another module sees and no doc comment stands before,
    /// save those that fulfil a requirement, which is documented at the protocol.
    static func undocumented(
        _ file: SourceTree.File, witnesses: Witnesses
    ) throws -> [String] {
        let text = SwiftText(file.text)
        let code = text.codeLines
        let comments = text.commentLines
        var scopes = Scopes()
        var found: [String] = []
        for (index, line) in code.enumerated() {
            let scope = scopes.innermost
            let visible = try seen(line.trimmed, inProtocol: scope?.kind == "protocol")
            if let name = visible, !isDocumented(index, code: code, comments: comments),
                try !isMemberwise(index, code: code),
                try scope.map({ try !witnesses.cover(name, in: $0.name) }) ?? true
            {
                found.append(file.violation(index, "`\(name)` has no doc comment"))
            }
            try scopes.read(line)
        }
        return found
    }

    /// The declaration's beginning when another module sees it and it is not well known.
    private static func seen(_ line: String, inProtocol: Bool) throws -> String? {
        let kinds =
            "(?:class|struct|enum|actor|protocol|func|var|let|init|subscript|typealias|macro"
            + "|associatedtype|case)"
        let modifiers =
            #"(?:(?:static|class|final|mutating|nonmutating|nonisolated|consuming|borrowing"#
            + #"|indirect|convenience|required|override|isolated|lazy|weak|unowned"#
            + #"|private\(set\)|fileprivate\(set\)|internal\(set\)|package\(set\))\s+)*"#
        let attributes = #"(?:@\w+(?:\([^)]*\))?\s+)*"#
        let access = inProtocol ? "" : #"(?:package|public|open)\s+"#
        let pattern = "^" + attributes + modifiers + access + modifiers + kinds + #"\b[^{=]*"#
        guard let declaration = try line.firstMatch(of: pattern)?.trimmed else { return nil }
        if declaration.contains("enum CodingKeys") { return nil }
        return wellKnown.contains { declaration.contains($0) } ? nil : declaration
    }

    @Test("an initialiser that only takes its properties' values needs none, another does")
    func memberwise() throws {
        func code(_ body: String) -> [String] {
            SwiftText("package init(\n    a: Int, b: Int? = nil\n) {\n\(body)\n}").codeLines
        }
        for body in ["(self.a, self.b) = (a, b)", "self.a = a\n self.b = b ?? 0"] {
            #expect(try Self.isMemberwise(0, code: code(body)), "\(body)")
        }
        for body in ["self.a = a + 1", "self.a = make(a)", "precondition(a > 0)\n self.a = a"] {
            #expect(try !Self.isMemberwise(0, code: code(body)), "\(body)")
        }
        #expect(try Self.isMemberwise(0, code: ["package init(a: Int) { self.a = a }"]))
        #expect(try !Self.isMemberwise(0, code: ["package func make(a: Int) { self.a = a }"]))
    }

    /// Whether an initialiser begins in the line whose body assigns parameters and nothing else.
    private static func isMemberwise(_ index: Int, code: [String]) throws -> Bool {
        guard try code[index].firstMatch(of: #"^\s*(?:package |public )?init\("#) != nil else {
            return false
        }
        var text = ""
        var depth = 0
        for line in code[index...] {
            text += line + "\n"
            depth += line.count { $0 == "{" } - line.count { $0 == "}" }
            if line.contains("}") && depth == 0 { break }
        }
        guard let start = text.firstIndex(of: "{"), let end = text.lastIndex(of: "}") else {
            return false
        }
        // A tuple may go on in the next line.
        let body = text[text.index(after: start)..<end]
            .replacing(/\)\s*=\s*\(/, with: ") = (").replacing(/,\s+/, with: ", ")
        let statements = body.split { $0.isNewline || $0 == ";" }.map { String($0).trimmed }
            .filter { !$0.isEmpty }
        let names = #"\((?:self\.)?\w+(?:, (?:self\.)?\w+)*\)"#
        let values = #"\([\w.]+(?:, [\w.]+)*\)"#
        let assignment = "^(?:(?:self\\.)?\\w+ = [\\w.]+(?: \\?\\? [\\w.]+)?|\(names) = \(values))$"
        return try statements.allSatisfy { try $0.firstMatch(of: assignment) != nil }
    }

    /// A doc comment stands before the line, with nothing but attributes between.
    private static func isDocumented(_ index: Int, code: [String], comments: [String]) -> Bool {
        var line = index - 1
        while line >= 0 {
            let before = code[line].trimmed
            if before.isEmpty {
                let comment = comments[line].trimmed
                if comment.hasPrefix("///") || comment.hasSuffix("*/") { return true }
                guard comment.hasPrefix("//") else { return false }
            } else if !before.hasPrefix("@") || before.contains("{") {
                return false
            }
            line -= 1
        }
        return false
    }
}
