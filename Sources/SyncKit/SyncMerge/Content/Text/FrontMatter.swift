/// YAML between `---` lines at the top of a text, by top-level key.
struct FrontMatter {
    /// A key's lines as they stand; the key is empty for comments before the first.
    struct Entry {
        let key: ArraySlice<UInt8>
        let lines: [ArraySlice<UInt8>]

        /// The lines joined: what two entries are compared by.
        var joined: [UInt8] { Array(lines.joined(separator: [0x0a])) }
    }

    let entries: [Entry]
    /// The line that closes it, `---` or `...`.
    let fence: ArraySlice<UInt8>
    /// Number of the text's lines that belong to it, fences included.
    let lineCount: Int
    /// False where it cannot be split by keys: a key twice, an anchor, no mapping.
    let isSplit: Bool
    /// Whether some line is none of YAML: what stands between two lines in a text, or a key that
    /// somebody was about to write. Rules before version 9 did not ask.
    let isProse: Bool
    /// Where each key stands among the entries.
    private let places: [ByteKey: Int]

    /// Finds it; nil where a text has none. Since version 9 of the rules a text that begins with a
    /// line and prose has none, and an anchor stands where a node begins.
    init?(_ lines: [ArraySlice<UInt8>], rules: Int = MergeIdentity.version) {
        guard let first = lines.first, Self.isFence(first, "---"),
            let close = lines.dropFirst().firstIndex(where: {
                Self.isFence($0, "---") || Self.isFence($0, "...")
            })
        else { return nil }
        let beginsAsProse =
            lines[1..<close].first { !Self.isComment($0) }
            .map { line in
                let text = line.drop { $0 == 0x20 }
                return Self.key(text) == nil && text.first != 0x7b
            } ?? false
        if rules >= 9 && beginsAsProse { return nil }
        isProse = rules >= 9 && lines[1..<close].contains(where: Self.isProse)
        fence = lines[close]
        lineCount = close + 1
        var entries: [Entry] = []
        var key: ArraySlice<UInt8> = []
        var chunk: [ArraySlice<UInt8>] = []
        var isSplit = true
        // What stands in a block of text is text.
        var isInBlock = false
        for line in lines[1..<close] {
            if let next = Self.key(line) {
                if !(key.isEmpty && chunk.isEmpty) { entries.append(Entry(key: key, lines: chunk)) }
                (key, chunk) = (next, [line])
                isInBlock = rules >= 9 && YAMLNode.opensBlock(line.dropFirst(next.count + 1))
            } else {
                if key.isEmpty && !Self.isComment(line) || line.first == 0x09 { isSplit = false }
                chunk.append(line)
                if isInBlock { continue }
            }
            if rules < 9 ? Self.hasAnchor(line) : YAMLNode.isTied(line) { isSplit = false }
        }
        if !(key.isEmpty && chunk.isEmpty) { entries.append(Entry(key: key, lines: chunk)) }
        self.entries = entries
        places = Dictionary(
            entries.enumerated().map { (ByteKey($0.element.key), $0.offset) },
            uniquingKeysWith: { first, _ in first })
        self.isSplit = isSplit && places.count == entries.count
    }

    /// The entry of a key.
    func entry(_ key: ArraySlice<UInt8>) -> Entry? {
        places[ByteKey(key)].map { entries[$0] }
    }

    private static func isComment(_ line: ArraySlice<UInt8>) -> Bool {
        line.first == 0x23 || line.allSatisfy { $0 == 0x20 }
    }

    /// Whether a line can be none of a mapping: it opens no key and goes on with none.
    private static func isProse(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, !isComment(line), key(line) == nil else { return false }
        if [0x20, 0x09, 0x5d, 0x7b, 0x7d].contains(first) { return false }
        let isItem = first == 0x2d || first == 0x3f
        return !isItem || line.count > 1 && line.dropFirst().first != 0x20
    }

    private static func isFence(_ line: ArraySlice<UInt8>, _ fence: String) -> Bool {
        line.starts(with: fence.utf8) && line.dropFirst(3).allSatisfy { $0 == 0x20 }
    }

    /// The key that a line opens, quotes included.
    private static func key(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let first = line.first, ![0x20, 0x09, 0x23, 0x7b, 0x5b, 0x5d, 0x7d].contains(first),
            !line.starts(with: [0x2d, 0x20])
        else { return nil }
        for at in line.indices where line[at] == 0x3a {
            if at + 1 == line.endIndex || line[at + 1] == 0x20 || line[at + 1] == 0x09 {
                return line[line.startIndex..<at]
            }
        }
        return nil
    }

