internal import Glibc

/// A folder or the watch thread could not be set up.
package struct WatchError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: Sendable, Equatable {
        /// The root is no directory.
        case rootMissing
        /// The root may not be read.
        case unreadable
        /// The system's limit on inotify instances, watches or descriptors is reached.
        case limit
        case io
    }

    /// What a caller decides by.
    package let code: Code
    /// What was tried, in words.
    package let operation: String
    /// Absolute; nil when it concerns no one file.
    package let path: String?
    /// The system's words for its error number.
    package let cause: String

    /// Takes what the failed system call left in `errno`.
    init(_ number: Int32, _ operation: String, _ path: String? = nil) {
        switch number {
        case ENOENT, ENOTDIR: code = .rootMissing
        case EACCES, EPERM: code = .unreadable
        case ENOSPC, EMFILE, ENFILE, ENOMEM: code = .limit
        default: code = .io
        }
        self.operation = operation
        self.path = path
        cause = String(cString: strerror(number))
    }

    package var description: String {
        "\(operation)\(path.map { " \($0)" } ?? ""): \(code) (\(cause))"
    }
}
