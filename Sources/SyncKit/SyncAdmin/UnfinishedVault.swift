internal import Glibc

/// A file beside a repository that says: it is being made from a backup, and nothing else is in it
/// yet. Who is interrupted, or cannot reach the remote, begins again.
struct UnfinishedVault {
    private let path: String

    init(_ repository: String) { path = repository + ".from-backup" }

    var isMarked: Bool { access(path, F_OK) == 0 }

    /// Says so, before anything is in the repository.
    func mark() throws(VaultPlan.Refusal) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        _ = try VaultPlan.makeDirectory(String(path[..<slash]))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw refusal("written") }
        close(descriptor)
    }

    /// Takes it back, before the vault is one that captures.
    func end() throws(VaultPlan.Refusal) {
        if unlink(path) != 0 && errno != ENOENT { throw refusal("removed") }
    }

    private func refusal(_ done: String) -> VaultPlan.Refusal {
        .init("\(path) cannot be \(done): \(String(cString: strerror(errno)))")
    }
}
