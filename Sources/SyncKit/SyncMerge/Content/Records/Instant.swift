/// A point in time as records and people write it, exact to 10⁻¹⁸ s.
package struct Instant: Comparable, Hashable, Sendable {
    /// Whole seconds since 1970 UTC, rounded down.
    package let seconds: Int64
    /// The rest in units of 10⁻¹⁸ s.
    package let fraction: UInt64

    package static func < (left: Instant, right: Instant) -> Bool {
        (left.seconds, left.fraction) < (right.seconds, right.fraction)
    }

    /// Reads a record's time: ISO 8601 text (no offset counts as UTC) or a number of seconds,
    /// milliseconds, microseconds or nanoseconds since 1970, told by its size; nil otherwise.
    init?(_ value: JSONValue) {
        switch value.kind {
        case .string: self.init(iso: value.string)
        case .number: self.init(epoch: value.source)
        default: return nil
        }
    }

    /// Reads `YYYY-MM-DD[(T| )HH:MM[:SS[.digits]][Z|±HH[[:]MM]]]`; no offset counts as UTC.
    /// - Returns: nil for anything else, and for a day or an hour that does not exist.
    package init?(iso text: [UInt8]) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip(0x2d), let month = reader.number(2),
            reader.skip(0x2d), let day = reader.number(2), (1...12).contains(month),
            (1...Self.days(month, year)).contains(day)
        else { return nil }
        var total = Self.daysSince1970(year, month, day) * 86_400
        var fraction: UInt64 = 0
        if reader.skip(0x54) || reader.skip(0x74) || reader.skip(0x20) {
            guard let hour = reader.number(2), reader.skip(0x3a), let minute = reader.number(2),
                hour < 24, minute < 60
            else { return nil }
            total += hour * 3600 + minute * 60
            if reader.skip(0x3a) {
                guard let second = reader.number(2), second <= 60 else { return nil }
                total += second
                if reader.skip(0x2e) || reader.skip(0x2c) {
                    guard let digits = reader.fraction() else { return nil }
                    fraction = digits
                }
            }
            guard let offset = reader.offset() else { return nil }
            total -= offset
        }
        guard reader.isAtEnd else { return nil }
        self.seconds = total
        self.fraction = fraction
    }

    /// Reads a decimal number without exponent.
    init?(epoch text: ArraySlice<UInt8>) {
        var reader = DigitReader(Array(text))
        guard !reader.skip(0x2d), let whole = reader.digits(), whole.count <= 19 else {
            return nil
        }
        var fraction: UInt64 = 0
        if reader.skip(0x2e) {
            guard let digits = reader.fraction() else { return nil }
            fraction = digits
        }
        guard reader.isAtEnd else { return nil }
        let value = whole.reduce(UInt64(0)) { $0 &* 10 &+ UInt64($1 - 0x30) }
        let unit: UInt64
        switch value {
        case 0..<100_000_000_000: unit = 1
        case 0..<100_000_000_000_000: unit = 1_000
        case 0..<100_000_000_000_000_000: unit = 1_000_000
        default: unit = 1_000_000_000
        }
        self.seconds = Int64(clamping: value / unit)
        self.fraction = value % unit * (1_000_000_000_000_000_000 / unit) + fraction / unit
    }

    private static func days(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from civil, after H. Hinnant's algorithm.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}

/// Reads fixed fields of digits.
private struct DigitReader {
    private let text: [UInt8]
    private var at = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { at == text.count }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard at < text.count, text[at] == byte else { return false }
        at += 1
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        guard text.count - at >= width else { return nil }
        var value: Int64 = 0
        for byte in text[at..<(at + width)] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        at += width
        return value
    }

    mutating func digits() -> ArraySlice<UInt8>? {
        let start = at
        while at < text.count, (0x30...0x39).contains(text[at]) { at += 1 }
        return at > start ? text[start..<at] : nil
    }

    /// Digits after the point, in units of 10⁻¹⁸; what is finer is cut off.
    mutating func fraction() -> UInt64? {
        guard let digits = digits() else { return nil }
        var value: UInt64 = 0
        for index in 0..<18 {
            let digit = index < digits.count ? digits[digits.startIndex + index] - 0x30 : 0
            value = value * 10 + UInt64(digit)
        }
        return value
    }

    /// An offset from UTC in seconds; none is 0.
    mutating func offset() -> Int64? {
        if isAtEnd || skip(0x5a) || skip(0x7a) { return 0 }
        let isNegative = skip(0x2d)
        guard isNegative || skip(0x2b), let hours = number(2) else { return nil }
        var minutes: Int64 = 0
        if !isAtEnd {
            _ = skip(0x3a)
            guard let read = number(2) else { return nil }
            minutes = read
        }
        guard hours < 24, minutes < 60 else { return nil }
        return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
