package import SyncHistory
package import SyncModel

extension IdleVault {
    /// As `Vault.differences`.
    package func differences(
        from tree: ObjectID?, _ path: TreePath?, missing: (FolderError) -> Void
    ) throws -> [FileDifference] {
        try opened.vault.differences(from: tree, path, missing: missing)
    }

    /// As `Vault.uncommitted`.
    package func uncommitted() throws -> [TreePath] { try opened.vault.uncommitted() }
}
