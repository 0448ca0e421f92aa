internal import SyncModel

/// One `.gitattributes` file: its lines that say something about merging. Source:
/// gitattributes(5), git's `attr.c`. Macros are not read.
package struct AttributesFile: Sendable {
    /// The attributes that count here; what other lines say is not kept.
    enum Name: String, Sendable, CaseIterable {
        case type = "sync"
        case append = "sync-append"
        case markers = "sync-markers"
        case authority = "sync-authority"
    }

    /// What a line says of an attribute.
    enum State: Hashable, Sendable {
        case set, unset, unspecified
        case value([UInt8])
    }

    /// A line that has a pattern.
    struct Line: Sendable {
        /// Counted from 1.
        let number: Int
        let pattern: GitPattern
        let states: [(name: Name, state: State)]
    }

    let lines: [Line]

    /// Reads a file; lines that git would not read either are skipped.
    package init(_ content: [UInt8]) {
        var lines: [Line] = []
        let start = content.starts(with: RecordLines.byteOrderMark) ? 3 : 0
        let body = start..<(content.count > Limits.patternFile ? start : content.count)
        for (index, range) in RecordLines.ranges(content, body).enumerated() {
            guard range.count < Limits.attributesLine else { continue }
            let line = content[range].prefix { $0 != 0 }.drop(while: Self.isBlank)
            guard let first = line.first, first != 0x23 else { continue }
            let (text, rest) = Self.parted(line)
            if text.starts(with: "[attr]".utf8), text.count > 6 { continue }
            let words = rest.split(whereSeparator: Self.isBlank)
            let said = words.map(Self.state)
            // With one word that is no attribute git drops the whole line.
            guard said.allSatisfy({ $0 != nil }) else { continue }
            let states = said.compactMap { word in
                word.flatMap { word in
                    Name(rawValue: String(decoding: word.name, as: UTF8.self))
                        .map { ($0, word.state) }
                }
            }
            guard !states.isEmpty, let pattern = GitPattern(text[...]), !pattern.isNegated,
                !pattern.isDirectoryOnly
            else { continue }
            lines.append(Line(number: index + 1, pattern: pattern, states: states))
        }
        self.lines = lines
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d
    }

    /// The pattern, quoted as a C string or up to the first blank, and what follows.
    private static func parted(_ line: ArraySlice<UInt8>) -> ([UInt8], ArraySlice<UInt8>) {
        if line.first == 0x22, let quoted = unquoted(line) { return quoted }
        let end = line.firstIndex(where: isBlank) ?? line.endIndex
        return (Array(line[..<end]), line[end...])
    }

    private static let escapes: [UInt8: UInt8] = [
        0x61: 0x07, 0x62: 0x08, 0x66: 0x0c, 0x6e: 0x0a, 0x72: 0x0d, 0x74: 0x09, 0x76: 0x0b,
        0x22: 0x22, 0x5c: 0x5c,
    ]

    /// What stands between quotes; nil when it is no C string.
    private static func unquoted(_ line: ArraySlice<UInt8>) -> ([UInt8], ArraySlice<UInt8>)? {
        var result: [UInt8] = []
        var at = line.startIndex + 1
        while at < line.endIndex, line[at] != 0x22 {
            guard line[at] == 0x5c else {
                result.append(line[at])
                at += 1
                continue
            }
            guard at + 1 < line.endIndex else { return nil }
            let digits = line[(at + 1)...].prefix(3)
            if let plain = escapes[line[at + 1]] {
                result.append(plain)
                at += 2
            } else if digits.count == 3, (0x30...0x33).contains(line[at + 1]),
                digits.allSatisfy({ (0x30...0x37).contains($0) })
            {
                result.append(digits.reduce(0) { $0 << 3 | ($1 & 7) })
                at += 4
            } else {
                return nil
            }
        }
        return at < line.endIndex ? (result, line[(at + 1)...]) : nil
    }

    /// A word of a line; nil when it names no attribute.
    private static func state(_ word: ArraySlice<UInt8>) -> (name: [UInt8], state: State)? {
        let equals = word.firstIndex(of: 0x3d)
        var name = word[..<(equals ?? word.endIndex)]
        var state = equals.map { State.value(Array(word[($0 + 1)...])) } ?? .set
        if name.first == 0x2d { state = .unset }
        if name.first == 0x21 { state = .unspecified }
        if state == .unset || state == .unspecified { name = name.dropFirst() }
        let isName = !name.isEmpty && name.first != 0x2d && name.allSatisfy(isNameByte)
        return isName ? (Array(name), state) : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 0x2d || byte == 0x2e || byte == 0x5f || (0x30...0x39).contains(byte)
            || (0x61...0x7a).contains(byte | 0x20)
    }
}
