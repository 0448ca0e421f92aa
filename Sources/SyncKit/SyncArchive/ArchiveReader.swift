internal import Glibc
package import SyncModel

/// Takes such an archive apart. What it says is not believed: nothing is written but new files
/// below the directory, none of them through a link.
package struct ArchiveReader {
    private let path: String
    private let input: ZstdReader

    /// Opens an archive.
    package init(_ path: String) throws(ArchiveError) {
        self.path = path
        input = try ZstdReader(path)
    }

    /// Writes all files and links into a directory.
    /// - Parameter directory: absolute; made where it is not there, its parents are not.
    /// - Returns: how many there were.
    /// - Throws: `ArchiveError`, also where something stands in a file's place; what was written
    ///   before stays.
    package func extract(into directory: String) throws(ArchiveError) -> Int {
        if mkdir(directory, 0o700) != 0 && errno != EEXIST { throw .system(directory) }
        let root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if root < 0 { throw .system(directory) }
        defer { close(root) }
        var count = 0
        while let (header, path) = try next() {
            try write(header, at: path, below: root)
            count += 1
        }
        return count
    }

    /// Adds to another archive what this one has at some paths, and that one not yet.
    /// - Throws: `ArchiveError`; the other archive is of no use then.
    package func copy(to writer: ArchiveWriter, where isWanted: (TreePath) -> Bool)
        throws(ArchiveError)
    {
        while let (header, path) = try next() {
            if isWanted(path) && !writer.has(path) {
                try writer.add(path, header, content: piece)
            } else {
                var left = header.size
                while left > 0 { left -= try piece(left).count }
            }
            _ = try input.read(TarHeader.padding(header.size).count)
        }
    }

    /// What the next entry is, whose content follows; nil after the last.
    private func next() throws(ArchiveError) -> (header: TarHeader, path: TreePath)? {
        var records: [UInt8]?
        while true {
            let block = try input.read(TarHeader.block)
            if block.count < TarHeader.block || block.allSatisfy({ $0 == 0 }) {
                // To its end, where the checksum of all of it stands.
                while try !input.read(64 << 10).isEmpty {}
                return nil
            }
            guard var header = TarHeader(block) else { throw damaged("an entry of another kind") }
            if header.kind == .extended {
                guard header.size <= Limits.archiveRecordBytes else { throw damaged("a long name") }
                records = try content(header.size)
                continue
            }
            if let records, !header.extend(records) { throw damaged("an extended header") }
            guard let path = TreePath(header.path) else { throw damaged("a path") }
            return (header, path)
        }
    }

    /// The next bytes of a content, at most so many.
    private func piece(_ most: Int) throws(ArchiveError) -> [UInt8] {
        let piece = try input.read(min(most, 256 << 10))
        if piece.isEmpty { throw damaged("a file's end") }
        return piece
    }

    private func write(_ header: TarHeader, at path: TreePath, below root: Int32)
        throws(ArchiveError)
    {
        var directory = dup(root)
        defer { close(directory) }
        for name in path.components.dropLast() {
            let name = Self.name(name)
            if mkdirat(directory, name, 0o700) != 0 && errno != EEXIST {
                throw .system(path.description)
            }
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next < 0 { throw .system(path.description) }
            close(directory)
            directory = next
        }
        let name = Self.name(path.name)
        if header.kind == .link {
            if symlinkat(Self.name(header.target[...]), directory, name) != 0 {
                throw .system(path.description)
            }
            return
        }
        let mode = mode_t(header.mode & 0o700) | 0o400
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(directory, name, flags, mode)
        if file < 0 { throw .system(path.description) }
        defer { close(file) }
        var left = header.size
        while left > 0 {
            let piece = try piece(left)
            try put(piece, file, path)
            left -= piece.count
        }
        _ = try input.read(TarHeader.padding(header.size).count)
    }

    private func put(_ bytes: [UInt8], _ file: Int32, _ path: TreePath) throws(ArchiveError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw .system(path.description) }
            rest = rest.dropFirst(count)
        }
    }

    private func content(_ size: Int) throws(ArchiveError) -> [UInt8] {
        let bytes = try input.read(size)
        if bytes.count < size { throw damaged("a long name's end") }
        _ = try input.read(TarHeader.padding(size).count)
        return bytes
    }

    private func damaged(_ what: String) -> ArchiveError {
        ArchiveError("\(path) is damaged: \(what) cannot be read")
    }

    private static func name(_ bytes: ArraySlice<UInt8>) -> [CChar] {
        bytes.map { CChar(bitPattern: $0) } + [0]
    }
}
