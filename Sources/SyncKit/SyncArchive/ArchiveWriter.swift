internal import Glibc
package import SyncModel

/// Writes files as they stand on the disk into a tar archive that zstd packs: any `tar --zstd`
/// reads it.
package final class ArchiveWriter {
    private let output: ZstdWriter
    /// How many files and links it has.
    package var count: Int { paths.count }
    /// What they are called: no name stands twice.
    private var paths: Set<TreePath> = []

    /// Begins an archive, of which nothing is left unless it is finished.
    /// - Parameter path: absolute; what stands there is replaced.
    package init(_ path: String) throws(ArchiveError) { output = try ZstdWriter(path) }

    /// Adds a file, a symbolic link, or a directory with all that is in it.
    /// - Parameters:
    ///   - path: what it is called in the archive.
    ///   - source: where it stands, absolute, whatever its bytes are.
    /// - Returns: what cannot be read, and directories of another file system; empty when all of
    ///   it was added, and when nothing stands there that has a content.
    /// - Throws: `ArchiveError` when the archive cannot be written.
    package func add(_ path: TreePath, from source: [UInt8]) throws(ArchiveError) -> [TreePath] {
        var skipped: [TreePath] = []
        var pending = [(path: path, source: source, above: Self.device(above: source))]
        while let next = pending.popLast() {
            let name = Self.name(next.source)
            var status = stat()
            if lstat(name, &status) != 0 {
                if errno != ENOENT { skipped.append(next.path) }
            } else if status.st_mode & S_IFMT == S_IFDIR {
                guard next.above == status.st_dev, let names = Self.entries(of: name) else {
                    skipped.append(next.path)
                    continue
                }
                for entry in names {
                    let (child, source) = (next.path.appending(entry), next.source + [0x2f] + entry)
                    if let child, child.fits {
                        pending.append((child, source, status.st_dev))
                    } else {
                        skipped.append(child ?? next.path)
                    }
                }
            } else if try !add(next.path, name, &status) {
                skipped.append(next.path)
            }
        }
        return skipped
    }

    /// The file system of the directory that something stands in; nil when that cannot be told.
    private static func device(above source: [UInt8]) -> dev_t? {
        var status = stat()
        let above = source.prefix(source.lastIndex(of: 0x2f) ?? 0)
        return stat(name(above + [0x2f]), &status) == 0 ? status.st_dev : nil
    }

    /// The names in a directory; nil when it cannot be read.
    private static func entries(of name: [CChar]) -> [[UInt8]]? {
        guard let directory = opendir(name) else { return nil }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else { return errno == 0 ? names : nil }
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes != [0x2e] && bytes != [0x2e, 0x2e] { names.append(bytes) }
        }
    }

    private static func name(_ source: some Sequence<UInt8>) -> [CChar] {
        source.map { CChar(bitPattern: $0) } + [0]
    }

    /// Adds a file or a symbolic link.
    /// - Returns: false when it cannot be read.
    private func add(_ path: TreePath, _ name: [CChar], _ status: inout stat)
        throws(ArchiveError) -> Bool
    {
        if has(path) { return true }
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let length = readlink(name, &target, target.count)
            if length < 0 { return false }
            var header = Self.header(path, .link, status)
            (header.target, header.size) = (target.prefix(length).map { UInt8(bitPattern: $0) }, 0)
            try output.write(header.blocks)
            paths.insert(path)
            return true
        case S_IFREG:
            let file = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            if file < 0 { return false }
            defer { close(file) }
            // To its end first: what the archive has of a file is the whole of it.
            guard fstat(file, &status) == 0, Self.isReadable(file) else { return false }
            try output.write(Self.header(path, .file, status).blocks)
            paths.insert(path)
            return try copy(file, Int(status.st_size))
        default: return true
        }
    }

    /// Whether it has a file or link of a name.
    func has(_ path: TreePath) -> Bool { paths.contains(path) }

    /// Whether all of a file can be read; the place for reading is at its beginning again.
    private static func isReadable(_ file: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count == 0 { return lseek(file, 0, SEEK_SET) == 0 }
            if count < 0 && errno != EINTR { return false }
        }
    }

    /// Adds what another archive has.
    /// - Parameter content: gives the next bytes of it, some and at most so many.
    func add(
        _ path: TreePath, _ header: TarHeader, content: (Int) throws(ArchiveError) -> [UInt8]
    ) throws(ArchiveError) {
        try output.write(header.blocks)
        var left = header.size
        while left > 0 {
            let bytes = try content(left)
            try output.write(bytes)
            left -= bytes.count
        }
        try output.write(TarHeader.padding(header.size))
        paths.insert(path)
    }

    /// Ends the archive, durably.
    /// - Returns: its size in bytes.
    package func finish() throws(ArchiveError) -> Int {
        try output.write([UInt8](repeating: 0, count: 2 * TarHeader.block))
        return try output.finish()
    }

    /// Copies as many bytes as the header says.
    /// - Returns: false when the file became shorter meanwhile, or unreadable: it ends in zeros.
    private func copy(_ file: Int32, _ size: Int) throws(ArchiveError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var left = size
        var isWhole = true
        while left > 0 {
            var count = isWhole ? read(file, &buffer, min(left, buffer.count)) : 0
            if count < 0 && errno == EINTR { continue }
            if count <= 0 {
                isWhole = false
                count = min(left, buffer.count)
                buffer = [UInt8](repeating: 0, count: buffer.count)
            }
            try output.write(Array(buffer[..<count]))
            left -= count
        }
        try output.write(TarHeader.padding(size))
        return isWhole
    }

    private static func header(_ path: TreePath, _ kind: TarHeader.Kind, _ status: stat)
        -> TarHeader
    {
        TarHeader(
            path: path.bytes, kind: kind, mode: Int(status.st_mode & 0o777),
            size: Int(status.st_size), modified: Int64(status.st_mtim.tv_sec))
    }
}
