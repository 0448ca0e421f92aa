internal import Glibc
package import SyncModel

extension StateFile {
    /// Puts the bytes at `path` in one rename, with mode 0600, unless they stand there already.
    /// Not made durable: after a power cut the next batch writes it again.
    /// - Parameter path: `state.json`; `<path>.new` beside it is the writer's own.
    /// - Returns: whether it was written.
    /// - Throws: `.noSpace`, `.readOnly` or `.io`; what stood there still stands.
    @discardableResult
    package static func write(_ bytes: [UInt8], to path: String) throws(StateStoreError) -> Bool {
        if stands(bytes, at: path) { return false }
        let new = path + ".new"
        do throws(StateStoreError) {
            try fill(new, bytes)
            guard rename(new, path) == 0 else { throw StateStoreError(errno: errno, name, path) }
        } catch {
            unlink(new)
            throw error
        }
        return true
    }

    private static let name = "write state.json"

    private static func fill(_ path: String, _ bytes: [UInt8]) throws(StateStoreError) {
        // What a killed writer left may have another mode or be no file at all.
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StateStoreError(errno: errno, name, path) }
        defer { close(file) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw StateStoreError(errno: errno, name, path) }
            done += count
        }
    }

    /// Whether a file of mode 0600 with just these bytes stands at the path.
    private static func stands(_ bytes: [UInt8], at path: String) -> Bool {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return false }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode == S_IFREG | 0o600,
            status.st_size == bytes.count
        else { return false }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var offset = 0
        while offset < bytes.count {
            let count = Glibc.read(file, &buffer, buffer.count)
            guard count > 0, offset + count <= bytes.count else { return false }
            let equal = bytes.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return true }
                return memcmp(start + offset, buffer, count) == 0
            }
            guard equal else { return false }
            offset += count
        }
        return true
    }
}
