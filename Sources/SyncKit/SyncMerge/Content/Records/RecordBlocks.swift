internal import SyncModel

/// Memories as Markdown: blocks of a header between `---` lines and a text.
enum RecordBlocks {
    /// The blocks of a text; nil when it is not made of blocks that each name themselves.
    ///
    /// Blank lines before a block belong to none. Every header must hold an identity key, or the
    /// `---` is a rule in somebody's prose.
    static func split(_ bytes: [UInt8], _ body: Range<Int>) -> [Range<Int>]? {
        var blocks: [Range<Int>] = []
        let lines = RecordLines.ranges(bytes, body)
        var at = 0
        while at < lines.count, RecordLines.trimmed(bytes, lines[at]).isEmpty { at += 1 }
        while at < lines.count {
            guard isFence(bytes, lines[at]), let close = headerEnd(bytes, lines, at) else {
                return nil
            }
            var next = close + 1
            while next < lines.count {
                if isFence(bytes, lines[next]), headerEnd(bytes, lines, next) != nil { break }
                next += 1
            }
            let end = lines[next - 1].upperBound
            let block = lines[at].lowerBound..<end
            blocks.append(RecordLines.trimmed(bytes, block))
            at = next
        }
        return blocks.isEmpty ? nil : blocks
    }

    /// Whether there are two blocks or more, and whether two of them mean different things: what is
    /// there twice merges to one.
    static func several(_ bytes: [UInt8], _ body: Range<Int>) -> (are: Bool, differ: Bool) {
        guard let blocks = split(bytes, body), blocks.count > 1 else { return (false, false) }
        var table = RecordTable(.block)
        let first = table.add(bytes[blocks[0]])
        let differ = blocks.dropFirst().contains { !table.means(first, table.add(bytes[$0])) }
        return (true, differ)
    }

    private static func isFence(_ bytes: [UInt8], _ line: Range<Int>) -> Bool {
        bytes[RecordLines.trimmed(bytes, line)].elementsEqual([0x2d, 0x2d, 0x2d])
    }

    /// Index of the line that closes the header opened at `at`; nil when it is none.
    private static func headerEnd(_ bytes: [UInt8], _ lines: [Range<Int>], _ at: Int) -> Int? {
        var named = false
        for index in (at + 1)..<min(lines.count, at + 65) {
            if isFence(bytes, lines[index]) { return named ? index : nil }
            guard let (key, _) = field(bytes, lines[index]) else { return nil }
            if RecordFields.identities.contains(where: { bytes[key].elementsEqual($0) }) {
                named = true
            }
        }
        return nil
    }

    /// A `key: value` line's parts.
    private static func field(
        _ bytes: [UInt8], _ line: Range<Int>
    ) -> (key: Range<Int>, value: Range<Int>)? {
        let line = RecordLines.trimmed(bytes, line)
        guard let colon = bytes[line].firstIndex(of: 0x3a), colon > line.lowerBound else {
            return nil
        }
        let key = line.lowerBound..<colon
        let isName = bytes[key].allSatisfy {
            $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a || $0 == 0x5f || $0 == 0x2d
                || (0x30...0x39).contains($0)
        }
        guard isName else { return nil }
        return (key, RecordLines.trimmed(bytes, (colon + 1)..<line.upperBound))
    }

    /// A block as the JSON object that is merged in its place: the header's fields as strings,
    /// then the text under `text` (a header with a key `text` or a key twice stays whole).
    static func json(_ block: ArraySlice<UInt8>) -> [UInt8]? {
        let bytes = Array(block)
        let lines = RecordLines.ranges(bytes, 0..<bytes.count)
        guard !lines.isEmpty, let close = headerEnd(bytes, lines, 0) else { return nil }
        var result: [UInt8] = [0x7b]
        for line in lines[1..<close] {
            guard let (key, value) = field(bytes, line) else { return nil }
            appendQuoted(bytes[key], to: &result)
            result.append(0x3a)
            appendQuoted(bytes[value], to: &result)
            result.append(0x2c)
        }
        appendQuoted(Array("text".utf8)[...], to: &result)
        result.append(0x3a)
        let start = min(lines[close].upperBound + 1, bytes.count)
        appendQuoted(bytes[start...], to: &result)
        result.append(0x7d)
        return result
    }

    /// The block that a merged object stands for, with the line ends of `model`.
    static func block(_ object: JSONValue, like model: ArraySlice<UInt8>) -> [UInt8] {
        let ending: [UInt8] = model.firstRange(ofCRLF: true) ? [0x0d, 0x0a] : [0x0a]
        let fence: [UInt8] = [0x2d, 0x2d, 0x2d]
        var result = fence + ending
        var text: [UInt8] = []
        for (key, value) in object.members {
            let name = key.string
            if name.elementsEqual("text".utf8) {
                text = value.string
            } else {
                result += name + [0x3a, 0x20] + value.string + ending
            }
        }
        return result + fence + (text.isEmpty ? [] : ending + text)
    }

    /// Text that is not UTF-8 stays as it is; the parser then refuses the object, and the block is
    /// merged whole.
    private static func appendQuoted(_ bytes: ArraySlice<UInt8>, to result: inout [UInt8]) {
        JSONQuote(hasShortForms: false, invalid: .kept).append(bytes, to: &result)
    }
}

extension ArraySlice<UInt8> {
    fileprivate func firstRange(ofCRLF: Bool) -> Bool {
        guard let end = firstIndex(of: 0x0a), end > startIndex else { return false }
        return self[end - 1] == 0x0d
    }
}
