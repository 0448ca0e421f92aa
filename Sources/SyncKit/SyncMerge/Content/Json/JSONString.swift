/// Strings of JSON as the code points they mean.
enum JSONString {
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x37)
        case 0x61...0x66: UInt32(byte - 0x57)
        default: nil
        }
    }

    /// Appends the UTF-8 of a string's code points. A lone surrogate, which JSON can write and
    /// UTF-8 cannot, becomes the three bytes it would have (as in WTF-8): the parser takes no
    /// such bytes from a source, so two strings are equal exactly when these bytes are.
    /// - Parameter range: the string in `bytes`, quotes included; must have been parsed.
    static func unescape(_ bytes: [UInt8], _ range: Range<Int>, into result: inout [UInt8]) {
        var at = range.lowerBound + 1
        let end = range.upperBound - 1
        while at < end {
            let plain = bytes[at..<end].firstIndex(of: 0x5c) ?? end
            if plain > at {
                result.append(contentsOf: bytes[at..<plain])
                at = plain
                continue
            }
            let letter = bytes[at + 1]
            at += 2
            switch letter {
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0c)
            case 0x6e: result.append(0x0a)
            case 0x72: result.append(0x0d)
            case 0x74: result.append(0x09)
            case 0x75:
                var point = unit(bytes, at)
                at += 4
                if (0xd800..<0xdc00).contains(point), at + 6 <= end, bytes[at] == 0x5c,
                    bytes[at + 1] == 0x75
                {
                    let low = unit(bytes, at + 2)
                    if (0xdc00..<0xe000).contains(low) {
                        point = 0x10000 + (point - 0xd800) << 10 + (low - 0xdc00)
                        at += 6
                    }
                }
                append(point, to: &result)
            default: result.append(letter)
            }
        }
    }

    private static func unit(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        var value: UInt32 = 0
        for offset in 0..<4 { value = value << 4 | (hexDigit(bytes[at + offset]) ?? 0) }
        return value
    }

    private static func append(_ point: UInt32, to result: inout [UInt8]) {
        switch point {
        case 0..<0x80: result.append(UInt8(point))
        case 0x80..<0x800:
            result.append(UInt8(0xc0 | point >> 6))
            result.append(UInt8(0x80 | point & 0x3f))
        case 0x800..<0x10000:
            result.append(UInt8(0xe0 | point >> 12))
            result.append(UInt8(0x80 | point >> 6 & 0x3f))
            result.append(UInt8(0x80 | point & 0x3f))
        default:
            result.append(UInt8(0xf0 | point >> 18))
            result.append(UInt8(0x80 | point >> 12 & 0x3f))
            result.append(UInt8(0x80 | point >> 6 & 0x3f))
            result.append(UInt8(0x80 | point & 0x3f))
        }
    }
}
