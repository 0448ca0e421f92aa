internal import SyncModel

/// What a file is that nothing declares: told by its content, and where that is text by the
/// extension of its name.
enum ContentType {
    /// The type of a file's versions.
    /// - Parameters:
    ///   - base: what they were made from; nil for nothing.
    ///   - sides: the versions that are merged, or the only one.
    ///   - version: of the rules.
    static func type(base: [UInt8]?, sides: [[UInt8]], version: Int) -> FileType {
        if sides.allSatisfy({ TextFile.isOpaque($0, version: version) }) { return .simple }
        let written = sides.filter { !RecordFile.isBlank($0) }
        guard !written.isEmpty, written.contains(where: isData) else { return .document }
        if RecordFile.isBlank(base) || isData(base ?? []) { return .data }
        return written.allSatisfy(isData) ? .data : .document
    }

    /// Whether a text is one JSON object or array, or such objects a line each.
    static func isData(_ content: [UInt8]) -> Bool {
        let body = RecordFile.bodyStart(content)..<content.count
        guard let first = content[body].first(where: { !JSONParser.isSpace($0) }),
            first == 0x7b || first == 0x5b
        else { return false }
        return JSONParser.isContainer(content) || isLines(content)
    }

    /// Whether every line that is not blank is a JSON object. A line that was cut off at the end
    /// is none: `RecordLines.areJSON` takes a file for lines in spite of it.
    static func isLines(_ content: [UInt8]) -> Bool {
        let body = RecordFile.bodyStart(content)..<content.count
        var count = 0
        for range in RecordLines.ranges(content, body) {
            let line = RecordLines.trimmed(content, range)
            if line.isEmpty { continue }
            guard content[line.lowerBound] == 0x7b,
                JSONParser.nodes(of: content, in: line, keptDepth: 0) != nil
            else { return false }
            count += 1
        }
        return count > 0
    }

    /// Formats that a program reads, to which a marker is damage.
    private static let formats: Set<String> = [
        "json", "jsonl", "ndjson", "jsonc", "json5", "geojson", "canvas", "ipynb", "webmanifest",
        "yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "env", "xml", "xsd", "xsl",
        "svg", "opml", "plist", "csv", "tsv", "desktop", "editorconfig", "lock", "base",
    ]

    /// The same since version 9 of the rules.
    private static let moreFormats: Set<String> = [
        "drawio", "dio", "gpx", "kml", "rss", "atom", "rdf", "xhtml", "fodt", "fods", "fodp", "xlf",
        "xliff", "resx", "csproj", "vbproj", "vcxproj", "mobileconfig", "webloc", "musicxml", "mml",
        "wsdl", "xaml", "storyboard", "xib", "owl", "ics", "vcf", "vcard", "code-workspace",
        "sublime-settings", "sublime-project", "hjson", "har", "service", "socket", "timer",
        "mount", "target", "strings", "pbxproj", "m3u", "m3u8", "pls", "gitignore", "ignore",
    ]

    /// Names of prose: what people write sentences in.
    private static let prose: Set<String> = [
        "", "md", "markdown", "mdx", "txt", "text", "org", "rst", "adoc", "asciidoc", "tex",
        "typ", "textile", "wiki", "qmd", "rmd",
    ]

    /// The part of a name after its last dot, in small letters; a name that begins with its only
    /// dot is all extension.
    private static func suffix(_ path: TreePath) -> String {
        guard let dot = path.name.lastIndex(of: 0x2e) else { return "" }
        let bytes = path.name[(dot + 1)...].map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a file's text is for programs, so that markers stay out of it.
    /// - Parameters:
    ///   - versions: its texts.
    ///   - version: of the rules.
    static func isReadByPrograms(_ path: TreePath, _ versions: [[UInt8]], version: Int) -> Bool {
        let suffix = suffix(path)
        if formats.contains(suffix) { return true }
        if version < 9 { return false }
        return moreFormats.contains(suffix)
            || versions.contains { text in
                text[RecordFile.bodyStart(text)...].starts(with: "<?xml ".utf8)
            }
    }

    /// Whether a file's name is one of JSON Lines.
    static func isNamedLines(_ path: TreePath) -> Bool {
        ["jsonl", "ndjson"].contains(suffix(path))
    }

    /// Whether a file's text is sentences.
    static func isProse(_ path: TreePath) -> Bool { prose.contains(suffix(path)) }
}
