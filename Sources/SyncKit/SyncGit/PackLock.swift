internal import Glibc

/// Lets one process at a time consolidate a directory of packs. Nothing would be lost without it:
/// the other would find packs gone that it meant to read. The system lets go of it with the
/// process.
struct PackLock {
    private let descriptor: Int32

    /// Takes the lock.
    /// - Parameter waits: whether to wait for whoever has it.
    /// - Returns: nil when somebody has it. Where there are no locks it counts as taken.
    init?(_ directory: String, waits: Bool) {
        descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return }
        while flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0 {
            if errno == EINTR { continue }
            if errno != EWOULDBLOCK { return }
            close(descriptor)
            return nil
        }
    }

    /// Lets go of it.
    func release() { if descriptor >= 0 { close(descriptor) } }
}
