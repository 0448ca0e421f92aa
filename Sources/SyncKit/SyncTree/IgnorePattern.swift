internal import SyncModel

/// One line of a `.gitignore`, over bytes. Source: gitignore(5), git's `dir.c` and `wildmatch.c`.
struct IgnorePattern: Sendable {
    let isNegated: Bool
    let isDirectoryOnly: Bool
    /// The pattern holds a slash other than at its end: it is matched against the path from its
    /// own directory, else against the last name at any depth.
    let isAnchored: Bool
    private let kind: Kind

    /// The cheap shapes that most patterns have, told apart once.
    private enum Kind: Sendable {
        case exact([UInt8])
        /// `*` and then plain bytes.
        case suffix([UInt8])
        /// Plain bytes up to the first special one of an anchored pattern, and the rest. Git too
        /// matches them apart, so that `**` right after the plain bytes crosses directories.
        case wild(prefix: [UInt8], rest: [UInt8])
    }

    /// The byte a matching name begins with, where that is certain: lets most names pass a whole
    /// file of patterns with one look.
    var firstByte: UInt8? {
        guard !isAnchored else { return nil }
        switch kind {
        case .exact(let bytes): return bytes.first
        case .suffix: return nil
        case .wild(_, let rest):
            guard let first = rest.first, !Self.isSpecial(first) else { return nil }
            return first
        }
    }

    /// The byte a matching name ends with, where that is certain.
    var lastByte: UInt8? {
        guard !isAnchored, case .suffix(let bytes) = kind else { return nil }
        return bytes.last
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == 0x2a || byte == 0x3f || byte == 0x5b || byte == 0x5c
    }

    /// Reads a line without its newline.
    /// - Returns: nil for an empty line, a comment, or a lone `/` or `!`.
    init?(line: ArraySlice<UInt8>) {
        var rest = Self.trimmed(line)
        guard let first = rest.first, first != 0x23 else { return nil }
        isNegated = first == 0x21
        if isNegated { rest = rest.dropFirst() }
        isDirectoryOnly = rest.last == 0x2f
        if isDirectoryOnly { rest = rest.dropLast() }
        isAnchored = rest.contains(0x2f)
        if rest.first == 0x2f { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        guard let special = rest.firstIndex(where: Self.isSpecial) else {
            kind = .exact(Array(rest))
            return
        }
        if rest.first == 0x2a, !isAnchored, !rest.dropFirst().contains(where: Self.isSpecial) {
            kind = .suffix(Array(rest.dropFirst()))
        } else {
            let split = isAnchored ? special : rest.startIndex
            kind = .wild(prefix: Array(rest[..<split]), rest: Array(rest[split...]))
        }
    }

    /// Trailing spaces go unless a backslash keeps them.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end: Int?
        var index = line.startIndex
        while index < line.endIndex {
            switch line[index] {
            case 0x20: end = end ?? index
            case 0x5c:
                end = nil
                index += 1
            default: end = nil
            }
            index += 1
        }
        return line[..<(end ?? line.endIndex)]
    }

    /// Whether the pattern, leaving its `!` aside, is about a path.
    /// - Parameters:
    ///   - path: from the directory of the pattern's file; never empty.
    ///   - nameStart: the index of the path's last name.
    func matches(_ path: ArraySlice<UInt8>, nameStart: Int, isDirectory: Bool) -> Bool {
        if isDirectoryOnly, !isDirectory { return false }
        let subject = isAnchored ? path : path[nameStart...]
        switch kind {
        case .exact(let bytes): return subject.elementsEqual(bytes)
        case .suffix(let bytes):
            return subject.count >= bytes.count && subject.suffix(bytes.count).elementsEqual(bytes)
        case .wild(let prefix, let rest):
            return subject.starts(with: prefix)
                && Wildmatch.matches(rest[...], subject.dropFirst(prefix.count))
        }
    }
}
