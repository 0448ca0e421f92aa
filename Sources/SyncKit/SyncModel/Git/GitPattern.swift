/// A pattern of `.gitignore` and `.gitattributes`, over bytes. Source: gitignore(5),
/// gitattributes(5), git's `dir.c`.
package struct GitPattern: Sendable {
    /// Whether a `!` stands before it.
    package let isNegated: Bool
    /// Whether it ends in a slash: it is about directories alone.
    package let isDirectoryOnly: Bool
    /// The pattern holds a slash other than at its end: it is matched against the path from its
    /// own directory, else against the last name at any depth.
    package let isAnchored: Bool
    private let kind: Kind

    /// The cheap shapes that most patterns have, told apart once.
    private enum Kind: Sendable {
        case exact([UInt8])
        /// `*` and then plain bytes.
        case suffix([UInt8])
        /// Plain bytes up to the first special one of an anchored pattern, and the rest. Git too
        /// matches them apart, so that `**` right after the plain bytes crosses directories.
        case wild(prefix: [UInt8], rest: Wildmatch)
    }

    /// Reads a line of a `.gitignore`, without its newline.
    /// - Returns: nil for an empty line, a comment, a line past `Limits.patternLine`, and what
    ///   can match nothing.
    package init?(ignoreLine line: ArraySlice<UInt8>) {
        guard line.count < Limits.patternLine, line.first != 0x23 else { return nil }
        self.init(Self.trimmed(line.prefix { $0 != 0 }))
    }

    /// Reads a pattern.
    /// - Returns: nil for one that can match nothing: empty, a lone `/` or `!`, a class that does
    ///   not end.
    package init?(_ text: ArraySlice<UInt8>) {
        var rest = text
        isNegated = rest.first == 0x21
        if isNegated { rest = rest.dropFirst() }
        isDirectoryOnly = rest.last == 0x2f
        if isDirectoryOnly { rest = rest.dropLast() }
        isAnchored = rest.contains(0x2f)
        if rest.first == 0x2f { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        guard let special = rest.firstIndex(where: Wildmatch.isSpecial) else {
            kind = .exact(Array(rest))
            return
        }
        let plain = rest.dropFirst()
        if rest.first == 0x2a, !isAnchored, !plain.contains(where: Wildmatch.isSpecial) {
            kind = .suffix(Array(plain))
        } else {
            let split = isAnchored ? special : rest.startIndex
            guard let wild = Wildmatch(rest[split...]) else { return nil }
            kind = .wild(prefix: Array(rest[..<split]), rest: wild)
        }
    }

    /// The byte a matching name begins with, where that is certain: lets most names pass a whole
    /// file of patterns with one look.
    package var firstByte: UInt8? {
        guard !isAnchored else { return nil }
        switch kind {
        case .exact(let bytes): return bytes.first
        case .suffix: return nil
        case .wild(_, let rest): return rest.firstByte
        }
    }

    /// The byte a matching name ends with, where that is certain.
    package var lastByte: UInt8? {
        guard !isAnchored, case .suffix(let bytes) = kind else { return nil }
        return bytes.last
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
    ///   - work: the steps that may still be taken; a pattern that needs more matches nothing.
    package func matches(
        _ path: ArraySlice<UInt8>, nameStart: Int, isDirectory: Bool, work: inout Int
    ) -> Bool {
        work -= 1
        if work < 0 || isDirectoryOnly && !isDirectory { return false }
        let subject = isAnchored ? path : path[nameStart...]
        switch kind {
        case .exact(let bytes): return subject.elementsEqual(bytes)
        case .suffix(let bytes):
            return subject.count >= bytes.count && subject.suffix(bytes.count).elementsEqual(bytes)
        case .wild(let prefix, let rest):
            return subject.starts(with: prefix)
                && rest.matches(subject.dropFirst(prefix.count), work: &work)
        }
    }
}
