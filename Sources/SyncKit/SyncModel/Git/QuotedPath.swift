/// A path as git writes one that a line cannot show: in double quotes, with a backslash before
/// what would end them and three octal digits for bytes that are no text.
package enum QuotedPath {
    private static let letters: [UInt8: UInt8] = [
        0x61: 0x07, 0x62: 0x08, 0x74: 0x09, 0x6e: 0x0a, 0x76: 0x0b, 0x66: 0x0c, 0x72: 0x0d,
        0x22: 0x22, 0x5c: 0x5c,
    ]

    /// Writes bytes so.
    /// - Parameter inDigits: whether a tab and a line feed are digits, too, by which `bytes` knows
    ///   such a text.
    package static func quoted(_ bytes: some Sequence<UInt8>, inDigits: Bool = false) -> String {
        var text = "\""
        for byte in bytes {
            switch byte {
            case 0x22, 0x5c: text += "\\" + String(UnicodeScalar(byte))
            case 0x09 where !inDigits: text += "\\t"
            case 0x0a where !inDigits: text += "\\n"
            case 0x20..<0x7f: text += String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return text + "\""
    }

    /// Writes bytes as they are where they are UTF-8, otherwise in quotes. `bytes` tells the two
    /// apart.
    package static func text(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return quoted(bytes) }
        // A name that looks like one that was written so: digits for its first quote mark it.
        if self.bytes(text) == nil { return text }
        return "\"\\042" + quoted(bytes.dropFirst()).dropFirst()
    }

    /// Reads such a text.
    /// - Returns: nil for any other, and where no byte is written in digits: a name may stand in
    ///   quotes of its own.
    package static func bytes(_ text: String) -> [UInt8]? {
        var rest = Array(text.utf8)[...]
        guard rest.count > 2, rest.popFirst() == 0x22, rest.popLast() == 0x22 else { return nil }
        var bytes: [UInt8] = []
        var hasDigits = false
        while let byte = rest.popFirst() {
            if byte == 0x22 { return nil }
            guard byte == 0x5c else {
                bytes.append(byte)
                continue
            }
            guard let next = rest.first else { return nil }
            if let letter = letters[next] {
                bytes.append(letter)
                rest.removeFirst()
                continue
            }
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            guard digits.utf8.count == 3, digits.allSatisfy({ "01234567".contains($0) }),
                let value = UInt8(digits, radix: 8)
            else { return nil }
            bytes.append(value)
            rest.removeFirst(3)
            hasDigits = true
        }
        return hasDigits ? bytes : nil
    }
}
