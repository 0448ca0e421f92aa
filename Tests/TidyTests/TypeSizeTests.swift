import Testing

/// A reader can hold a type that keeps little and does little; extensions hide neither.
@Suite("sizes of types")
struct TypeSizeTests {
    private static let properties = 12
    private static let functions = 15

    /// Types of the engine that are larger, with what they have. The list only shrinks: a number
    /// that is not reached any more is lowered, and a type that fits goes.
    private static let larger: [String: TypeSize] = [
        // What clients ask is a function each, and so is what the loop does.
        "VaultService": TypeSize(properties: 17, functions: 56),
        "ExchangeSchedule": TypeSize(properties: 13, functions: 11),
        // As many as their seam has.
        "ReopeningFolder": TypeSize(properties: 4, functions: 21),
        "UnavailableStateStore": TypeSize(properties: 1, functions: 23),
    ]

    @Test("no type of the engine keeps more than 12 properties or has more than 15 functions")
    func engine() throws {
        let sources = try SourceTree.files(
            below: "Sources/SyncKit/SyncEngine", suffixes: [".swift"])
        let sizes = try TypeSize.read(sources.map { SwiftText($0.text) })
        #expect(sizes["Vault"] != nil, "nothing was read")
        let violations = sizes.compactMap { name, size -> String? in
            if let known = Self.larger[name] {
                return size == known ? nil : "\(name) has \(size), listed with \(known)"
            }
            return size.properties > Self.properties || size.functions > Self.functions
                ? "\(name) has \(size)" : nil
        }
        expectNone(violations.sorted())
        let fitting = Self.larger.filter { _, size in
            size.properties <= Self.properties && size.functions <= Self.functions
        }
        expectNone((Set(fitting.keys).union(Self.larger.keys.filter { sizes[$0] == nil })).sorted())
    }

    @Test("stored properties and functions are counted, computed and static ones are not")
    func counting() throws {
        let text = """
            final class Part {
                static let limit = 1
                let one: Int
                private(set) var two = [1] { didSet { one() } }
                var closure: () -> Int = { 1 }
                var computed: Int { one }
                var longer: Int {
                    let local = 1
                    return local
                }
                lazy var late = 1
                init(_ one: Int) { self.one = one }
                func first() { let local = 1 }
                struct Inner {
                    let its: Int
                    func own() {}
                }
            }
            extension Part {
                private static func second() {}
                @discardableResult func third() -> Int { func nested() {}; return 1 }
            }
            protocol Seam {
                var asked: Int { get }
                func ask()
            }
            """
        let sizes = try TypeSize.read([SwiftText(text)])
        #expect(sizes["Part"] == TypeSize(properties: 4, functions: 3))
        #expect(sizes["Part.Inner"] == TypeSize(properties: 1, functions: 1))
        #expect(sizes["Seam"] == nil)
    }
}

/// How much a type keeps and does.
struct TypeSize: Equatable, CustomStringConvertible {
    /// Stored ones, each of an instance's own.
    var properties = 0
    /// Of all its extensions together; initialisers are not counted.
    var functions = 0

    var description: String { "\(properties) properties and \(functions) functions" }

    /// The sizes of the types of some sources, by name; a type within another is `Outer.Inner`.
    static func read(_ sources: [SwiftText]) throws -> [String: TypeSize] {
        var sizes: [String: TypeSize] = [:]
        for source in sources {
            var scopes = Scopes()
            for line in source.codeLines {
                if let scope = scopes.innermost, scope.kind != "protocol" {
                    let name = scopes.path.joined(separator: ".")
                    if try isFunction(line) { sizes[name, default: TypeSize()].functions += 1 }
                    if try isStored(line) { sizes[name, default: TypeSize()].properties += 1 }
                }
                try scopes.read(line)
            }
        }
        return sizes
    }

    private static let modifiers =
        #"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]+(?:\([a-z]+\))?\s+)*"#

    private static func isFunction(_ line: String) throws -> Bool {
        try line.firstMatch(of: modifiers + #"func\b"#) != nil
    }

    private static func isStored(_ line: String) throws -> Bool {
        guard try line.firstMatch(of: modifiers + #"(?:let|var)\b"#) != nil,
            try line.firstMatch(of: #"\bstatic\b[^=]*\b(?:let|var)\b"#) == nil
        else { return false }
        if try line.firstMatch(of: modifiers + #"let\b"#) != nil { return true }
        guard let brace = line.firstIndex(of: "{") else { return true }
        return line[..<brace].contains("=")
    }
}
