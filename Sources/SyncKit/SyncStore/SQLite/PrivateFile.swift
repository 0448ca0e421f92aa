internal import Glibc
internal import SyncModel

/// A database's file that only its owner may read. SQLite gives the files beside it the same mode.
/// The umask would do it too, but it is the whole process's: other threads write a user's files
/// meanwhile.
enum PrivateFile {
    /// Makes the file where it is not there.
    static func make(_ path: String, to operation: String) throws(StateStoreError) {
        let file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        if file < 0 { throw StateStoreError(errno: errno, operation, path) }
        close(file)
    }
}
