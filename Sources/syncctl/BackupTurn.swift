import Glibc
import SyncModel

/// Lets one backup at a time write into a directory: two would give one bundle the same name.
struct BackupTurn {
    private let descriptor: Int32

    /// - Parameter place: absolute: a directory, or what is to stand in one.
    /// - Throws: `Failure` while another backup writes there. Where there are no locks nobody is
    ///   kept out.
    init(for place: String) throws {
        var directory = place
        while directory.count > 1 && directory.hasSuffix("/") { directory.removeLast() }
        var status = stat()
        if stat(directory, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
            directory = String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)])
        }
        descriptor = open(directory + "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            if errno != EWOULDBLOCK { return }
            close(descriptor)
            throw Failure(
                Exit.failed,
                "another backup writes to \(directory): try again once it is done")
        }
    }

    /// Lets the next one begin.
    func end() { if descriptor >= 0 { close(descriptor) } }
}
