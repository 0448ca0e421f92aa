/// A file's path in the repository or below a folder's root: one or more names joined by `/`,
/// bytes as Linux and git have them, never assumed to be UTF-8.
///
/// A value of this type holds no empty, `.` or `..` name and no NUL byte, so joining it to a root
/// stays below that root.
package struct TreePath: Hashable, Sendable {
    /// The path's bytes; never empty, no leading or trailing `/`.
    package let bytes: [UInt8]

    /// Checks and takes a path's bytes; nil when a name in it is empty, `.`, `..` or holds a NUL.
    package init?(_ bytes: [UInt8]) {
        guard bytes.withUnsafeBufferPointer(Self.arePath) else { return nil }
        self.bytes = bytes
    }

    /// Looks at each byte once and makes nothing: a scan asks this for every file.
    private static func arePath(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var length = 0
        var onlyDots = true
        for byte in bytes {
            if byte == 0x2f {
                if length == 0 || (onlyDots && length <= 2) { return false }
                (length, onlyDots) = (0, true)
            } else {
                if byte == 0 { return false }
                length += 1
                if byte != 0x2e { onlyDots = false }
            }
        }
        return length > 0 && !(onlyDots && length <= 2)
    }

    /// Checks and takes a path written as text, in UTF-8.
    package init?(_ text: String) { self.init(Array(text.utf8)) }

    /// Whether the bytes can be one name of a path.
    package static func isName(_ name: some Collection<UInt8>) -> Bool {
        guard !name.isEmpty, !name.contains(0), !name.contains(0x2f) else { return false }
        return !(name.count <= 2 && name.allSatisfy { $0 == 0x2e })
    }

    /// The same for a name as a directory listing gives it, without a generic walk.
    package static func isName(_ name: [UInt8]) -> Bool {
        var onlyDots = true
        for byte in name {
            if byte == 0 || byte == 0x2f { return false }
            if byte != 0x2e { onlyDots = false }
        }
        return !name.isEmpty && !(onlyDots && name.count <= 2)
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The names from the root down.
    package var components: [ArraySlice<UInt8>] { bytes.split(separator: 0x2f) }

    /// The last name.
    package var name: ArraySlice<UInt8> {
        guard let slash = bytes.lastIndex(of: 0x2f) else { return bytes[...] }
        return bytes[(slash + 1)...]
    }

    /// The directory that holds the last name; nil at the top.
    package var parent: TreePath? {
        guard let slash = bytes.lastIndex(of: 0x2f) else { return nil }
        return TreePath(unchecked: Array(bytes[..<slash]))
    }

    /// The path one name deeper, for names as a directory listing gives them.
    package func appending(_ name: [UInt8]) -> TreePath? {
        guard Self.isName(name) else { return nil }
        var joined: [UInt8] = []
        joined.reserveCapacity(bytes.count + 1 + name.count)
        joined.append(contentsOf: bytes)
        joined.append(0x2f)
        joined.append(contentsOf: name)
        return TreePath(unchecked: joined)
    }

    /// The path one name deeper; nil when the bytes cannot be a name.
    package func appending(_ name: some Collection<UInt8>) -> TreePath? {
        guard Self.isName(name) else { return nil }
        return TreePath(unchecked: bytes + [0x2f] + name)
    }

    /// The other path placed below this one.
    package func appending(_ path: TreePath) -> TreePath {
        TreePath(unchecked: bytes + [0x2f] + path.bytes)
    }

    /// Whether this path stands at or below `ancestor`.
    package func isAtOrBelow(_ ancestor: TreePath) -> Bool {
        bytes.starts(with: ancestor.bytes)
            && (bytes.count == ancestor.bytes.count || bytes[ancestor.bytes.count] == 0x2f)
    }

    /// The rest of this path below `ancestor`; nil when it stands elsewhere or is the same.
    package func relative(to ancestor: TreePath) -> TreePath? {
        guard isAtOrBelow(ancestor), bytes.count > ancestor.bytes.count else { return nil }
        return TreePath(unchecked: Array(bytes[(ancestor.bytes.count + 1)...]))
    }

    /// All directories above the path, the nearest first.
    package var ancestors: [TreePath] {
        Array(sequence(first: self, next: { $0.parent }).dropFirst())
    }

    /// The path as text; bytes that are not UTF-8 become U+FFFD. For people, never for matching.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension TreePath: Comparable {
    /// Orders paths as their bytes.
    package static func < (left: TreePath, right: TreePath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension TreePath: CustomStringConvertible {
    /// The path as text with control characters escaped, safe to print on a terminal or in a log.
    package var description: String { SafeText.escaped(text, keeping: SafeText.keptInNames) }
}

extension TreePath: Codable {
    /// Reads a path as `encode` writes it.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let path = TreePath(QuotedPath.bytes(text) ?? Array(text.utf8)) else {
            throw DecodingError.unreadable(
                "a path of the repository", at: container.codingPath)
        }
        self = path
    }

    /// Writes the path as text from which the same bytes are read: what is no UTF-8 as git does.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(QuotedPath.text(bytes))
    }
}
