package import SyncHistory
package import SyncModel

/// What stands on the disk, beside what is committed: nothing is captured for it.
package struct DiskLook {
    let vault: Vault

    /// How a commit's tree differs from what the folders hold, with what nobody captured yet.
    /// - Parameters:
    ///   - tree: nil is the empty tree.
    ///   - path: only this file, or what is below this directory; nil is everything.
    ///   - missing: told of each folder that is not there; it counts as unchanged.
    /// - Throws: what reading the folders or the repository throws; a file that cannot be read
    ///   counts as unchanged.
    package func differences(
        from tree: ObjectID?, _ path: TreePath?, missing: (FolderError) -> Void
    ) throws -> [FileDifference] {
        let scratch = ScratchRepository(over: vault.repository)
        let pack = try scratch.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        for folder in vault.folders where Self.isAbout(path, folder.id) {
            do throws(FolderError) { try folder.access.checkRoot() } catch {
                guard folder.stops(for: error) else { throw error }
                missing(error)
                continue
            }
            let findings = try Examination.examine(
                .everything, of: folder, store: vault.store, tracked: [])
            for row in findings.deleted {
                versions.updateValue(nil, forKey: folder.repositoryPath(row.path))
            }
            for (path, row) in findings.toRead {
                let snapshot: FileSnapshot
                do { snapshot = try folder.access.read(path) } catch {
                    if error.path == nil { throw error }
                    continue
                }
                let id = try pack.add(.blob, snapshot.content)
                let version = FileVersion(mode: snapshot.mode, id: id)
                if version != row?.version { versions[folder.repositoryPath(path)] = version }
            }
        }
        let head = try vault.repository.tree(of: vault.head())
        let now = try TreeEdit.apply(versions, to: head, reading: vault.repository, writing: pack)
        try pack.finish()
        return try TreeComparison(from: tree, to: now, reading: scratch).files(path)
    }

    /// All files that no commit has as they stand: edits that nobody captured, and what is held
    /// back.
    package func uncommitted() throws -> Uncommitted {
        var found = Uncommitted()
        found.paths = try vault.report.quarantined(ignored: false).map(\.path)
        for folder in vault.folders {
            do throws(FolderError) { try folder.access.checkRoot() } catch {
                guard folder.stops(for: error) else { throw error }
                // What stands there, if anything does, is not the vault's.
                found.folders.append(.init(prefix: folder.id, problem: SyncFailure(error).text))
                continue
            }
            let findings = try Examination.examine(
                .everything, of: folder, store: vault.store, tracked: [])
            for (path, row) in findings.toRead where try !Self.isCommitted(path, row, in: folder) {
                found.paths.append(folder.repositoryPath(path))
            }
        }
        return found
    }

    /// Whether a file is as the state store says though its stat does not tell; one that cannot be
    /// read is not.
    private static func isCommitted(_ path: TreePath, _ row: TrackedFile?, in folder: VaultFolder)
        throws(FolderError) -> Bool
    {
        guard let row else { return false }
        do { return try folder.access.read(path).version == row.version } catch {
            if error.path == nil { throw error }
            return false
        }
    }

    /// Whether a folder has something of a path; nil is everything, for either.
    package static func isAbout(_ path: TreePath?, _ folder: FolderID) -> Bool {
        guard let path, let folder else { return true }
        return path.isAtOrBelow(folder) || folder.isAtOrBelow(path)
    }
}
