/// The modes that git stores in a tree entry.
package enum FileMode: UInt32, Sendable, Codable {
    case regular = 0o100644
    case executable = 0o100755
    case symbolicLink = 0o120000
    case directory = 0o040000
    case submodule = 0o160000

    /// Reads the octal text of a tree entry as git does: of a file only the owner's executable bit
    /// counts, and what is no file, link or directory counts as another repository's commit, which
    /// is carried and never applied. Source: git's `parse_mode` and `canon_mode`.
    /// - Parameter octal: ASCII digits without sign; zeros may stand before them.
    /// - Returns: nil for anything but octal digits: git reads no such tree.
    package init?(octal: Span<UInt8>) {
        guard let (mode, _) = Self.read(octal) else { return nil }
        self = mode
    }

    /// As `init(octal:)`, and whether the text is the one that git writes for the mode.
    static func read(_ octal: Span<UInt8>) -> (mode: FileMode, isPlain: Bool)? {
        guard !octal.isEmpty else { return nil }
        // Git keeps the lowest 16 bits.
        var value: UInt16 = 0
        for index in octal.indices {
            let digit = octal[index]
            guard (0x30...0x37).contains(digit) else { return nil }
            value = value << 3 | UInt16(digit - 0x30)
        }
        let mode: FileMode =
            switch value & 0o170000 {
            case 0o100000: value & 0o100 == 0 ? .regular : .executable
            case 0o120000: .symbolicLink
            case 0o040000: .directory
            default: .submodule
            }
        let isPlain = octal.count <= 6 && octal[0] != 0x30 && UInt32(value) == mode.rawValue
        return (mode, isPlain)
    }

    /// The mode of most entries, by the eight bytes that an entry begins with.
    /// - Returns: nil for any other; how many digits there are before the blank.
    static func common(at start: Int, in bytes: Span<UInt8>) -> (mode: FileMode, digits: Int)? {
        if start + 8 > bytes.count { return nil }
        let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)
        let text = UInt64(bigEndian: word)
        // "100644 " and "40000 ", with what follows left out.
        if text >> 8 == 0x31_3030_3634_3420 { return (.regular, 6) }
        if text >> 16 == 0x3430_3030_3020 { return (.directory, 5) }
        return nil
    }

    /// The octal text as git writes it in a tree: no leading zero.
    package var octal: String { String(rawValue, radix: 8) }

    /// Whether the entry is a plain file, executable or not.
    package var isFile: Bool { self == .regular || self == .executable }
}

/// What stands at a path: the content's blob and how it is to stand there.
/// Two versions are equal when applying one over the other would change nothing.
package struct FileVersion: Hashable, Sendable, Codable {
    /// A plain file's, an executable's or a link's; an empty directory's; a submodule's in a tree
    /// made elsewhere.
    package let mode: FileMode
    /// The blob that holds the bytes; of a link its target; of a directory the empty tree.
    package let id: ObjectID

    /// A directory in which nothing stands. One that has something in it is no version: it is
    /// there because that is.
    package static let emptyDirectory = FileVersion(mode: .directory, id: Tree.emptyID)

    /// Whether it is an empty directory.
    package var isDirectory: Bool { mode == .directory }

    /// A content that takes a file's place keeps its mode; a link and a directory have none.
    package static func content(_ id: ObjectID, inPlaceOf old: FileVersion?) -> FileVersion {
        FileVersion(mode: old.flatMap { $0.mode.isFile ? $0.mode : nil } ?? .regular, id: id)
    }

    package init(mode: FileMode, id: ObjectID) {
        self.mode = mode
        self.id = id
    }
}
