internal import Glibc

/// Reading files by their names without ever waiting for anybody. What is no file is none, be it a
/// FIFO, which waits for whoever writes to it, or a device, which waits for its own reasons.
/// Source: fifo(7).
package enum RegularFile {
    /// Why a file cannot be read.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        /// The system's number; nil where something else than a file stands there, or one that is
        /// too large.
        package let errno: Int32?
        /// The system's words, or ours.
        package let description: String

        static let isNone = Failure(errno: nil, description: "it is no file")
        static let isDirectory = Failure(
            errno: EISDIR, description: String(cString: strerror(EISDIR)))

        static var last: Failure {
            Failure(errno: Glibc.errno, description: String(cString: strerror(Glibc.errno)))
        }
    }

    /// Opens a file for reading; links are followed unless a flag says otherwise.
    /// - Parameter flags: of open(2), beside those that every such file gets.
    /// - Returns: the descriptor, which is the caller's to close.
    package static func open(_ path: String, _ flags: Int32 = 0) throws(Failure) -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags)
        // A socket cannot be opened at all.
        if descriptor < 0 { throw Glibc.errno == ENXIO ? .isNone : .last }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw status.st_mode & S_IFMT == S_IFDIR ? .isDirectory : .isNone
        }
        return descriptor
    }

    /// The whole content of a file.
    /// - Parameter most: how many bytes it may have.
    package static func content(_ path: String, upTo most: Int) throws(Failure) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= most {
            let count = read(descriptor, &block, block.count)
            if count < 0, Glibc.errno == EINTR { continue }
            if count < 0 { throw .last }
            if count == 0 { return bytes }
            bytes += block[..<count]
        }
        throw Failure(errno: nil, description: "expected at most \(most >> 10) KiB")
    }
}
