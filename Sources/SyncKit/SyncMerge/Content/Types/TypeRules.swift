package import SyncModel

/// Where a file's type comes from.
package enum TypeSource: Hashable, Sendable {
    /// A line of an attributes file, counted from 1.
    case line(file: TreePath, number: Int)
    /// A default for the layout of shared/README.md, by its pattern.
    case layout(String)
    /// Text is a document, the rest simple.
    case content
}

/// Which type each path of a tree has: `.gitattributes`, then the layout, then the content.
package struct TypeRules: Sendable {
    private let files: [(directory: TreePath?, file: AttributesFile)]

    private static let layout: [(text: String, type: FileType)] = [
        (".gitattributes", .simple), (".sync/**", .simple),
        ("shared/documents/index.json", .memory), ("shared/conversations/index.json", .memory),
        ("shared/memories/**", .memory), ("shared/documents/**", .document),
        ("shared/conversations/**", .conversation), ("shared/events/**", .event),
        ("shared/settings/**", .simple),
    ]

    private static let layoutPatterns = layout.map { row in
        (pattern: GitPattern(Array(row.text.utf8)), text: row.text, type: row.type)
    }

    private static let appendPatterns = ["**/memory/????-??-??*.md", "**/*.log.md"].map {
        GitPattern(Array($0.utf8))
    }

    /// Reads a tree's attributes files.
    /// - Parameter files: each with the directory that it stands in, nil for the top; any order.
    package init(files: [(directory: TreePath?, content: [UInt8])]) {
        self.files = files.map { ($0.directory, AttributesFile($0.content)) }
            .sorted { ($0.directory?.bytes.count ?? -1) < ($1.directory?.bytes.count ?? -1) }
    }

    /// The rule of a path.
    /// - Parameters:
    ///   - path: a file's.
    ///   - content: its bytes, looked at only where no attribute and no default gives a type.
    /// - Returns: the rule and what gave its type. An attribute `sync` with a value that names no
    ///   type counts as not given.
    package func type(
        of path: TreePath, content: @autoclosure () -> [UInt8]
    ) -> (rule: FileRule, source: TypeSource) {
        let states = states(of: path)
        var (type, source) = named(states) ?? Self.byLayout(path) ?? (.simple, .content)
        if source == .content, !TextFile.isBinary(content()) { type = .document }
        var rule = FileRule(type)
        rule.isAppendOnly =
            type == .document
            && (flag(states["sync-append"]?.state)
                ?? Self.appendPatterns.contains { $0?.matches(path.bytes[...]) ?? false })
        rule.writesMarkers = flag(states["sync-markers"]?.state) ?? true
        if case .value(let device)? = states["sync-authority"]?.state, type == .simple {
            rule.authority = String(decoding: device, as: UTF8.self)
        }
        return (rule, source)
    }

    private typealias Found = (state: AttributesFile.State, source: TypeSource)

    private func named(_ states: [String: Found]) -> (FileType, TypeSource)? {
        guard let found = states["sync"], case .value(let name) = found.state,
            let type = FileType(rawValue: String(decoding: name, as: UTF8.self))
        else { return nil }
        return (type, found.source)
    }

    private static func byLayout(_ path: TreePath) -> (FileType, TypeSource)? {
        for row in layoutPatterns where row.pattern?.matches(path.bytes[...]) ?? false {
            return (row.type, .layout(row.text))
        }
        return nil
    }

    /// Set, `on` and `true` are true; unset, `off` and `false` are false; else nil.
    private func flag(_ state: AttributesFile.State?) -> Bool? {
        switch state {
        case .set: true
        case .unset: false
        case .value(let text):
            switch String(decoding: text, as: UTF8.self) {
            case "on", "true": true
            case "off", "false": false
            default: nil
            }
        case .unspecified, nil: nil
        }
    }

    /// Each attribute's state: a deeper file overrides, in a file the last line that matches.
    private func states(of path: TreePath) -> [String: Found] {
        var result: [String: Found] = [:]
        for (directory, file) in files {
            guard let relative = directory.map({ path.relative(to: $0) }) ?? path else { continue }
            for line in file.lines where line.pattern.matches(relative.bytes[...]) {
                for (name, state) in line.states {
                    let source = TypeSource.line(
                        file: Self.attributes(in: directory), number: line.number)
                    result[String(decoding: name, as: UTF8.self)] = (state, source)
                }
            }
        }
        return result
    }

    /// The attributes file of a directory; nil is the top.
    package static func attributes(in directory: TreePath?) -> TreePath {
        let name = Array(".gitattributes".utf8)
        guard let path = directory?.appending(name) ?? TreePath(name) else {
            preconditionFailure("the name of the attributes file is a name")
        }
        return path
    }
}
