internal import SyncModel

/// One `.gitattributes` file. Source: gitattributes(5). Macros are not read.
struct AttributesFile: Sendable {
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
        let states: [(name: [UInt8], state: State)]
    }

    let lines: [Line]

    /// Reads a file; lines that git would not read either are skipped.
    init(_ content: [UInt8]) {
        var lines: [Line] = []
        let body = RecordFile.bodyStart(content)..<content.count
        for (index, range) in RecordLines.ranges(content, body).enumerated() {
            let line = Array(content[RecordLines.trimmed(content, range)])
            guard let first = line.first, first != 0x23, line.count < Limits.attributesLine else {
                continue
            }
            guard let (pattern, rest) = Self.pattern(line) else { continue }
            let words = rest.split { $0 == 0x20 || $0 == 0x09 }
            guard let pattern = GitPattern(pattern) else { continue }
            lines.append(
                Line(number: index + 1, pattern: pattern, states: words.compactMap(Self.state)))
        }
        self.lines = lines
    }

    /// The pattern, quoted as a C string or up to the first space.
    private static func pattern(_ line: [UInt8]) -> ([UInt8], ArraySlice<UInt8>)? {
        guard line[0] == 0x22 else {
            let end = line.firstIndex { $0 == 0x20 || $0 == 0x09 } ?? line.count
            return (Array(line[..<end]), line[end...])
        }
        var result: [UInt8] = []
        var at = 1
        while at < line.count, line[at] != 0x22 {
            if line[at] == 0x5c, at + 1 < line.count {
                at += 1
                switch line[at] {
                case 0x6e: result.append(0x0a)
                case 0x74: result.append(0x09)
                case 0x30...0x33 where at + 2 < line.count:
                    let digits = line[at...(at + 2)].map { $0 & 7 }
                    result.append(digits[0] << 6 | digits[1] << 3 | digits[2])
                    at += 2
                default: result.append(line[at])
                }
            } else {
                result.append(line[at])
            }
            at += 1
        }
        guard at < line.count else { return nil }
        return (result, line[(at + 1)...])
    }

    private static func state(_ word: ArraySlice<UInt8>) -> (name: [UInt8], state: State)? {
        if word.first == 0x2d { return (Array(word.dropFirst()), .unset) }
        if word.first == 0x21 { return (Array(word.dropFirst()), .unspecified) }
        guard let equals = word.firstIndex(of: 0x3d) else { return (Array(word), .set) }
        return (Array(word[..<equals]), .value(Array(word[(equals + 1)...])))
    }
}
