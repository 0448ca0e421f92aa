/// Shell-like matching where a slash is matched by `**` only. Source: git's `wildmatch.c` with
/// `WM_PATHNAME`.
///
/// Read once into tokens, and matched without recursion in time of the product of both lengths at
/// most: of the stars that were passed only the last within a name, and the last `**`, can help.
struct Wildmatch: Sendable {
    private enum Token: Sendable {
        case byte(UInt8)
        /// `?`: any byte but `/`.
        case one
        /// `[…]`: an index into `classes`.
        case member(Int)
        /// `*`: any bytes but `/`.
        case star
        /// `**/`: any number of directories, none as well.
        case directories
        /// `**` before an escaped slash: any bytes.
        case anything
        /// `**` at the end: all the rest.
        case rest
    }

    private var tokens: [Token] = []
    private var classes: [ByteClass] = []
    /// How many bytes a text has at least that matches.
    private var least = 0

    private static let slash = UInt8(0x2f)
    private static let star = UInt8(0x2a)

    /// Whether a byte is anything but itself in a pattern.
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte == star || byte == 0x3f || byte == 0x5b || byte == 0x5c
    }

    /// The byte that a matching text begins with, where that is certain.
    var firstByte: UInt8? {
        guard case .byte(let byte)? = tokens.first else { return nil }
        return byte
    }

    /// Reads a pattern; nil for a malformed one, which matches nothing.
    init?(_ pattern: ArraySlice<UInt8>) {
        var at = pattern.startIndex
        while at < pattern.endIndex {
            switch pattern[at] {
            case 0x5c:
                guard at + 1 < pattern.endIndex else { return nil }
                tokens.append(.byte(pattern[at + 1]))
                at += 2
            case 0x3f:
                tokens.append(.one)
                at += 1
            case Self.star:
                tokens.append(Self.stars(pattern, &at))
                continue
            case 0x5b:
                guard let bytes = ByteClass(pattern, &at) else { return nil }
                tokens.append(.member(classes.count))
                classes.append(bytes)
            default:
                tokens.append(.byte(pattern[at]))
                at += 1
            }
            least += 1
        }
    }

    private static func stars(_ pattern: ArraySlice<UInt8>, _ at: inout Int) -> Token {
        let start = at
        while at < pattern.endIndex, pattern[at] == star { at += 1 }
        let startsName = start == pattern.startIndex || pattern[start - 1] == slash
        guard at - start >= 2, startsName else { return .star }
        guard at < pattern.endIndex else { return .rest }
        if pattern[at] == slash {
            at += 1
            return .directories
        }
        let isEscaped =
            pattern[at] == 0x5c && at + 1 < pattern.endIndex && pattern[at + 1] == slash
        return isEscaped ? .anything : .star
    }

    /// Where matching goes on when what follows a star did not match.
    private struct Resumption {
        let token: Int
        /// How far into the text the star reaches.
        var reach: Int
        /// Whether only a slash may come before what follows.
        var afterSlash = false
    }

    /// Whether the whole text matches.
    /// - Parameter work: the steps that may still be taken; past them nothing matches.
    func matches(_ text: ArraySlice<UInt8>, work: inout Int) -> Bool {
        guard text.count >= least else { return false }
        var (token, at) = (0, text.startIndex)
        var near: Resumption?
        var far: Resumption?
        while work > 0 {
            work -= 1
            if token == tokens.count {
                if at == text.endIndex { return true }
            } else {
                switch tokens[token] {
                case .rest: return true
                case .star:
                    token += 1
                    near = Resumption(token: token, reach: at)
                    continue
                case .directories, .anything:
                    token += 1
                    near = nil
                    far = Resumption(token: token, reach: at)
                    if case .directories = tokens[token - 1] { far?.afterSlash = true }
                    continue
                default:
                    // If the text is too short for the rest here, it is further on too.
                    if at == text.endIndex { return false }
                    if accepts(tokens[token], text[at]) {
                        (token, at) = (token + 1, at + 1)
                        continue
                    }
                }
            }
            if let star = near, star.reach < text.endIndex, text[star.reach] != Self.slash {
                near?.reach += 1
                (token, at) = (star.token, star.reach + 1)
                continue
            }
            near = nil
            guard let star = far, let next = Self.next(star, text) else { return false }
            far?.reach = next
            (token, at) = (star.token, next)
        }
        return false
    }

    private static func next(_ star: Resumption, _ text: ArraySlice<UInt8>) -> Int? {
        let rest = text[star.reach...]
        guard star.afterSlash else { return rest.isEmpty ? nil : star.reach + 1 }
        return rest.firstIndex(of: slash).map { $0 + 1 }
    }

    private func accepts(_ token: Token, _ byte: UInt8) -> Bool {
        switch token {
        case .byte(let wanted): byte == wanted
        case .one: byte != Self.slash
        case .member(let index): byte != Self.slash && classes[index].contains(byte)
        default: false
        }
    }
}

