/// Numbers of JSON as the decimals they mean, of any precision.
enum JSONNumber {
    /// Appends the one spelling of a number's value: sign, digits without zeros at either end,
    /// `e`, exponent of the last digit. 1, 1.0 and 10e-1 are one value; so are 0 and -0.
    ///
    /// An exponent of more than 17 digits is kept as written: such numbers are equal only when
    /// their digits and exponents are written alike.
    /// - Parameter range: the number in `bytes`; must have been parsed.
    static func normalize(_ bytes: [UInt8], _ range: Range<Int>, into result: inout [UInt8]) {
        var digits: [UInt8] = []
        var fraction = 0
        var at = range.lowerBound
        let isNegative = bytes[at] == 0x2d
        if isNegative { at += 1 }
        var afterPoint = false
        while at < range.upperBound, bytes[at] | 0x20 != 0x65 {
            if bytes[at] == 0x2e {
                afterPoint = true
            } else {
                if !(digits.isEmpty && bytes[at] == 0x30) { digits.append(bytes[at]) }
                if afterPoint { fraction += 1 }
            }
            at += 1
        }
        guard !digits.isEmpty else {
            result.append(0x30)
            return
        }
        var dropped = 0
        while digits.last == 0x30 {
            digits.removeLast()
            dropped += 1
        }
        if isNegative { result.append(0x2d) }
        result.append(contentsOf: digits)
        result.append(0x65)
        guard let written = exponent(bytes, at..<range.upperBound) else {
            result.append(contentsOf: "\(dropped - fraction)+".utf8)
            result.append(contentsOf: bytes[at..<range.upperBound])
            return
        }
        result.append(contentsOf: String(written - fraction + dropped).utf8)
    }

    /// The value of an exponent part, `e` included; nil when it has more than 17 digits.
    private static func exponent(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return 0 }
        var at = range.lowerBound + 1
        let isNegative = bytes[at] == 0x2d
        if isNegative || bytes[at] == 0x2b { at += 1 }
        while at < range.upperBound, bytes[at] == 0x30 { at += 1 }
        guard range.upperBound - at <= 17 else { return nil }
        let value = bytes[at..<range.upperBound].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return isNegative ? -value : value
    }
}
