/// A pattern as `.gitattributes` and `.gitignore` have it. Source: gitignore(5), wildmatch.c.
struct GitPattern: Sendable {
    private enum Token: Sendable {
        case byte(UInt8)
        /// `?`: any byte but `/`.
        case one
        case set(Set<UInt8>, isNegated: Bool)
        /// `*`: any bytes but `/`.
        case star
        /// `**/`: any number of directories.
        case directories
        /// `/**` at the end, after its slash: anything.
        case rest
    }

    private let tokens: [Token]
    /// Without a slash a pattern is matched against the last name alone.
    private let matchesName: Bool

    /// Reads a pattern; nil for one that can match no file: empty, negated, a directory's, or
    /// with a bracket that is not closed.
    init?(_ text: [UInt8]) {
        guard !text.isEmpty, text.first != 0x21, text.last != 0x2f else { return nil }
        matchesName = !text.contains(0x2f)
        let pattern = text.first == 0x2f ? Array(text.dropFirst()) : text
        var tokens: [Token] = []
        var at = 0
        while at < pattern.count {
            switch pattern[at] {
            case 0x2a: tokens.append(Self.stars(pattern, &at))
            case 0x3f:
                tokens.append(.one)
                at += 1
            case 0x5b:
                guard let set = Self.set(pattern, &at) else { return nil }
                tokens.append(set)
            case 0x5c:
                guard at + 1 < pattern.count else { return nil }
                tokens.append(.byte(pattern[at + 1]))
                at += 2
            default:
                tokens.append(.byte(pattern[at]))
                at += 1
            }
        }
        self.tokens = tokens
    }

    private static func stars(_ pattern: [UInt8], _ at: inout Int) -> Token {
        let start = at
        while at < pattern.count, pattern[at] == 0x2a { at += 1 }
        let opens = start == 0 || pattern[start - 1] == 0x2f
        guard at - start == 2, opens else { return .star }
        if at == pattern.count { return .rest }
        guard pattern[at] == 0x2f else { return .star }
        at += 1
        return .directories
    }

    private static func set(_ pattern: [UInt8], _ at: inout Int) -> Token? {
        var index = at + 1
        let isNegated = index < pattern.count && (pattern[index] == 0x21 || pattern[index] == 0x5e)
        if isNegated { index += 1 }
        var members: Set<UInt8> = []
        let first = index
        while index < pattern.count, pattern[index] != 0x5d || index == first {
            if pattern[index] == 0x5c, index + 1 < pattern.count { index += 1 }
            let low = pattern[index]
            if index + 2 < pattern.count, pattern[index + 1] == 0x2d, pattern[index + 2] != 0x5d {
                let high = pattern[index + 2]
                if low <= high { members.formUnion(low...high) }
                index += 3
            } else {
                members.insert(low)
                index += 1
            }
        }
        guard index < pattern.count else { return nil }
        at = index + 1
        return .set(members, isNegated: isNegated)
    }

    /// Whether a path, relative to the pattern's directory, matches. Takes time in the product
    /// of both lengths at most, whatever the pattern.
    func matches(_ path: ArraySlice<UInt8>) -> Bool {
        var text = Array(path)
        if matchesName, let slash = text.lastIndex(of: 0x2f) { text.removeFirst(slash + 1) }
        // rest[j]: whether the tokens after the present one match what follows byte j.
        var rest = Array(repeating: false, count: text.count + 1)
        rest[text.count] = true
        for token in tokens.reversed() {
            var row = Array(repeating: false, count: text.count + 1)
            if case .star = token { row[text.count] = rest[text.count] }
            if case .directories = token { row[text.count] = rest[text.count] }
            // Whether a directory further on ends where the rest matches.
            var isAhead = false
            for at in text.indices.reversed() {
                let byte = text[at]
                switch token {
                case .byte(let wanted): row[at] = byte == wanted && rest[at + 1]
                case .one: row[at] = byte != 0x2f && rest[at + 1]
                case .set(let members, let isNegated):
                    row[at] = byte != 0x2f && members.contains(byte) != isNegated && rest[at + 1]
                case .star: row[at] = rest[at] || byte != 0x2f && row[at + 1]
                case .directories:
                    if byte == 0x2f, rest[at + 1] { isAhead = true }
                    row[at] = rest[at] || isAhead
                case .rest: row[at] = true
                }
            }
            rest = row
        }
        return rest[0]
    }
}