/// The bytes that a class of a pattern, such as `[!a-z[:digit:]]`, stands for.
private struct ByteClass: Sendable {
    private var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var isNegated = false

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: bits.0
            case 1: bits.1
            case 2: bits.2
            default: bits.3
            }
        return (word >> (byte & 63) & 1 == 1) != isNegated
    }

    private mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << (byte & 63)
        switch byte >> 6 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }

    /// Reads a class.
    /// - Parameter at: where it stands, afterwards where the pattern goes on.
    /// - Returns: nil when the class does not end, or names a class that there is not.
    init?(_ pattern: ArraySlice<UInt8>, _ at: inout Int) {
        var p = at + 1
        guard p < pattern.endIndex else { return nil }
        isNegated = pattern[p] == 0x21 || pattern[p] == 0x5e
        if isNegated { p += 1 }
        var previous: UInt8 = 0
        var isFirst = true
        while true {
            guard p < pattern.endIndex else { return nil }
            var current = pattern[p]
            if current == 0x5d, !isFirst { break }
            isFirst = false
            if current == 0x5c {
                p += 1
                guard p < pattern.endIndex else { return nil }
                current = pattern[p]
                insert(current)
            } else if current == 0x2d, previous != 0, p + 1 < pattern.endIndex,
                pattern[p + 1] != 0x5d
            {
                p += 1
                if pattern[p] == 0x5c { p += 1 }
                guard p < pattern.endIndex else { return nil }
                if previous <= pattern[p] { (previous...pattern[p]).forEach { insert($0) } }
                current = 0
            } else if current == 0x5b, p + 1 < pattern.endIndex, pattern[p + 1] == 0x3a {
                guard let close = pattern[(p + 2)...].firstIndex(of: 0x5d) else { return nil }
                if close > p + 2, pattern[close - 1] == 0x3a {
                    let name = String(decoding: pattern[(p + 2)..<(close - 1)], as: UTF8.self)
                    guard let holds = Self.named(name) else { return nil }
                    for byte in UInt8.min...UInt8.max where holds(byte) { insert(byte) }
                    (p, current) = (close, 0)
                } else {
                    // Without `:]` it is a class like any other.
                    insert(current)
                }
            } else {
                insert(current)
            }
            previous = current
            p += 1
        }
        at = p + 1
    }

    private static func named(_ name: String) -> ((UInt8) -> Bool)? {
        func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }
        func isLower(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        func isGraphic(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) }
        func isWord(_ byte: UInt8) -> Bool { isUpper(byte) || isLower(byte) || isDigit(byte) }
        switch name {
        case "alnum": return isWord
        case "alpha": return { isUpper($0) || isLower($0) }
        case "blank": return { $0 == 0x20 || $0 == 0x09 }
        case "cntrl": return { $0 < 0x20 || $0 == 0x7f }
        case "digit": return isDigit
        case "graph": return isGraphic
        case "lower": return isLower
        case "print": return { isGraphic($0) || $0 == 0x20 }
        case "punct": return { isGraphic($0) && !isWord($0) }
        case "space": return { $0 == 0x20 || (0x09...0x0d).contains($0) }
        case "upper": return isUpper
        case "xdigit":
            return {
                isDigit($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }
        default: return nil
        }
    }
}
