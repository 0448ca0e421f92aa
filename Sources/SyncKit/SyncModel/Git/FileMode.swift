/// The modes that git stores in a tree entry.
package enum FileMode: UInt32, Sendable, Codable {
    case regular = 0o100644
    case executable = 0o100755
    case symbolicLink = 0o120000
    case directory = 0o040000
    case submodule = 0o160000

    /// Reads the octal text of a tree entry; the old group-writable mode counts as regular.
    /// - Parameter octal: ASCII digits without sign, at most seven.
    /// - Returns: nil for a mode that git does not know.
    package init?(octal: Span<UInt8>) {
        guard !octal.isEmpty, octal.count <= 7 else { return nil }
        var value: UInt32 = 0
        for index in octal.indices {
            let digit = octal[index]
            guard (0x30...0x37).contains(digit) else { return nil }
            value = value << 3 | UInt32(digit - 0x30)
        }
        self.init(rawValue: value == 0o100664 ? 0o100644 : value)
    }

    /// The octal text as git writes it in a tree: no leading zero.
    package var octal: String { String(rawValue, radix: 8) }

    /// Whether the entry is a plain file, executable or not.
    package var isFile: Bool { self == .regular || self == .executable }
}

/// What stands at a path: the content's blob and how it is to stand there.
/// Two versions are equal when applying one over the other would change nothing.
package struct FileVersion: Hashable, Sendable, Codable {
    /// A plain file's, an executable's or a link's; a submodule's in a tree made elsewhere.
    package let mode: FileMode
    /// The blob that holds the bytes; of a link its target.
    package let id: ObjectID

    /// Pairs a mode with a blob's name.
    package init(mode: FileMode, id: ObjectID) {
        self.mode = mode
        self.id = id
    }
}
