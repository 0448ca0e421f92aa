internal import Glibc
package import SyncModel

/// The mounts that this process sees. One that comes over a directory covers what is watched
/// there, and no event of that directory tells of it. See proc_pid_mountinfo(5).
package final class MountTable {
    private let file: Int32
    private var known: [[UInt8]]

    /// - Returns: nil where the system does not show them.
    package init?() {
        file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
        known = []
        if file < 0 { return nil }
        known = read()
    }

    deinit { if file >= 0 { close(file) } }

    /// The places at which something was mounted or unmounted since the last call, absolute. While
    /// nothing was, it costs one call of the system.
    package func changes() -> Set<[UInt8]> {
        var look = pollfd(fd: file, events: Int16(POLLPRI), revents: 0)
        guard poll(&look, 1, 0) > 0 else { return [] }
        let now = read()
        defer { known = now }
        let (lines, before) = (Set(now), Set(known))
        return Set(lines.symmetricDifference(before).compactMap(Self.place))
    }

    /// Those of some places that are in a folder, as paths below its root.
    /// - Parameter root: absolute.
    package static func paths(_ places: Set<[UInt8]>, below root: String) -> Set<TreePath> {
        if places.isEmpty { return [] }
        guard let real = realpath(root, nil) else { return [] }
        defer { free(real) }
        let start = Array(UnsafeRawBufferPointer(start: real, count: strlen(real))) + [0x2f]
        return Set(
            places.compactMap { place in
                place.starts(with: start) ? TreePath(Array(place[start.count...])) : nil
            })
    }

    /// All lines.
    private func read() -> [[UInt8]] {
        lseek(file, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < Limits.mountTableBytes {
            let count = Glibc.read(file, &room, room.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            bytes += room[..<count]
        }
        return bytes.split(separator: 0x0a).map(Array.init)
    }

    /// Where a line says that something is mounted. Blanks and the like stand in it as three octal
    /// digits behind a backslash.
    static func place(_ line: [UInt8]) -> [UInt8]? {
        let fields = line.split(separator: 0x20)
        if fields.count < 5 { return nil }
        var place: [UInt8] = []
        var rest = fields[4]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == 0x5c, digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                place.append(value)
                rest = rest.dropFirst(3)
            } else {
                place.append(byte)
            }
        }
        return place
    }
}
