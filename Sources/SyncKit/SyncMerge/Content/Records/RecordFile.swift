/// A file taken apart: its records as ranges and the bytes between them.
struct RecordFile: Sendable {
    /// The bytes around and between the records; nil where the file has too few to tell.
    struct Style: Sendable, Equatable {
        var prefix: [UInt8]?
        var open: [UInt8]?
        var separator: [UInt8]?
        var close: [UInt8]?
        var suffix: [UInt8]?
    }

    /// The records' own bytes in order; of a map, each with its key.
    private(set) var records: [ArraySlice<UInt8>] = []
    /// Of a wrapper: the object around the records, which stand in it as `null`.
    private(set) var shell: [UInt8]?
    private(set) var style = Style()
    /// A last line without an end that is not JSON: a write was cut off.
    private(set) var tornLine: ArraySlice<UInt8>?

    /// Where the text begins, after a byte order mark.
    static func bodyStart(_ bytes: [UInt8]) -> Int {
        bytes.starts(with: RecordLines.byteOrderMark) ? RecordLines.byteOrderMark.count : 0
    }

    /// A file without records, as an absent or blank one is.
    init() {}

    /// Takes a file apart that admits `shape`.
    init(_ bytes: [UInt8], _ shape: RecordShape) {
        let body = Self.bodyStart(bytes)..<bytes.count
        switch shape {
        case .lines: readLines(bytes, body)
        case .blocks: readBlocks(bytes, body)
        case .array, .map:
            guard let text = JSONText(bytes, in: body, keptDepth: 1) else { return }
            style.prefix = Array(bytes[..<text.root.range.lowerBound])
            style.suffix = Array(bytes[text.root.range.upperBound...])
            readContainer(text.root)
        case .object:
            guard let text = JSONText(bytes, in: body, keptDepth: 0) else { return }
            readObject(text.root, body)
        case .wrapper(let key, _):
            guard let text = JSONText(bytes, in: body, keptDepth: 1),
                let inner = text.root.members.first(where: { $0.key.string == key })?.value,
                let container = JSONText(bytes, in: inner.range, keptDepth: 1)
            else { return }
            let root = text.root.range
            style.prefix = Array(bytes[..<root.lowerBound])
            style.suffix = Array(bytes[root.upperBound...])
            shell =
                bytes[root.lowerBound..<inner.range.lowerBound] + Array("null".utf8)
                + bytes[inner.range.upperBound..<root.upperBound]
            readContainer(container.root)
        }
    }

    private mutating func readObject(_ root: JSONValue, _ body: Range<Int>) {
        let bytes = root.text.bytes
        records = [root.source]
        style.prefix = Array(bytes[..<root.range.lowerBound])
        style.suffix = Array(bytes[root.range.upperBound...])
        if root.source.contains(0x0a) { return }
        // In a line of its own it may be JSON Lines to another merge, which keeps no blank lines.
        style.prefix = Array(bytes[..<body.lowerBound])
        if let end = style.suffix?.firstIndex(of: 0x0a) {
            let hasReturn = end > 0 && style.suffix?[end - 1] == 0x0d
            style.suffix = hasReturn ? [0x0d, 0x0a] : [0x0a]
        } else {
            style.suffix = []
        }
    }

    private mutating func readContainer(_ root: JSONValue) {
        let bytes = root.text.bytes
        let ranges =
            root.kind == .array
            ? root.elements.map(\.range)
            : root.members.map { $0.key.range.lowerBound..<$0.value.range.upperBound }
        records = ranges.map { bytes[$0] }
        readGaps(bytes, ranges, (root.range.lowerBound + 1)..<(root.range.upperBound - 1))
    }

    private mutating func readGaps(
        _ bytes: [UInt8], _ ranges: [Range<Int>], _ inside: Range<Int>
    ) {
        guard let first = ranges.first, let last = ranges.last else { return }
        style.open = Array(bytes[inside.lowerBound..<first.lowerBound])
        style.close = Array(bytes[last.upperBound..<inside.upperBound])
        guard ranges.count > 1 else { return }
        style.separator = Array(bytes[first.upperBound..<ranges[1].lowerBound])
    }

