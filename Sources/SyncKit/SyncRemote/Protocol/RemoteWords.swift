internal import SyncModel

/// What a remote says to people, made safe to print: no control characters, no end of the line
/// that was overwritten, not too long.
package struct RemoteWords {
    private var bytes: [UInt8] = []

    /// Takes the next piece; what is too long is dropped from the front, because the reason for
    /// a refusal comes last.
    mutating func append(_ piece: some Sequence<UInt8>) {
        bytes += piece
        let surplus = bytes.count - Limits.remoteWordsBytes
        if surplus > 0 { bytes.removeFirst(surplus) }
    }

    /// One line: the remote's lines, joined by blanks.
    var text: String { Self.clean(bytes) }

    /// Makes one safe line of anything.
    package static func clean(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        // A carriage return in a line lets the next text overwrite it: progress, and tricks.
        var lines: [String] = []
        for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
            lines.append(String(line.split(separator: "\r").last ?? ""))
        }
        return lines.map(printable).filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func printable(_ line: String) -> String {
        var result = String.UnicodeScalarView()
        var isInEscape = false
        for scalar in line.unicodeScalars {
            if isInEscape {
                // The end of `ESC [ … letter`.
                isInEscape = !("@"..."~").contains(scalar) || scalar == "["
                continue
            }
            if scalar.value == 0x1b {
                isInEscape = true
                continue
            }
            switch scalar.properties.generalCategory {
            // Format characters turn the direction of what follows.
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
                .paragraphSeparator:
                if scalar == "\t" { result.append(" ") }
            default: result.append(scalar)
            }
        }
        let words = String(result).split(separator: " ")
        return words.joined(separator: " ")
    }
}
