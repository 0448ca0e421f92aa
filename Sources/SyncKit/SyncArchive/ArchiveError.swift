internal import Glibc

/// Why an archive cannot be written or read.
package struct ArchiveError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// With the system's words for the last failure.
    /// - Parameter path: what it was done to.
    package static func system(_ path: String) -> ArchiveError {
        ArchiveError("\(path): \(String(cString: strerror(errno)))")
    }
}
