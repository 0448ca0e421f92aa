internal import Glibc
internal import SyncModel
internal import Synchronization

/// A log of a state directory: grows to `Limits.logBytes`, then becomes `<path>.1`.
package final class LogFile: Sendable {
    private struct Open {
        var descriptor: Int32 = -1
        var size = 0
    }

    private let path: String
    private let open = Mutex(Open())

    /// Takes the path; the file is opened at the first line, and again at the next as long as
    /// that does not succeed.
    package init(_ path: String) { self.path = path }

    deinit { open.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

    /// Adds a line. A log that cannot be written is no reason not to sync.
    package func write(_ line: [UInt8]) {
        open.withLock { open in
            if open.size + line.count > Limits.logBytes { turn(&open) }
            if open.descriptor < 0 { start(&open) }
            guard open.descriptor >= 0 else { return }
            let count = Glibc.write(open.descriptor, line, line.count)
            if count > 0 { open.size += count }
        }
    }

    private func start(_ open: inout Open) {
        open.descriptor = Glibc.open(
            path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        var status = stat()
        if open.descriptor >= 0, fstat(open.descriptor, &status) == 0 {
            open.size = Int(status.st_size)
        }
    }

    private func turn(_ open: inout Open) {
        if open.descriptor >= 0 { close(open.descriptor) }
        rename(path, path + ".1")
        open = Open()
    }
}
