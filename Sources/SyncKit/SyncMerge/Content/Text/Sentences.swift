/// A line of prose as the sentences it is made of.
enum Sentences {
    /// A sentence and the white space behind it.
    typealias Part = (text: ArraySlice<UInt8>, blank: ArraySlice<UInt8>)

    /// Takes a line apart: the parts, one after the other, are the line.
    static func split(_ line: ArraySlice<UInt8>) -> [Part] {
        var parts: [Part] = []
        var start = line.startIndex
        var at = start
        while at < line.endIndex {
            guard let mark = markLength(line, at) else {
                at += 1
                continue
            }
            var end = at + mark
            while end < line.endIndex, let more = markLength(line, end) ?? closerLength(line, end) {
                end += more
            }
            var next = end
            while next < line.endIndex, line[next] == 0x20 || line[next] == 0x09 { next += 1 }
            // Scripts that part no words part no sentences either.
            let isEnd = next > end || mark == 3 && line[at] != 0xe2
            if isEnd, next < line.endIndex, !isSmall(line[next]), !isAbbreviation(line[start..<at])
            {
                parts.append((line[start..<end], line[end..<next]))
                start = next
            }
            at = max(next, end)
        }
        if start < line.endIndex { parts.append((line[start...], line[line.endIndex...])) }
        return parts
    }

    /// The length of a mark that ends sentences: `.`, `!`, `?`, `…`, `。`, `！`, `？`.
    private static func markLength(_ line: ArraySlice<UInt8>, _ at: Int) -> Int? {
        switch line[at] {
        case 0x2e, 0x21, 0x3f: return 1
        case 0xe2, 0xe3, 0xef:
            guard at + 2 < line.endIndex else { return nil }
            let bytes = [line[at], line[at + 1], line[at + 2]]
            return marks.contains(bytes) ? 3 : nil
        default: return nil
        }
    }

    private static let marks: Set<[UInt8]> = [
        [0xe2, 0x80, 0xa6], [0xe3, 0x80, 0x82], [0xef, 0xbc, 0x81], [0xef, 0xbc, 0x9f],
    ]

    /// What may stand between a sentence's mark and the blank: quotes, brackets, emphasis.
    private static func closerLength(_ line: ArraySlice<UInt8>, _ at: Int) -> Int? {
        switch line[at] {
        case 0x22, 0x27, 0x29, 0x5d, 0x2a, 0x5f, 0x60: return 1
        case 0xc2: return at + 1 < line.endIndex && line[at + 1] == 0xbb ? 2 : nil
        case 0xe2:
            guard at + 2 < line.endIndex, line[at + 1] == 0x80 else { return nil }
            return (0x98...0x9d).contains(line[at + 2]) ? 3 : nil
        default: return nil
        }
    }

    private static func isSmall(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }

    private static let abbreviations: Set<String> = [
        "Dr", "Mr", "Mrs", "Ms", "Prof", "St", "Jr", "Sr", "vs", "etc", "No", "Nr", "ca", "cf",
        "Fig",
        "bzw", "usw", "approx", "resp",
    ]

    /// Whether what stands before a full stop ends in a number, a single letter or a word that is
    /// written with one.
    private static func isAbbreviation(_ text: ArraySlice<UInt8>) -> Bool {
        let word =
            text.suffix(12).split(omittingEmptySubsequences: false) {
                $0 == 0x20 || $0 == 0x2e || $0 == 0x28
            }.last ?? []
        if word.count == 1, (0x41...0x5a).contains(word.first.map { $0 & 0xdf } ?? 0) {
            return true
        }
        if word.count == text.count, word.allSatisfy({ (0x30...0x39).contains($0) }) { return true }
        return abbreviations.contains(String(decoding: word, as: UTF8.self))
    }

    /// Whether a line is prose, by how it begins: no table, no heading, no code, no HTML.
    static func isProse(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop { $0 == 0x20 || $0 == 0x09 }
        guard let first = text.first else { return false }
        let indent = line.count - text.count
        if indent >= 4 || line.first == 0x09, !isItem(line) { return false }
        switch first {
        case 0x7c, 0x23, 0x3c, 0x60, 0x7e, 0x24, 0x25, 0x7b, 0x5c: return false
        default: return !text.starts(with: ">> ".utf8)
        }
    }

    /// Whether a line is blank, or one that no paragraph goes on from or into.
    static func isApart(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop { $0 == 0x20 || $0 == 0x09 }
        guard let first = text.first else { return true }
        return first == 0x23 || first == 0x7c
    }

    /// Whether a line begins an item of a list.
    static func isItem(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop { $0 == 0x20 || $0 == 0x09 }
        guard let first = text.first else { return false }
        if first == 0x2d || first == 0x2a || first == 0x2b { return text.dropFirst().first == 0x20 }
        let rest = text.drop { (0x30...0x39).contains($0) }
        return rest.count < text.count && (rest.first == 0x2e || rest.first == 0x29)
            && rest.dropFirst().first == 0x20
    }

    /// Parts the mark of an item, its box as well, from the item's text.
    static func withoutMarker(_ line: ArraySlice<UInt8>) -> (Part?, ArraySlice<UInt8>) {
        guard isItem(line) else { return (nil, line) }
        var end =
            line.firstIndex { $0 == 0x2d || $0 == 0x2a || $0 == 0x2b || $0 == 0x2e || $0 == 0x29 }
            .map { $0 + 1 } ?? line.startIndex
        let box = line[end...].prefix(4)
        if box.count == 4, box.elementsEqual([0x20, 0x5b, box[end + 2], 0x5d]) { end += 4 }
        let text = line[end...].drop { $0 == 0x20 || $0 == 0x09 }
        return ((line[..<end], line[end..<text.startIndex]), text)
    }

    /// A fence around code opens or closes on the line.
    static func isFence(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop { $0 == 0x20 }
        return text.starts(with: "```".utf8) || text.starts(with: "~~~".utf8)
    }
}
