package import SyncModel

extension IdleVault {
    /// The paths of all files that no commit has as they stand: edits that nobody captured, and
    /// what is held back.
    package func uncommitted() throws -> [TreePath] {
        let vault = opened.vault
        var paths = try vault.report.quarantined(ignored: false).map(\.path)
        for folder in vault.folders {
            do throws(FolderError) { try folder.access.checkRoot() } catch {
                // What stands there, if anything does, is not the vault's.
                if folder.stops(for: error) { continue }
                throw error
            }
            let findings = try Examination.examine(
                .everything, of: folder, store: vault.store, tracked: [])
            paths += findings.toRead.map { folder.repositoryPath($0.0) }
        }
        return paths
    }
}