    /// An anchor, an alias or a merge key ties entries together, by rules before version 9.
    private static func hasAnchor(_ line: ArraySlice<UInt8>) -> Bool {
        if line.starts(with: Array("<<:".utf8)) { return true }
        for at in line.indices.dropFirst().dropLast() where line[at] == 0x26 || line[at] == 0x2a {
            if line[at - 1] == 0x20, line[at + 1] != 0x20 { return true }
        }
        return false
    }
}

/// The value of a front matter entry as a list of scalars, and how it is written.
struct FrontMatterList {
    /// The keys whose lists are sets.
    private static let keys: Set<[UInt8]> = Set(
        ["tags", "tag", "aliases", "alias", "keywords", "categories", "topics", "cssclasses"]
            .map { Array($0.utf8) })

    /// The items as they stand, quotes included.
    let items: [[UInt8]]
    private let key: ArraySlice<UInt8>
    /// What stands before each item of a block list; nil for `[a, b]`.
    private let bullet: [UInt8]?

    /// Reads an entry; nil when it is no list of plain scalars or its key names no set.
    init?(_ entry: FrontMatter.Entry) {
        guard Self.keys.contains(Array(entry.key)), let head = entry.lines.first else { return nil }
        key = entry.key
        let value = Self.trimmed(head.dropFirst(entry.key.count + 1))
        if entry.lines.count == 1, value.first == 0x5b, value.last == 0x5d {
            bullet = nil
            let inside = Self.trimmed(value.dropFirst().dropLast())
            guard !inside.contains(where: { [0x5b, 0x5d, 0x7b, 0x7d].contains($0) }) else {
                return nil
            }
            items = inside.split(separator: 0x2c).map { Array(Self.trimmed($0)) }
            guard items.allSatisfy(Self.isWhole) else { return nil }
            return
        }
        guard value.isEmpty, entry.lines.count > 1 else { return nil }
        var items: [[UInt8]] = []
        var bullet: [UInt8]?
        for line in entry.lines.dropFirst() {
            let text = line.drop { $0 == 0x20 }
            guard text.starts(with: [0x2d, 0x20]) else { return nil }
            let item = Self.trimmed(text.dropFirst(2))
            guard !item.isEmpty, !item.contains(0x3a), !item.contains(0x23) else { return nil }
            if bullet == nil { bullet = Array(line[line.startIndex..<item.startIndex]) }
            items.append(Array(item))
        }
        self.items = items
        self.bullet = bullet
    }

    /// Whether another list's items mean the same in the manner of this one: a comma in brackets
    /// ends an item, and behind a bullet a colon makes it a mapping.
    func holds(_ other: FrontMatterList) -> Bool {
        if (bullet == nil) == (other.bullet == nil) { return true }
        if bullet != nil {
            return !other.items.contains { $0.contains(0x3a) || $0.contains(0x23) }
        }
        return other.items.allSatisfy { item in
            let isQuoted = item.first == 0x22 || item.first == 0x27
            return isQuoted && Self.isWhole(item)
                || !item.contains { [0x2c, 0x5b, 0x5d, 0x7b, 0x7d].contains($0) }
        }
    }

    /// Lines that hold other items in the same manner.
    func lines(_ items: [[UInt8]]) -> [ArraySlice<UInt8>] {
        guard let bullet, !items.isEmpty else {
            let list = Array(items.joined(separator: [0x2c, 0x20]))
            return [Array(key)[...] + [0x3a, 0x20, 0x5b] as ArraySlice<UInt8> + list + [0x5d]]
        }
        var result: [ArraySlice<UInt8>] = [key + [0x3a]]
        for item in items {
            let line: [UInt8] = bullet + item
            result.append(line[...])
        }
        return result
    }

    /// Whether an item's quotes, if it has any, stand around all of it.
    private static func isWhole(_ item: [UInt8]) -> Bool {
        for quote: UInt8 in [0x22, 0x27] where item.contains(quote) {
            let isAround = item.first == quote && item.last == quote && item.count > 1
            guard isAround, !item.dropFirst().dropLast().contains(quote) else { return false }
        }
        return true
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop { $0 == 0x20 }
        while text.last == 0x20 { text.removeLast() }
        return text
    }
}
