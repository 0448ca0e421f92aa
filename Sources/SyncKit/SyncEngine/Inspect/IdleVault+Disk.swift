package import SyncHistory
package import SyncModel

extension IdleVault {
    /// As `DiskLook.differences`.
    package func differences(
        from tree: ObjectID?, _ path: TreePath?, missing: (FolderError) -> Void
    ) throws -> [FileDifference] {
        try DiskLook(vault: opened.vault).differences(from: tree, path, missing: missing)
    }

    /// As `DiskLook.uncommitted`.
    package func uncommitted() throws -> Uncommitted {
        try DiskLook(vault: opened.vault).uncommitted()
    }
}
