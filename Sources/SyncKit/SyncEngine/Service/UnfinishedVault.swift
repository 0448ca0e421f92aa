internal import Glibc
package import SyncModel

/// A file beside a repository that says: it is being made from a backup, and nothing else is in it
/// yet. Who is interrupted, or cannot reach the remote, begins again. Whoever opens the vault for
/// anything else takes it away: from then on the repository may have what nothing else has.
package struct UnfinishedVault {
    private let path: String

    /// - Parameter repository: its absolute path.
    package init(_ repository: String) { path = repository + ".from-backup" }

    /// Whether nothing but the backup has been put into it.
    package var isMarked: Bool { access(path, F_OK) == 0 }

    /// Says so, before anything is in the repository.
    package func mark() throws(StateStoreError) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        try OpenedVault.makeDirectory(String(path[..<slash]))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw failure("write") }
        close(descriptor)
    }

    /// Takes it back, before the vault is one that captures.
    package func end() throws(StateStoreError) {
        // A file system that is read-only refuses to remove what is not there, too.
        if isMarked && unlink(path) != 0 && errno != ENOENT { throw failure("remove") }
    }

    private func failure(_ operation: String) -> StateStoreError {
        StateStoreError(.io, "\(operation) \(path)", String(cString: strerror(errno)))
    }
}
