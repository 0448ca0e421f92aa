/// The one writer of JSON strings: what `state.json` says, the records of conflicts, and what is
/// read as JSON although it is written otherwise. What it makes of text is valid JSON.
package struct JSONQuote: Sendable {
    /// What becomes of a byte that is no part of UTF-8.
    package enum Invalid: Sendable {
        /// U+FFFD and its two hexadecimal digits: two such names stay two.
        case told
        /// It stays, and no parser takes the string.
        case kept
    }

    private let hasShortForms: Bool
    private let invalid: Invalid
    private static let digits = Array("0123456789abcdef".utf8)

    /// - Parameters:
    ///   - hasShortForms: whether a line's end is `\n` and not `\u000a`, and so on: what others
    ///     compare byte for byte has one form for ever.
    ///   - invalid: what becomes of bytes that are not UTF-8.
    package init(hasShortForms: Bool = true, invalid: Invalid = .told) {
        (self.hasShortForms, self.invalid) = (hasShortForms, invalid)
    }

    /// The text in quotes.
    package func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(Array(text.utf8)[...], to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends bytes in quotes.
    package func append(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        text.withUnsafeBufferPointer { buffer in
            var index = 0
            while index < buffer.count {
                let start = index
                while index < buffer.count, Self.isPlain(buffer[index]) { index += 1 }
                bytes.append(contentsOf: buffer[start..<index])
                if index < buffer.count { index += escape(buffer[index...], &bytes) }
            }
        }
        bytes.append(0x22)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c
    }

    /// Appends what the slice begins with and says how many bytes of it that was.
    private func escape(_ rest: Slice<UnsafeBufferPointer<UInt8>>, _ bytes: inout [UInt8]) -> Int {
        let byte = rest[rest.startIndex]
        if byte >= 0x80 {
            let length = Self.sequenceLength(rest)
            if length > 0 || invalid == .kept {
                bytes.append(contentsOf: rest.prefix(max(1, length)))
                return max(1, length)
            }
            bytes.append(contentsOf: [0xef, 0xbf, 0xbd])
            bytes.append(contentsOf: Self.hex(byte))
            return 1
        }
        let short: UInt8? =
            switch byte {
            case 0x22, 0x5c: byte
            case 0x0a where hasShortForms: UInt8(ascii: "n")
            case 0x0d where hasShortForms: UInt8(ascii: "r")
            case 0x09 where hasShortForms: UInt8(ascii: "t")
            default: nil
            }
        bytes.append(0x5c)
        if let short {
            bytes.append(short)
        } else {
            bytes.append(contentsOf: Array("u00".utf8) + Self.hex(byte))
        }
        return 1
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// How many bytes the well-formed sequence has that the slice begins with; 0 when it begins
    /// with none. Source: Unicode, table 3-7.
    private static func sequenceLength(_ rest: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch rest[rest.startIndex] {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        case 0xf1...0xf3: length = 4
        default: return 0
        }
        guard rest.count >= length, second.contains(rest[rest.startIndex + 1]) else { return 0 }
        for offset in 2..<max(2, length)
        where !(0x80...0xbf).contains(rest[rest.startIndex + offset]) {
            return 0
        }
        return length
    }
}
