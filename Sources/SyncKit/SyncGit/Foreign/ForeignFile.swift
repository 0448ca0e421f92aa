internal import Glibc
internal import SyncModel

/// A file of a repository that others write too. It may be anything: a FIFO that nobody ever
/// writes to, a device without end. Only a regular file is read, and none is waited for.
final class ForeignFile {
    let size: Int
    private let path: String
    private let descriptor: Int32

    private init(_ path: String, _ descriptor: Int32, size: Int) {
        (self.path, self.descriptor, self.size) = (path, descriptor, size)
    }

    /// Opens a file.
    /// - Returns: nil where nothing, or a directory, stands at the path.
    /// - Throws: `.corrupt` for what is no regular file, `.readOnly` or `.io`.
    static func open(_ path: String) throws(RepositoryError) -> ForeignFile? {
        // Without O_NONBLOCK a FIFO is waited for here already.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor < 0 {
            if [ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG].contains(errno) { return nil }
            if [ENXIO, ELOOP].contains(errno) { throw irregular(path) }
            throw SystemFailure.last("read", path)
        }
        var status = stat()
        let isThere = fstat(descriptor, &status) == 0
        let kind = status.st_mode & S_IFMT
        if isThere && kind == S_IFREG {
            return ForeignFile(path, descriptor, size: Int(status.st_size))
        }
        close(descriptor)
        if isThere && kind == S_IFDIR { return nil }
        throw irregular(path)
    }

    private static func irregular(_ path: String) -> RepositoryError {
        RepositoryError(.corrupt, "read \(path)", "it is no regular file")
    }

    deinit { close(descriptor) }

    /// Reads bytes at an offset. Fewer come where the file ends, and only there. Nothing is
    /// mapped: a disk that is pulled out ends the reading and not the process.
    func read(_ count: Int, at offset: Int) throws(RepositoryError) -> [UInt8] {
        if offset < 0 || offset > size { return [] }
        let wanted = max(0, min(count, size - offset))
        if wanted == 0 { return [] }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { room, done in
            while done < wanted {
                let got = pread(
                    descriptor, room.baseAddress! + done, wanted - done, off_t(offset + done))
                if got < 0 && errno == EINTR { continue }
                failed = got < 0
                if got <= 0 { break }
                done += got
            }
        }
        if failed { throw SystemFailure.last("read", path) }
        return bytes
    }

    /// The whole content of a small file; nil where there is none.
    /// - Throws: `.corrupt` for one of more than `most` bytes, and as `init`.
    static func content(_ path: String, most: Int) throws(RepositoryError) -> [UInt8]? {
        guard let file = try ForeignFile.open(path) else { return nil }
        if file.size > most {
            throw RepositoryError(.corrupt, "read \(path)", "it is larger than \(most) bytes")
        }
        return try file.read(file.size, at: 0)
    }

    /// The names in a directory; none where there is no directory.
    static func names(_ path: String) throws(RepositoryError) -> [String] {
        do throws(RepositoryError) { return try FileSystem.names(in: path) } catch {
            if FileSystem.isDirectory(path) { throw error }
            return []
        }
    }
}

extension FileSystem {
    /// Whether a directory stands at the path, links followed.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
