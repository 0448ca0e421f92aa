internal import Glibc

/// What stands in a directory, read as it is asked for, in the order of the file system.
package final class DirectoryNames: Sequence, IteratorProtocol {
    /// One name.
    package struct Entry {
        /// Its bytes, whatever they are.
        package let bytes: [UInt8]
        /// Whether the file system says that a directory stands there; some say of nothing.
        package let isDirectory: Bool

        /// The name as text; bytes that are not UTF-8 become U+FFFD.
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let stream: OpaquePointer

    /// Opens a directory; links are followed.
    /// - Returns: nil, with `errno`, when it cannot be listed.
    package init?(_ path: String) {
        guard let stream = opendir(path) else { return nil }
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// The next name but for `.` and `..`; nil after the last.
    package func next() -> Entry? {
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [0x2e] || name == [0x2e, 0x2e] { continue }
            return Entry(bytes: name, isDirectory: entry.pointee.d_type == UInt8(DT_DIR))
        }
        return nil
    }
}
