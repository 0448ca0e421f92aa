/// Which members fulfil a requirement of one of the project's own protocols: what they do is
/// said once, at the requirement.
struct Witnesses {
    /// For each protocol, the base names of what it asks for and the protocols it refines.
    private var protocols: [String: (requirements: Set<String>, refines: [String])] = [:]
    /// For each type, the names in the inheritance clauses of it and of its extensions.
    private var clauses: [String: Set<String>] = [:]

    /// Reads the protocols and the conformances of the files.
    init(_ files: [SourceTree.File]) throws {
        for file in files {
            let lines = SwiftText(file.text).codeLines
            try readClauses(lines.joined(separator: "\n"))
            var scopes = Scopes()
            for line in lines {
                if let scope = scopes.innermost, scope.kind == "protocol",
                    let name = try Self.member(of: line)
                {
                    protocols[scope.name]?.requirements.insert(name)
                }
                try scopes.read(line)
            }
        }
    }

    private mutating func readClauses(_ code: String) throws {
        let heads = #"\b(class|struct|enum|actor|protocol|extension)\s+([\w.]+)"#
        let rest = #"(?:<[^>{]*>)?\s*(?::([^{]*?))?(?:\bwhere\b[^{]*)?\{"#
        for match in try code.matches(of: heads + rest) {
            let name = Scopes.last(match[2])
            let names = try match[3].matches(of: #"\w+"#).map { $0[0] }
            if match[1] == "protocol" {
                protocols[name] = ([], names)
            } else {
                clauses[name, default: []].formUnion(names)
            }
        }
    }

    /// Whether a declaration in a type is what a protocol the type names asks for.
    func cover(_ declaration: String, in type: String) throws -> Bool {
        guard let name = try Self.member(of: declaration) else { return false }
        var left = Array(clauses[type] ?? [])
        var seen: Set<String> = []
        while let next = left.popLast() {
            guard seen.insert(next).inserted, let asked = protocols[next] else { continue }
            if asked.requirements.contains(name) { return true }
            left += asked.refines
        }
        return false
    }

    /// The base name of the function or variable that a line declares.
    private static func member(of line: String) throws -> String? {
        try line.matches(of: #"\b(?:func|var|let)\s+(\w+)"#).first?[1]
    }
}

/// The types that a line of code stands in, found by counting braces.
struct Scopes {
    struct Scope {
        let kind: String
        /// The last part of the type's name: `B` of `A.B`.
        let name: String
        /// The depth of braces of its members.
        let depth: Int
    }

    private var open: [Scope] = []
    private var depth = 0

    /// The type whose member a declaration on the next line is; nil at the top and in bodies.
    var innermost: Scope? { open.last.flatMap { $0.depth == depth ? $0 : nil } }

    /// The names of the types around the next line, the outermost first.
    var path: [String] { open.map(\.name) }

    /// Goes past one line of code.
    mutating func read(_ line: String) throws {
        let declares = #"\b(class|struct|enum|actor|protocol|extension)\s+([A-Z][\w.]*)"#
        if let match = try line.matches(of: declares).first {
            open.append(Scope(kind: match[1], name: Self.last(match[2]), depth: depth + 1))
        }
        depth += line.filter { $0 == "{" }.count - line.filter { $0 == "}" }.count
        while let scope = open.last, depth < scope.depth, line.contains("}") { open.removeLast() }
    }

    /// The last part of a name with points.
    static func last(_ name: String) -> String {
        name.split(separator: ".").last.map(String.init) ?? name
    }
}
