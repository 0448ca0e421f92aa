/// Which names of a tree that somebody else made may become names of files.
package enum TreeName {
    /// What is wrong with a name.
    package enum Fault: Sendable, Equatable {
        /// Empty, `.`, `..`, or with a slash or NUL: it would lead somewhere else.
        case noName
        /// `.git`, or what some file system takes for it: a program of git that comes upon it
        /// would obey it.
        case repository
        /// A control character or a backslash: a legal name here, but one that deceives a
        /// terminal, and a path on other systems.
        case deceptive
    }

    /// Looks at one component of a path.
    /// - Parameter name: as it stands in the tree, in any encoding.
    /// - Returns: the worst that is wrong with it; nil for a good name. Source: git's
    ///   `verify_path`, `is_ntfs_dotgit` and `is_hfs_dotgit`.
    package static func fault(_ name: some Collection<UInt8>) -> Fault? {
        let bytes = Array(name)
        let isNoName = bytes.isEmpty || bytes == [0x2e] || bytes == [0x2e, 0x2e]
        if isNoName || bytes.contains(0x2f) || bytes.contains(0) { return .noName }
        if isRepository(bytes) { return .repository }
        let isDeceptive = bytes.contains { $0 < 0x20 || $0 == 0x7f || $0 == 0x5c }
        return isDeceptive ? .deceptive : nil
    }

    /// Whether a name may be written into a folder, all systems and programs considered.
    package static func isSafe(_ name: some Collection<UInt8>) -> Bool { fault(name) == nil }

    /// A name that no file can have, in quotes, as one that can: for a message. Source: git's
    /// `quote_c_style`.
    package static func quoted(_ name: [UInt8]) -> [UInt8] {
        var text = "\""
        for byte in name {
            switch byte {
            case 0x22, 0x5c: text += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7f where byte != 0x2f: text += String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return Array((text + "\"").utf8)
    }

    /// Whether any part of a name between backslashes is `.git` to some file system.
    private static func isRepository(_ name: [UInt8]) -> Bool {
        name.split(separator: 0x5c).contains { part in
            let visible = withoutIgnorable(Array(part)).map(lowercase)
            return isOnNTFS(visible, ".git") || isOnNTFS(visible, "git~1")
        }
    }

    /// NTFS and its programs ignore blanks and dots at the end, and what follows a colon.
    static func isOnNTFS(_ name: [UInt8], _ word: String) -> Bool {
        guard name.starts(with: word.utf8) else { return false }
        let rest = name.dropFirst(word.utf8.count).drop { $0 == 0x20 || $0 == 0x2e }
        return rest.isEmpty || rest.first == 0x3a
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        (0x41...0x5a).contains(byte) ? byte + 0x20 : byte
    }

    /// HFS+ compares names without these code points: U+200C to U+200F, U+202A to U+202E, U+206A
    /// to U+206F, U+FEFF; three bytes each in UTF-8.
    static func withoutIgnorable(_ name: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = name[...]
        while let byte = rest.first {
            let next = Array(rest.prefix(3))
            let isIgnorable: Bool
            switch (next.count == 3, byte) {
            case (true, 0xe2):
                isIgnorable =
                    next[1] == 0x80
                    && ((0x8c...0x8f).contains(next[2]) || (0xaa...0xae).contains(next[2]))
                    || next[1] == 0x81 && (0xaa...0xaf).contains(next[2])
            case (true, 0xef): isIgnorable = next[1] == 0xbb && next[2] == 0xbf
            default: isIgnorable = false
            }
            if !isIgnorable { result.append(byte) }
            rest = rest.dropFirst(isIgnorable ? 3 : 1)
        }
        return result
    }
}
