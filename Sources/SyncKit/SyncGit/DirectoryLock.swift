internal import Glibc

/// Lets one process at a time do something about a directory, such as joining its packs. Nothing
/// stands in the directory for it, and the system lets go of it with the process.
package struct DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock.
    /// - Parameter waits: whether to wait for whoever has it.
    /// - Returns: nil when somebody has it. Where there are no locks it counts as taken.
    package init?(_ directory: String, waits: Bool) {
        self.init(directory, LOCK_EX | (waits ? 0 : LOCK_NB))
    }

    private init?(_ directory: String, _ operation: Int32) {
        descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return }
        while flock(descriptor, operation) != 0 {
            if errno == EINTR { continue }
            if errno != EWOULDBLOCK { return }
            close(descriptor)
            return nil
        }
    }

    /// Whether some process has it. Those that only ask do not keep it from one another.
    package static func isTaken(_ directory: String) -> Bool {
        guard let lock = DirectoryLock(directory, LOCK_SH | LOCK_NB) else { return true }
        lock.release()
        return false
    }

    /// Lets go of it.
    package func release() { if descriptor >= 0 { close(descriptor) } }
}
