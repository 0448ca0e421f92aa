import Testing

/// Every declaration another module sees says in a comment what it is.
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
