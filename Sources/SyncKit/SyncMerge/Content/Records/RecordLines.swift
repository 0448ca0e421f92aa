#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Lines of a file as ranges, ends not included.
enum RecordLines {
    /// U+FEFF in UTF-8, which some programs begin a file with.
    static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// The lines in a range; a last line without an end counts, an empty rest does not.
    static func ranges(_ bytes: [UInt8], _ body: Range<Int>) -> [Range<Int>] {
        var result: [Range<Int>] = []
        bytes.withUnsafeBytes { buffer in
            guard let memory = buffer.baseAddress else { return }
            var start = body.lowerBound
            while start < body.upperBound {
                let rest = body.upperBound - start
                let end = memchr(memory + start, 0x0a, rest).map { UnsafeRawPointer($0) - memory }
                result.append(start..<(end ?? body.upperBound))
                start = (end ?? body.upperBound) + 1
            }
        }
        return result
    }

    /// The line without white space around it, and without byte order marks before it: files that
    /// were put together have some within, and one that came first would be the file's.
    static func trimmed(_ bytes: [UInt8], _ line: Range<Int>) -> Range<Int> {
        var (start, end) = (line.lowerBound, line.upperBound)
        while start < end {
            if JSONParser.isSpace(bytes[start]) {
                start += 1
            } else if bytes[start..<end].starts(with: byteOrderMark) {
                start += byteOrderMark.count
            } else {
                break
            }
        }
        while end > start, JSONParser.isSpace(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether the text is JSON Lines: of the first 64 lines with anything in them at least half
    /// begin as objects do, and one at least is an object.
    ///
    /// Torn lines count as begun: a damaged file stays what it is. Where the first line opens
    /// something and ends there, it is JSON over several lines that was cut off.
    /// - Parameter least: how many must be objects; 0 asks whether the text may be the damaged
    ///   rest of JSON Lines.
    static func areJSON(_ bytes: [UInt8], _ body: Range<Int>, least: Int = 1) -> Bool {
        var (seen, begun, objects) = (0, 0, 0)
        var start = body.lowerBound
        while start < body.upperBound, seen < 64 {
            let end = bytes[start..<body.upperBound].firstIndex(of: 0x0a) ?? body.upperBound
            let line = trimmed(bytes, start..<end)
            start = end + 1
            guard !line.isEmpty else { continue }
            let last = bytes[line.upperBound - 1]
            if seen == 0, last == 0x7b || last == 0x5b || bytes[line.lowerBound] == 0x5b {
                return false
            }
            seen += 1
            guard bytes[line.lowerBound] == 0x7b else { continue }
            begun += 1
            if JSONParser.nodes(of: bytes, in: line, keptDepth: 0) != nil { objects += 1 }
        }
        return objects >= least && begun > 0 && begun * 2 >= seen
    }
}
