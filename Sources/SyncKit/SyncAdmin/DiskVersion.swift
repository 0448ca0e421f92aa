internal import Glibc
package import SyncModel
internal import SyncTree

/// What stands at a path on the disk, read without a cache of any kind.
package struct DiskVersion {
    /// What it is; nil of a file whose executable bit its file system need not keep.
    package let mode: FileMode?
    /// A file's bytes, a link's target; of a directory none.
    package let content: [UInt8]
    /// When anything of it changed last: seconds since 1970, by the file system's clock.
    package let changed: Int64

    /// Reads it.
    /// - Parameter path: absolute, whatever its bytes are.
    /// - Returns: nil when nothing stands there that could be synced, or it cannot be read.
    package init?(at path: [UInt8]) {
        guard let (directory, name) = Self.reach(path) else { return nil }
        defer { if directory >= 0 { close(directory) } }
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        changed = Int64(status.st_ctim.tv_sec)
        switch status.st_mode & S_IFMT {
        case S_IFDIR: (mode, content) = (.directory, [])
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlinkat(directory, name, &target, target.count)
            guard count >= 0 else { return nil }
            mode = .symbolicLink
            content = target.prefix(count).map { UInt8(bitPattern: $0) }
        case S_IFREG:
            guard let file = Self.bytes(directory, name, Int(status.st_size)) else { return nil }
            let own: FileMode = status.st_mode & S_IXUSR != 0 ? .executable : .regular
            mode = file.keepsMode ? own : nil
            content = file.bytes
        default: return nil
        }
    }

    /// A directory, and the rest of a path from there that the system takes at once: all of a path
    /// may be longer than that.
    /// - Returns: the directory's descriptor, `AT_FDCWD` for a path that is short; nil when the
    ///   directory cannot be opened.
    private static func reach(_ path: [UInt8]) -> (directory: Int32, name: [CChar])? {
        var directory = AT_FDCWD
        var rest = path[...]
        while rest.count >= Int(PATH_MAX) {
            let part = rest.prefix(Int(PATH_MAX) - 1)
            guard let slash = part.lastIndex(of: 0x2f) else { break }
            let next = openat(
                directory, part[..<slash].map { CChar(bitPattern: $0) } + [0],
                O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if directory >= 0 { close(directory) }
            if next < 0 { return nil }
            directory = next
            rest = rest[(slash + 1)...]
        }
        return (directory, rest.map { CChar(bitPattern: $0) } + [0])
    }

    private static func bytes(_ directory: Int32, _ name: [CChar], _ size: Int)
        -> (bytes: [UInt8], keepsMode: Bool)?
    {
        let file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return (bytes, ExecutableBit.isKept(of: file)) }
            bytes += buffer[..<count]
        }
    }

    /// Whether it has the mode of a version, as far as that is kept.
    package func isLike(_ version: FileVersion) -> Bool {
        mode.map { $0 == version.mode } ?? version.mode.isFile
    }

    /// Whether it is this version, byte for byte.
    /// - Parameter bytes: the version's; of an empty directory none.
    package func isSame(as version: FileVersion, _ bytes: [UInt8]) -> Bool {
        isLike(version) && content == bytes
    }
}