    private mutating func readBlocks(_ bytes: [UInt8], _ body: Range<Int>) {
        guard let ranges = RecordBlocks.split(bytes, body) else { return }
        style.prefix = Array(bytes[..<body.lowerBound])
        records = ranges.map { bytes[$0] }
        readGaps(bytes, ranges, body)
    }

    private mutating func readLines(_ bytes: [UInt8], _ body: Range<Int>) {
        style.prefix = Array(bytes[..<body.lowerBound])
        let lines = RecordLines.ranges(bytes, body)
        records.reserveCapacity(lines.count)
        for line in lines {
            let trimmed = RecordLines.trimmed(bytes, line)
            guard !trimmed.isEmpty else { continue }
            records.append(bytes[trimmed])
        }
        if let end = bytes[body].firstIndex(of: 0x0a) {
            style.separator = end > 0 && bytes[end - 1] == 0x0d ? [0x0d, 0x0a] : [0x0a]
        }
        guard let last = records.last else { return }
        if bytes.last == 0x0a {
            style.close = [0x0a]
        } else if JSONParser.nodes(
            of: bytes, in: last.startIndex..<last.endIndex, keptDepth: 0) != nil
        {
            style.close = []
        } else {
            tornLine = last
        }
    }
}

extension RecordFile.Style {
    /// Merges each part three ways; where both sides changed it the later one's counts.
    static func merged(base: Self, early: Self, late: Self) -> Self {
        func part(_ path: KeyPath<Self, [UInt8]?>) -> [UInt8]? {
            let base = base[keyPath: path]
            let early = early[keyPath: path] ?? base
            let late = late[keyPath: path] ?? base
            return late == base ? early : late
        }
        return Self(
            prefix: part(\.prefix), open: part(\.open), separator: part(\.separator),
            close: part(\.close), suffix: part(\.suffix))
    }
}

extension RecordFile {
    /// Puts a file together.
    /// - Parameters:
    ///   - records: in order; of a map, each with its key.
    ///   - shell: of a wrapper, the object around them with `null` in the records' place.
    static func rendered(
        _ records: [ArraySlice<UInt8>], _ shape: RecordShape, _ style: Style, shell: [UInt8]?
    ) -> [UInt8] {
        var result = style.prefix ?? []
        result.reserveCapacity(records.reduce(64) { $0 + $1.count + 4 })
        switch shape {
        case .lines:
            append(records, style.separator ?? [0x0a], to: &result)
            // Of lines the close says whether the last one has an end: it ends as the others do.
            if !records.isEmpty, style.close != [] { result += style.separator ?? [0x0a] }
        case .blocks:
            result += style.open ?? []
            append(records, style.separator ?? [0x0a, 0x0a], to: &result)
            result += style.close ?? [0x0a]
        case .array: appendContainer(records, style, "[]", to: &result)
        case .map: appendContainer(records, style, "{}", to: &result)
        case .object: append(records, [], to: &result)
        case .wrapper(let key, let isMap):
            appendShell(shell ?? Array("null".utf8), key, to: &result) { result in
                appendContainer(records, style, isMap ? "{}" : "[]", to: &result)
            }
        }
        if shape != .lines, shape != .blocks { result += style.suffix ?? [] }
        return result
    }

    private static func append(
        _ records: [ArraySlice<UInt8>], _ separator: [UInt8], to result: inout [UInt8]
    ) {
        for (index, record) in records.enumerated() {
            if index > 0 { result += separator }
            result += record
        }
    }

    private static func appendContainer(
        _ records: [ArraySlice<UInt8>], _ style: Style, _ brackets: String,
        to result: inout [UInt8]
    ) {
        let brackets = Array(brackets.utf8)
        result.append(brackets[0])
        if !records.isEmpty {
            let open = style.open ?? []
            result += open
            append(records, style.separator ?? [0x2c] + (open.isEmpty ? [0x20] : open), to: &result)
            result += style.close ?? []
        }
        result.append(brackets[1])
    }

    private static func appendShell(
        _ shell: [UInt8], _ key: [UInt8], to result: inout [UInt8],
        records: (inout [UInt8]) -> Void
    ) {
        guard let root = JSONText(shell, keptDepth: 1)?.root,
            let place = root.members.first(where: { $0.key.string == key })?.value.range
        else { return records(&result) }
        result += shell[..<place.lowerBound]
        records(&result)
        result += shell[place.upperBound...]
    }
}
