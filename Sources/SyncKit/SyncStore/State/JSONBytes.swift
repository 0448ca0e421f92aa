internal import SyncModel

/// JSON written straight into bytes. What is written is always UTF-8 and valid JSON, whatever
/// bytes a name has.
struct JSONBytes {
    private(set) var bytes: [UInt8] = []
    private var day: (number: Int64, text: [UInt8])?

    private static let digits = Array("0123456789abcdef".utf8)

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    /// Appends text as it is: punctuation, keys, numbers.
    mutating func raw(_ text: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a whole number.
    mutating func number(_ value: Int64) { bytes.append(contentsOf: String(value).utf8) }

    /// Appends text in quotes.
    mutating func string(_ text: String) { string(Array(text.utf8)) }

    /// Appends text in quotes, or null.
    mutating func string(_ text: String?) {
        if let text { string(text) } else { raw("null") }
    }

    /// Appends an object's name in quotes, or null.
    mutating func id(_ id: ObjectID?) {
        guard let id else { return raw("null") }
        bytes.append(0x22)
        hex(id.bytes)
        bytes.append(0x22)
    }

    /// Appends bytes in quotes. A byte that is no part of UTF-8 becomes U+FFFD and its two
    /// hexadecimal digits, so that two such names stay two keys.
    mutating func string(_ text: [UInt8]) {
        bytes.append(0x22)
        text.withUnsafeBufferPointer { buffer in
            var index = 0
            while index < buffer.count {
                let start = index
                while index < buffer.count, Self.isPlain(buffer[index]) { index += 1 }
                bytes.append(contentsOf: buffer[start..<index])
                if index < buffer.count { index += escape(buffer[index...]) }
            }
        }
        bytes.append(0x22)
    }

    /// Appends bytes as lower-case hexadecimal, without quotes.
    mutating func hex(_ content: [UInt8]) {
        for byte in content {
            bytes.append(Self.digits[Int(byte >> 4)])
            bytes.append(Self.digits[Int(byte & 15)])
        }
    }

    /// Appends a time in ISO 8601 in quotes; most files share a day with the one before.
    /// - Parameter nanoseconds: since 1970 UTC.
    mutating func time(nanoseconds: Int64) {
        let seconds = Self.floor(nanoseconds, 1_000_000_000)
        let number = Self.floor(seconds, 86_400)
        if day?.number != number {
            let midnight = Timestamp.iso8601(seconds: number * 86_400)
            day = (number, Array(midnight.utf8.prefix { $0 != 0x54 }))
        }
        let rest = seconds - number * 86_400
        bytes.append(0x22)
        bytes.append(contentsOf: day?.text ?? [])
        for (mark, value) in [(0x54, rest / 3600), (0x3a, rest / 60 % 60), (0x3a, rest % 60)] {
            bytes.append(UInt8(mark))
            bytes.append(UInt8(0x30 + value / 10))
            bytes.append(UInt8(0x30 + value % 10))
        }
        bytes.append(0x5a)
        bytes.append(0x22)
    }

    private static func floor(_ value: Int64, _ unit: Int64) -> Int64 {
        value / unit - (value % unit < 0 ? 1 : 0)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c
    }

    /// Appends what the slice begins with and says how many bytes of it that was.
    private mutating func escape(_ rest: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        let byte = rest[rest.startIndex]
        if byte >= 0x80 {
            let length = Self.sequenceLength(rest)
            if length > 0 {
                bytes.append(contentsOf: rest.prefix(length))
                return length
            }
            bytes.append(contentsOf: [0xef, 0xbf, 0xbd])
            hex([byte])
            return 1
        }
        switch byte {
        case 0x22: raw("\\\"")
        case 0x5c: raw("\\\\")
        case 0x0a: raw("\\n")
        case 0x0d: raw("\\r")
        case 0x09: raw("\\t")
        default:
            raw("\\u00")
            hex([byte])
        }
        return 1
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
