internal import Glibc
package import SyncModel

/// Writes files as they stand on the disk into a tar archive that zstd packs: any `tar --zstd`
/// reads it.
package final class ArchiveWriter {
    private let output: ZstdWriter
    /// How many files and links it has.
    package private(set) var count = 0

    /// Begins an archive, of which nothing is left unless it is finished.
    /// - Parameter path: absolute; what stands there is replaced.
    package init(_ path: String) throws(ArchiveError) { output = try ZstdWriter(path) }

    /// Adds a file or a symbolic link.
    /// - Parameters:
    ///   - path: what it is called in the archive.
    ///   - source: where it stands, absolute, whatever its bytes are.
    /// - Returns: the system's words when it cannot be read; nil when it was added, and when
    ///   nothing stands there that has a content.
    /// - Throws: `ArchiveError` when the archive cannot be written.
    package func add(_ path: TreePath, from source: [UInt8]) throws(ArchiveError) -> String? {
        let name = source.map { CChar(bitPattern: $0) } + [0]
        var status = stat()
        if lstat(name, &status) != 0 { return errno == ENOENT ? nil : Self.words }
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let length = readlink(name, &target, target.count)
            if length < 0 { return Self.words }
            var header = Self.header(path, .link, status)
            (header.target, header.size) = (target.prefix(length).map { UInt8(bitPattern: $0) }, 0)
            try output.write(header.blocks)
        case S_IFREG:
            let file = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            if file < 0 { return Self.words }
            defer { close(file) }
            if fstat(file, &status) != 0 { return Self.words }
            try output.write(Self.header(path, .file, status).blocks)
            try copy(file, Int(status.st_size))
        default: return nil
        }
        count += 1
        return nil
    }

    /// Adds what another archive has.
    /// - Parameter content: gives the next bytes of it, some and at most so many.
    func add(_ header: TarHeader, content: (Int) throws(ArchiveError) -> [UInt8])
        throws(ArchiveError)
    {
        try output.write(header.blocks)
        var left = header.size
        while left > 0 {
            let bytes = try content(left)
            try output.write(bytes)
            left -= bytes.count
        }
        try output.write(TarHeader.padding(header.size))
        count += 1
    }

    /// Ends the archive, durably.
    /// - Returns: its size in bytes.
    package func finish() throws(ArchiveError) -> Int {
        try output.write([UInt8](repeating: 0, count: 2 * TarHeader.block))
        return try output.finish()
    }

    /// Copies as many bytes as the header says: a file that becomes shorter meanwhile ends in
    /// zeros.
    private func copy(_ file: Int32, _ size: Int) throws(ArchiveError) {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var left = size
        while left > 0 {
            let wanted = min(left, buffer.count)
            let count = read(file, &buffer, wanted)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 {
                let zeros = min(left, buffer.count)
                try output.write([UInt8](repeating: 0, count: zeros))
                left -= zeros
            } else {
                try output.write(Array(buffer[..<count]))
                left -= count
            }
        }
        try output.write(TarHeader.padding(size))
    }

    private static func header(_ path: TreePath, _ kind: TarHeader.Kind, _ status: stat)
        -> TarHeader
    {
        TarHeader(
            path: path.bytes, kind: kind, mode: Int(status.st_mode & 0o777),
            size: Int(status.st_size), modified: Int64(status.st_mtim.tv_sec))
    }

    private static var words: String { String(cString: strerror(errno)) }
}
