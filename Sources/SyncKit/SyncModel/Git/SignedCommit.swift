/// A commit's content apart from its signature, as git takes the two apart.
/// Source: the header `gpgsig`, gitformat-signature(5).
package struct SignedCommit: Sendable, Equatable {
    /// What was signed: the content without the headers that hold signatures.
    package let payload: [UInt8]
    /// Armoured, lines ended with a line feed; empty for a commit that is not signed.
    package let signature: [UInt8]
    /// How many headers held a signature: one more than one is no signature of anything.
    package let signatures: Int
    /// When the commit says it was made, in seconds since 1970 UTC.
    package let seconds: Int64

    /// Takes a commit object's content apart.
    /// - Throws: as `Commit`.
    package init(parsing content: [UInt8]) throws(FormatError) {
        seconds = try Commit(parsing: content).committer.seconds
        var payload: [UInt8] = []
        var signature: [UInt8] = []
        var count = 0
        var open = Header.other
        var rest = content[...]
        while let end = rest.firstIndex(of: 0x0a), end != rest.startIndex {
            let line = rest[...end]
            rest = rest[(end + 1)...]
            if line.first != 0x20 { open = Header(line) }
            switch open {
            case .signature:
                if line.first != 0x20 { count += 1 }
                signature += line.dropFirst(line.first == 0x20 ? 1 : Header.own.count)
            // The one of a repository with other object names: it is not part of what this signs.
            case .foreign: break
            case .other: payload += line
            }
        }
        self.payload = payload + rest
        self.signature = signature
        signatures = count
    }

    private enum Header {
        case signature, foreign, other
        static let own = Array("gpgsig ".utf8)

        init(_ line: ArraySlice<UInt8>) {
            if line.starts(with: Self.own) {
                self = .signature
            } else {
                self = line.starts(with: Array("gpgsig-sha256 ".utf8)) ? .foreign : .other
            }
        }
    }
}
