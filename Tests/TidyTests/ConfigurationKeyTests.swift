import Testing

/// Every key of the configuration has its line in the reference.
@Suite("keys of the configuration")
struct ConfigurationKeyTests {
    /// The keys that the program reads, as the reference writes them.
    static func keys() throws -> [String] {
        let source = try #require(
            try SourceTree.file("Sources/SyncKit/SyncConfiguration/ConfigurationReader.swift"))
        let lines = source.lines.drop { !$0.contains("static let schema") }.prefix { $0 != "    ]" }
        let tables = try lines.joined(separator: " ")
            .matches(of: #"\(\s*"(\w*)",\s*\[([^\]]*)\]"#)
            .map { (name: $0[1], keys: try $0[2].matches(of: #""(\w+)""#).map { $0[1] }) }
        let names = Set(tables.map(\.name))
        return tables.flatMap { table in
            table.keys.filter { !table.name.isEmpty || !names.contains($0) || $0 == "folder" }
                .map { key in
                    switch table.name {
                    case "": key
                    case "folder": "folder[n].\(key)"
                    default: "\(table.name).\(key)"
                    }
                }
        }
    }

    @Test("docs/reference/configuration.md has each of them, and no other")
    func reference() throws {
        let document = try #require(try SourceTree.file("docs/reference/configuration.md"))
        let rows = document.lines.drop { !$0.hasPrefix("| key |") }.dropFirst(2)
            .prefix { $0.hasPrefix("|") }
        let told = try rows.flatMap { row in
            try String(row.split(separator: "|")[0]).matches(of: #"`([^`]+)`"#).map { $0[1] }
        }
        let keys = try Self.keys()
        #expect(keys.count > 30, "the schema can be read")
        #expect(keys.sorted() == told.sorted())
    }
}
