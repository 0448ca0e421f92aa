internal import Glibc

/// One inotify queue; closing it drops its watches. See inotify(7).
struct Inotify: ~Copyable {
    /// How an attempt to watch a directory ended.
    enum Outcome: Equatable {
        /// The watch descriptor; the same as before when the directory already has one.
        case watching(Int32)
        /// No directory stands there.
        case absent
        /// It may not be read.
        case denied
        /// The kernel refuses one more watch, or the path is too long for it.
        case refused
    }

    /// One event as the kernel queued it.
    struct Event {
        let descriptor: Int32
        let mask: UInt32
        /// The name in the watched directory; empty for the directory itself.
        let name: [UInt8]

        /// Whether any of the bits is set.
        func has(_ bits: some BinaryInteger) -> Bool {
            mask & UInt32(truncatingIfNeeded: bits) != 0
        }
    }

    /// What is watched in a directory; symbolic links and files that were unlinked are not.
    static let directoryMask =
        UInt32(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY)
        | UInt32(IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)
    /// What is watched on a root besides.
    static let selfMask = UInt32(IN_DELETE_SELF | IN_MOVE_SELF)

    /// To be polled for reading.
    let descriptor: Int32
    private let buffer: UnsafeMutableRawBufferPointer

    /// Opens a queue that is not inherited by programs this one starts.
    init() throws(WatchError) {
        let queue = inotify_init1(Int32(O_CLOEXEC | O_NONBLOCK))
        guard queue >= 0 else { throw WatchError(errno, "open inotify") }
        descriptor = queue
        buffer = .allocate(byteCount: 64 << 10, alignment: 8)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        buffer.deallocate()
    }

    /// Watches a directory, or finds the watch it already has.
    /// - Parameter path: absolute, NUL-terminated.
    func add(_ path: [UInt8], mask: UInt32) -> Outcome {
        let result = path.withUnsafeBytes {
            inotify_add_watch(
                descriptor, $0.baseAddress?.assumingMemoryBound(to: CChar.self), mask)
        }
        if result >= 0 { return .watching(result) }
        switch errno {
        case ENOENT, ENOTDIR, ELOOP: return .absent
        case EACCES, EPERM: return .denied
        default: return .refused
        }
    }

    /// Drops a watch; one that the kernel has dropped already is no error.
    func remove(_ watch: Int32) { inotify_rm_watch(descriptor, watch) }

    /// Reads what is queued, at most 64 KiB, without waiting.
    /// - Returns: nil when nothing was queued.
    func read() -> [Event]? {
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return nil }
        var events: [Event] = []
        var offset = 0
        while offset + 16 <= count {
            let length = Int(buffer.load(fromByteOffset: offset + 12, as: UInt32.self))
            let padded = buffer[(offset + 16)..<(offset + 16 + length)]
            events.append(
                Event(
                    descriptor: buffer.load(fromByteOffset: offset, as: Int32.self),
                    mask: buffer.load(fromByteOffset: offset + 4, as: UInt32.self),
                    name: Array(padded.prefix { $0 != 0 })))
            offset += 16 + length
        }
        return events
    }

    /// How many watches the kernel allows one user; nil when it does not say.
    static func userLimit() -> Int? {
        guard let file = fopen("/proc/sys/fs/inotify/max_user_watches", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 32)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        return line.withUnsafeBufferPointer { Int(strtol($0.baseAddress!, nil, 10)) }
    }
}
