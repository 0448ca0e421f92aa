internal import Glibc
package import SyncModel

/// A file of the state directory that holds one line, written in place by one call: whatever ends
/// the process, the line before or the line after stands there. The system's memory of a file
/// outlives a process, so only what has to outlive a power cut waits for the disk.
package final class IntakeFile: IntakeNotes {
    private let descriptor: Int32
    private let path: String

    /// Opens the file.
    /// - Parameters:
    ///   - path: in the state directory; made with mode 0600 when it is not there.
    ///   - isReadOnly: whether it is only looked at; then it has to be there.
    /// - Throws: `.readOnly`, `.noSpace` or `.io`.
    package init(_ path: String, isReadOnly: Bool = false) throws(StateStoreError) {
        self.path = path
        let flags = isReadOnly ? O_RDONLY : O_RDWR | O_CREAT
        descriptor = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StateStoreError(errno: errno, "open the note", path) }
    }

    deinit { close(descriptor) }

    package func read() throws(StateStoreError) -> String? {
        var bytes = [UInt8](repeating: 0, count: Limits.intakeNote)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw StateStoreError(errno: errno, "read the note", path) }
        let line = bytes[..<count].prefix { $0 != 0x0a }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    package func write(_ text: String?, isDurable: Bool) throws(StateStoreError) {
        // Of one length always: nothing of a longer line before stays.
        var bytes = Array((text ?? "").utf8.prefix(Limits.intakeNote - 1)) + [0x0a]
        bytes += [UInt8](repeating: 0x0a, count: Limits.intakeNote - bytes.count)
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw StateStoreError(errno: errno, "write the note", path)
        }
        if isDurable, fdatasync(descriptor) != 0 {
            throw StateStoreError(errno: errno, "write the note", path)
        }
    }
}
