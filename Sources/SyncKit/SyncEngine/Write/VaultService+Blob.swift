internal import SyncHistory
internal import SyncMerge
package import SyncModel

/// What stands, or stood, at a path.
extension VaultService {
    /// A file's content in a version.
    /// - Parameters:
    ///   - path: of the repository.
    ///   - version: a revision or a time.
    /// - Returns: the blob's id, and its bytes.
    /// - Throws: `ChangeRefusal` `.missing` for no such version or file, `.wrong` for a directory.
    package func blob(_ path: String, in version: String) throws -> (ObjectID, [UInt8]) {
        guard let tree = TreePath(path) else {
            throw ChangeRefusal(.wrong, "expected a path of the repository")
        }
        guard let head = try vault.head() else {
            throw ChangeRefusal(.missing, "nothing is committed yet")
        }
        let commit = try RevisionOrTime(
            head: head, branch: configuration.branch, vault.repository
        ).findOrRefuse(version, now: vault.clock.now())
        let found = try TreeDiff.version(
            at: tree, of: vault.repository.commit(commit).tree, reading: vault.repository)
        guard let found else {
            throw ChangeRefusal(.missing, "there is no \(tree) in \(commit.short)")
        }
        guard !found.isDirectory else { throw ChangeRefusal(.wrong, "\(tree) is a directory") }
        return (found.id, try vault.repository.blob(found.id))
    }
}
