internal import SyncModel

/// JSON written straight into bytes. What is written is always UTF-8 and valid JSON, whatever
/// bytes a name has.
struct JSONBytes {
    private(set) var bytes: [UInt8] = []
    private var day: (number: Int64, text: [UInt8])?

    private static let digits = Array("0123456789abcdef".utf8)
    private static let quote = JSONQuote()

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
        Self.quote.append(text[...], to: &bytes)
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
}
