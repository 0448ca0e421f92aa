internal import SyncModel

/// A text taken apart: byte order mark, lines, how they end.
struct TextFile: Sendable {
    /// How lines end.
    enum Ending: Hashable, Sendable {
        case lf, crlf
        /// Of a file: some lines one way, some the other. Of a line: it ends with the file.
        case mixed

        var bytes: [UInt8] { self == .crlf ? [0x0d, 0x0a] : [0x0a] }
    }

    let hasBOM: Bool
    /// The lines without their ends.
    let lines: [ArraySlice<UInt8>]
    /// How each line ends, in a file whose lines end in both ways.
    let endings: [Ending]
    /// How the lines end; nil where none does.
    let style: Ending?
    /// Whether the last line has an end; nil for an empty text.
    let endsWithNewline: Bool?

    /// Takes a text apart.
    init(_ bytes: [UInt8]) {
        let start = RecordFile.bodyStart(bytes)
        hasBOM = start > 0
        var lines: [ArraySlice<UInt8>] = []
        var endings: [Ending] = []
        var kinds: Set<Ending> = []
        let body = start..<bytes.count
        for range in RecordLines.ranges(bytes, body) {
            guard range.upperBound < bytes.count else {
                lines.append(bytes[range])
                endings.append(.mixed)
                continue
            }
            let isCRLF = !range.isEmpty && bytes[range.upperBound - 1] == 0x0d
            let ending = isCRLF ? Ending.crlf : .lf
            kinds.insert(ending)
            lines.append(bytes[range.lowerBound..<(range.upperBound - (isCRLF ? 1 : 0))])
            endings.append(ending)
        }
        self.lines = lines
        self.endings = endings
        style = kinds.count > 1 ? .mixed : kinds.first
        endsWithNewline = body.isEmpty ? nil : bytes.last == 0x0a
    }

    /// Whether the bytes merge as a whole: no text, or, since version 9 of the rules, what git-lfs
    /// keeps in the place of a file, which a line of another version makes unreadable.
    /// Source: docs/spec.md of git-lfs.
    static func isOpaque(_ bytes: [UInt8], version: Int) -> Bool {
        if isBinary(bytes) { return true }
        return version >= 9 && bytes.count <= Limits.pointerSize
            && bytes.starts(with: "version https://git-lfs.github.com/spec/v1\n".utf8)
    }

    /// Whether the bytes are no text that has lines: a NUL byte, or UTF-16 by its mark.
    static func isBinary(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) || bytes.contains(0)
    }
}
