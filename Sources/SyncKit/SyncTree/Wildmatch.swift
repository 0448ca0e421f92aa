/// Shell-like matching where a slash is matched by `**` only. Source: git's `wildmatch.c` with
/// `WM_PATHNAME`.
enum Wildmatch {
    private enum Outcome {
        case match
        case noMatch
        /// The text is used up: no shorter try of a star before can help.
        case abort
        /// A `*` met a slash: only a `**` before it can help.
        case abortToStarStar
    }

    /// Whether the whole text matches the pattern. A malformed pattern matches nothing.
    static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        match(pattern, text) == .match
    }

    private static let slash = UInt8(0x2f)
    private static let star = UInt8(0x2a)

    private static func match(
        _ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>
    ) -> Outcome {
        var p = pattern.startIndex
        var t = text.startIndex
        while p < pattern.endIndex {
            let byte = pattern[p]
            if t == text.endIndex, byte != star { return .abort }
            switch byte {
            case 0x5c:
                // A backslash at the pattern's end stands for the NUL that C finds there.
                guard p + 1 < pattern.endIndex, pattern[p + 1] == text[t] else { return .noMatch }
                p += 2
            case 0x3f:
                guard text[t] != slash else { return .noMatch }
                p += 1
            case star:
                return matchStar(pattern, p, text, t)
            case 0x5b:
                guard let (next, isIn) = matchClass(pattern, p, text[t]) else { return .abort }
                guard isIn, text[t] != slash else { return .noMatch }
                p = next
            default:
                guard byte == text[t] else { return .noMatch }
                p += 1
            }
            t += 1
        }
        return t == text.endIndex ? .match : .noMatch
    }

    private static func matchStar(
        _ pattern: ArraySlice<UInt8>, _ start: Int, _ text: ArraySlice<UInt8>, _ position: Int
    ) -> Outcome {
        var p = start
        var t = position
        while p < pattern.endIndex, pattern[p] == star { p += 1 }
        let isDouble = p - start >= 2
        let startsName = start == pattern.startIndex || pattern[start - 1] == slash
        let endsName =
            p == pattern.endIndex || pattern[p] == slash
            || (pattern[p] == 0x5c && p + 1 < pattern.endIndex && pattern[p + 1] == slash)
        var crosses = false
        if isDouble, startsName, endsName {
            // `**/` also stands for no directory at all. If the text is too short for the rest
            // here, it is further on too: without that, many `**/` would take exponential time.
            if p < pattern.endIndex, pattern[p] == slash {
                let outcome = match(pattern[(p + 1)...], text[t...])
                if outcome == .match || outcome == .abort { return outcome }
            }
            crosses = true
        }
        if p == pattern.endIndex {
            // A trailing `**` takes everything; a trailing `*` what has no slash.
            return crosses || !text[t...].contains(slash) ? .match : .abortToStarStar
        }
        if !crosses, pattern[p] == slash {
            // A single star and a slash: the slash has to be the next one of the text.
            guard let next = text[t...].firstIndex(of: slash) else { return .abort }
            return match(pattern[p...], text[next...])
        }
        while t < text.endIndex {
            let outcome = match(pattern[p...], text[t...])
            if outcome != .noMatch {
                if !crosses || outcome != .abortToStarStar { return outcome }
            } else if !crosses, text[t] == slash {
                return .abortToStarStar
            }
            t += 1
        }
        return .abort
    }

    /// - Returns: where the pattern goes on after the class, and whether the byte is in it; nil
    ///   when the class does not end.
    private static func matchClass(
        _ pattern: ArraySlice<UInt8>, _ start: Int, _ byte: UInt8
    ) -> (next: Int, isIn: Bool)? {
        var p = start + 1
        guard p < pattern.endIndex else { return nil }
        let isNegated = pattern[p] == 0x21 || pattern[p] == 0x5e
        if isNegated { p += 1 }
        var isIn = false
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
                if byte == current { isIn = true }
            } else if current == 0x2d, previous != 0, p + 1 < pattern.endIndex,
                pattern[p + 1] != 0x5d
            {
                p += 1
                var upper = pattern[p]
                if upper == 0x5c {
                    p += 1
                    guard p < pattern.endIndex else { return nil }
                    upper = pattern[p]
                }
                if byte >= previous, byte <= upper { isIn = true }
                current = 0
            } else if current == 0x5b, p + 1 < pattern.endIndex, pattern[p + 1] == 0x3a {
                guard let named = namedClass(pattern, p + 2) else { return nil }
                if let name = named.name {
                    guard let holds = contains(name, byte) else { return nil }
                    if holds { isIn = true }
                    p = named.end
                    current = 0
                } else if byte == 0x5b {
                    isIn = true
                }
            } else if byte == current {
                isIn = true
            }
            previous = current
            p += 1
        }
        return (p + 1, isIn != isNegated)
    }

    /// Reads `[:name:]` from after the colon.
    /// - Returns: nil when no `]` follows; a nil name when it is no class after all.
    private static func namedClass(
        _ pattern: ArraySlice<UInt8>, _ start: Int
    ) -> (name: String?, end: Int)? {
        guard let close = pattern[start...].firstIndex(of: 0x5d) else { return nil }
        guard close > start, pattern[close - 1] == 0x3a else { return (nil, start) }
        return (String(decoding: pattern[start..<(close - 1)], as: UTF8.self), close)
    }

    private static func contains(_ name: String, _ byte: UInt8) -> Bool? {
        let isUpper = (0x41...0x5a).contains(byte)
        let isLower = (0x61...0x7a).contains(byte)
        let isDigit = (0x30...0x39).contains(byte)
        let isGraphic = (0x21...0x7e).contains(byte)
        switch name {
        case "alnum": return isUpper || isLower || isDigit
        case "alpha": return isUpper || isLower
        case "blank": return byte == 0x20 || byte == 0x09
        case "cntrl": return byte < 0x20 || byte == 0x7f
        case "digit": return isDigit
        case "graph": return isGraphic
        case "lower": return isLower
        case "print": return isGraphic || byte == 0x20
        case "punct": return isGraphic && !isUpper && !isLower && !isDigit
        case "space": return byte == 0x20 || (0x09...0x0d).contains(byte)
        case "upper": return isUpper
        case "xdigit":
            return isDigit || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
        default: return nil
        }
    }
}
