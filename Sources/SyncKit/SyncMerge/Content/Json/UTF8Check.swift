/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// The length of the sequence that starts at a byte of 0x80 or more; nil when it is malformed.
    static func length(of bytes: UnsafeBufferPointer<UInt8>, at: Int, end: Int) -> Int? {
        let lead = bytes[at]
        func tail(_ offset: Int) -> Bool { bytes[at + offset] & 0xc0 == 0x80 }
        switch lead {
        case 0xc2...0xdf:
            return end - at >= 2 && tail(1) ? 2 : nil
        case 0xe0...0xef:
            guard end - at >= 3, tail(1), tail(2) else { return nil }
            let second = bytes[at + 1]
            if lead == 0xe0 && second < 0xa0 || lead == 0xed && second > 0x9f { return nil }
            return 3
        case 0xf0...0xf4:
            guard end - at >= 4, tail(1), tail(2), tail(3) else { return nil }
            let second = bytes[at + 1]
            if lead == 0xf0 && second < 0x90 || lead == 0xf4 && second > 0x8f { return nil }
            return 4
        default: return nil
        }
    }
}
