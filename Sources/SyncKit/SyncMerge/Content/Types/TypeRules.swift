package import SyncModel

/// Where a file's type comes from.
package enum TypeSource: Hashable, Sendable {
    /// A line of an attributes file, counted from 1.
    case line(file: TreePath, number: Int)
    /// A default for the layout of shared/README.md, by its pattern.
    case layout(String)
    /// Of text JSON is data and the rest a document; what is no text is simple.
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
        (pattern: GitPattern(Array(row.text.utf8)[...]), text: row.text, type: row.type)
    }

    private static let appendPatterns = ["**/memory/????-??-??*.md", "**/*.log.md"].map {
        GitPattern(Array($0.utf8)[...])
    }

    /// Takes a tree's attributes files, read.
    /// - Parameter files: each with the directory that it stands in, nil for the top; any order.
    package init(files: [(directory: TreePath?, file: AttributesFile)]) {
        self.files = files.sorted {
            ($0.directory?.bytes.count ?? -1) < ($1.directory?.bytes.count ?? -1)
        }
    }

    /// Reads a tree's attributes files.
    /// - Parameter files: each with the directory that it stands in, nil for the top; any order.
    package init(files: [(directory: TreePath?, content: [UInt8])]) {
        self.init(files: files.map { ($0.directory, AttributesFile($0.content)) })
    }

    /// The rule of a path.
    /// - Parameters:
    ///   - path: a file's.
    ///   - content: its bytes, looked at only where no attribute gives a type.
    /// - Returns: the rule and what gave its type. An attribute `sync` with a value that names no
    ///   type counts as not given.
    package func type(
        of path: TreePath, content: @autoclosure () -> [UInt8]
    ) -> (rule: FileRule, source: TypeSource) {
        type(of: path) {
            let content = content()
            return (base: nil, sides: [content])
        }
    }

    /// The rule by which versions of a path are merged.
    /// - Parameters:
    ///   - path: a file's.
    ///   - versions: what they were made from, if anything, and the two of them; asked only where
    ///     no attribute gives a type, and the layout not that it is simple.
    ///   - version: of the rules.
    package func type(
        of path: TreePath, version: Int = MergeIdentity.version,
        _ versions: () -> (base: [UInt8]?, sides: [[UInt8]])
    ) -> (rule: FileRule, source: TypeSource) {
        let states = states(of: path)
        let attribute = named(states)
        let given = attribute ?? Self.byLayout(path)
        var rule = FileRule(given?.0 ?? .document)
        rule.version = version
        var source = given?.1 ?? .content
        // What the layout takes for documents may be anything that stands beside notes.
        if version < 2 {
            let isText = given != nil || !TextFile.isBinary(versions().sides.last ?? [])
            if !isText || rule.type == .data { rule.type = isText ? .document : .simple }
        } else if attribute == nil, rule.type == .document {
            let (base, sides) = versions()
            let told = ContentType.type(base: base, sides: sides, version: version)
            if given == nil || told == .data { (rule.type, source) = (told, .content) }
            // Markers that an older version of these rules left are read as such.
            if rule.type == .document, ContentType.isReadByPrograms(path, sides, version: version) {
                rule.writesMarkers = sides.contains(where: ConflictMarkers.areIn)
            }
        }
        // A file for records that holds none is a text.
        if version >= 9, attribute == nil, rule.type.hasRecords {
            let sides = versions().sides
            if ContentType.isReadByPrograms(path, sides, version: version) {
                rule.writesMarkers = sides.contains(where: ConflictMarkers.areIn)
            }
        }
        if version >= 9, rule.type == .data {
            rule.writesMarkers = versions().sides.contains(where: ConflictMarkers.areIn)
        }
        rule.isAppendOnly =
            rule.type == .document
            && (flag(states[.append]?.state)
                ?? (Self.appendPatterns.contains { Self.matches($0, path) }
                    || version >= 9 && path.name.elementsEqual(".gitignore".utf8)))
        rule.joinsAll =
            version >= 9 && rule.isAppendOnly && path.name.elementsEqual(".gitignore".utf8)
        rule.writesMarkers = flag(states[.markers]?.state) ?? rule.writesMarkers
        rule.isProse = version >= 2 && Self.isProse(path)
        rule.isLines = version >= 9 && Self.isLines(path)
        if case .value(let device)? = states[.authority]?.state, rule.type == .simple {
            rule.authority = String(decoding: device, as: UTF8.self)
        }
        return (rule, source)
    }

    /// Whether a file's lines may be paragraphs, by its name.
    package static func isProse(_ path: TreePath) -> Bool { ContentType.isProse(path) }

    /// Whether a file's name is one of JSON Lines.
    package static func isLines(_ path: TreePath) -> Bool { ContentType.isNamedLines(path) }

    private typealias Found = (state: AttributesFile.State, source: TypeSource)

    private func named(_ states: [AttributesFile.Name: Found]) -> (FileType, TypeSource)? {
        guard let found = states[.type], case .value(let name) = found.state,
            let type = FileType(rawValue: String(decoding: name, as: UTF8.self))
        else { return nil }
        return (type, found.source)
    }

    private static func byLayout(_ path: TreePath) -> (FileType, TypeSource)? {
        for row in layoutPatterns where matches(row.pattern, path) {
            return (row.type, .layout(row.text))
        }
        return nil
    }

    private static func matches(_ pattern: GitPattern?, _ path: TreePath) -> Bool {
        var work = Limits.patternWork
        return pattern?.matches(
            path.bytes[...], nameStart: path.name.startIndex, isDirectory: false, work: &work)
            ?? false
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

    /// Each attribute's state: a deeper file overrides, in a file the last line that matches. Past
    /// `Limits.patternWork` steps, what is not yet decided counts as not given.
    private func states(of path: TreePath) -> [AttributesFile.Name: Found] {
        var result: [AttributesFile.Name: Found] = [:]
        var work = Limits.patternWork
        for (directory, file) in files.reversed() {
            guard let relative = directory.map({ path.relative(to: $0) }) ?? path else { continue }
            for line in file.lines.reversed()
            where line.states.contains(where: { result[$0.name] == nil })
                && line.pattern.matches(
                    relative.bytes[...], nameStart: relative.name.startIndex, isDirectory: false,
                    work: &work)
            {
                let source = TypeSource.line(
                    file: Self.attributes(in: directory), number: line.number)
                for (name, state) in line.states.reversed() where result[name] == nil {
                    result[name] = (state, source)
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
