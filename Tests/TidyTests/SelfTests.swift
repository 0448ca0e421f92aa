import Testing

/// The tidy tests' own tools, so that an empty list of violations means something.
@Suite("the tidy tests' own tools")
struct SelfTests {
    @Test(
        "strings and comments are not code",
        arguments: [
            (#"let a = "x // y" // z"#, "let a ="),
            (#"let a = "\(f("}"))" + b"#, "let a = + b"),
            (##"let a = #"\("# + b"##, "let a = + b"),
            ("a /* b /* c */ d */ e", "a e"),
            ("let a = \"\"\"\n \" }\n \"\"\"; b", "let a =\n\n ; b"),
            ("a / b / c", "a / b / c"),
        ])
    func takenApart(source: String, code: String) throws {
        let lines = try SwiftText(source).codeLines.map { line in
            try line.matches(of: #"\s?\S+"#).map { $0[0] }.joined()
        }
        #expect(lines.joined(separator: "\n") == code)
    }

    @Test("comments keep their lines")
    func comments() {
        let text = SwiftText("a // one\n\"// no\"\n/* two\n three */ b")
        #expect(text.commentLines.map(\.trimmed) == ["// one", "", "/* two", "three */"])
    }

    @Test("a function's length is counted from its keyword to its brace")
    func lengths() {
        let source = """
            protocol P {
                func a(b: Int = 0)
                init(c: () -> Void)
            }
            func d(
                e: () -> Void = {}
            ) throws(E) {
                "}"  // }
                self.init()
            }
            init() {}
            """
        let bodies = SwiftText(source).functionBodies()
        #expect(bodies == [.init(line: 4, length: 6), .init(line: 10, length: 1)])
    }

    @Test(
        "a declaration that others see is missed without its doc comment",
        arguments: [
            ("package func a() {}", 1),
            ("/// Does.\npackage func a() {}", 0),
            ("/// Does.\n@inlinable\npackage func a() {}", 0),
            ("package static let a = 1", 1),
            ("@inlinable public static func a() {}", 1),
            ("func a() {}", 0),
            ("package import A", 0),
            ("package enum CodingKeys: String {}", 0),
            ("package var description: String {\n    \"\"\n}", 0),
            ("/// P.\npackage protocol P {\n    func a()\n    /// B.\n    func b()\n}", 1),
            ("/// P.\npackage protocol P {\n    /// A.\n    func a()\n}\nvar b: Int", 0),
            ("/// A.\npackage let a = 1\npackage let b = 2", 1),
            ("let a = \"package func b\"", 0),
        ])
    func undocumented(source: String, count: Int) throws {
        let file = SourceTree.File(path: "a.swift", text: source)
        let found = try DocCommentTests.undocumented(file, witnesses: Witnesses([file]))
        #expect(found.count == count)
    }

    @Test(
        "a member that a protocol of the project asks for is documented there",
        arguments: [
            ("struct A: P {\n    package func a(b: Int) {}\n}", 0),
            ("struct A {}\nextension N.A: Sendable, P {\n    package func a() {}\n}", 0),
            ("final class A<T>:\n    Q\n{\n    package func a() {}\n}", 0),
            ("struct A: P {\n    package func b() {}\n}", 1),
            ("struct A: P {}\nstruct B {\n    package func a() {}\n}", 1),
            ("package func a() {}", 1),
        ])
    func witnesses(source: String, count: Int) throws {
        let own = "protocol P {\n    /// A.\n    func a(b: Int)\n}\nprotocol Q: P {}\n"
        let file = SourceTree.File(path: "a.swift", text: own + source)
        let found = try DocCommentTests.undocumented(file, witnesses: Witnesses([file]))
        #expect(found.count == count)
    }

    @Test(
        "a dropped failure is told from an optional whose type ends in try",
        arguments: [("let a = try? b()", true), ("let a: TreeEntry?", false), ("try b()", false)])
    func dropped(code: String, drops: Bool) throws {
        #expect(try WordTests.dropsFailure(code) == drops)
    }

    @Test(
        "banned words are found in code",
        arguments: [
            ("final class CacheManager {}", 0), ("enum PathUtils {}", 0),
            ("extension A: @unchecked Sendable {}", 1), ("nonisolated(unsafe) var a", 2),
            ("usleep(3)", 3), ("try await Task.sleep(for: a)", 4), ("Thread.sleep(1)", 4),
            ("if remote is NetworkRemote {", 5), ("remote as? PathRemote", 5),
        ])
    func found(code: String, rule: Int) throws {
        #expect(try code.firstMatch(of: WordTests.banned[rule].pattern) != nil)
    }

    @Test(
        "waiting on the clock that was handed in is no banned word",
        arguments: ["try await clock.sleep(for: a)", "func sleep(for a: Duration)"])
    func allowed(code: String) throws {
        #expect(try code.firstMatch(of: WordTests.banned[4].pattern) == nil)
    }
}
