package import SyncHistory
package import SyncModel

/// What stands on the disk, beside what is committed: nothing is captured for it.
package struct DiskLook {
    let vault: Vault

    /// How a commit's tree differs from what the folders hold, with what nobody captured yet.
    /// - Parameters:
    ///   - tree: nil is the empty tree.
    ///   - asked: only this file, or what is below this directory; nil is everything.
    ///   - missing: told of each folder that is not there; it counts as unchanged.
    /// - Throws: what reading the folders or the repository throws; a file that cannot be read
    ///   counts as unchanged. `ChangeRefusal` past `Limits.comparedBytes` of text that no commit
    ///   has.
    package func differences(
        from tree: ObjectID?, _ asked: TreePath?, missing: (FolderError) -> Void
    ) throws -> [FileDifference] {
        let scratch = ScratchRepository(over: vault.repository)
        let pack = try scratch.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        var (shown, count) = (0, 0)
        let head = try vault.head()
        for folder in vault.folders where Self.isAbout(asked, folder.id) {
            do throws(FolderError) { try folder.access.checkRoot() } catch {
                guard folder.stops(for: error) else { throw error }
                missing(error)
                continue
            }
            try versions.merge(behind(head, in: folder)) { $1 }
            let findings = try Examination.examine(
                .everything, of: folder, store: vault.store, tracked: [])
            for row in findings.deleted {
                versions.updateValue(nil, forKey: folder.repositoryPath(row.path))
            }
            for (path, row) in findings.toRead {
                let place = folder.repositoryPath(path)
                if let asked, !place.isAtOrBelow(asked) { continue }
                let snapshot: FileSnapshot
                do { snapshot = try folder.access.read(path) } catch {
                    if error.path == nil { throw error }
                    continue
                }
                let version = snapshot.version(like: row?.version)
                if version == row?.version { continue }
                versions[place] = version
                if vault.repository.contains(version.id) { continue }
                shown += try scratch.addShown(snapshot.content)
                // One alone is compared, however large.
                count += 1
                if shown > Limits.comparedBytes && count > 1 {
                    throw ChangeRefusal(
                        .wrong,
                        "more text than \(Limits.comparedBytes >> 20) MiB is in no commit: name a "
                            + "file or directory to compare")
                }
            }
        }
        let base = try vault.repository.tree(of: head)
        let now = try TreeEdit.apply(versions, to: base, reading: vault.repository, writing: pack)
        try pack.finish()
        return try TreeComparison(from: tree, to: now, reading: scratch).files(asked)
    }

    /// What a folder holds in another version than the head by the state store: what waits to be
    /// applied, and all of a head that was not applied yet.
    private func behind(_ head: ObjectID?, in folder: VaultFolder) throws
        -> [TreePath: FileVersion?]
    {
        var paths = Set(try folder.deferred(vault.store).map(\.path))
        let applied = try vault.store.applied(folder.id)
        if applied != head {
            let changes = try TreeDiff.changes(
                from: vault.repository.tree(of: applied), to: vault.repository.tree(of: head),
                below: folder.id, reading: vault.repository)
            paths.formUnion(changes.compactMap { folder.localPath($0.path, $0.after) })
        }
        var versions: [TreePath: FileVersion?] = [:]
        for path in paths {
            let row = try vault.store.file(folder.id, path)
            versions.updateValue(row?.version, forKey: folder.repositoryPath(path))
        }
        return versions
    }

    /// Whether something of the head is not in a folder yet.
    func isBehind() throws -> Bool {
        let head = try vault.head()
        return try vault.folders.contains { folder in
            try vault.store.applied(folder.id) != head || !folder.deferred(vault.store).isEmpty
        }
    }

    /// Whether a commit has every file as it stands; what is held back for what a tree holds is in
    /// none.
    func isCommitted() throws -> Bool {
        let held = Set(
            try vault.report.quarantined(ignored: false).filter { !$0.isOfEdits }.map(\.path))
        let found = try uncommitted()
        return found.folders.isEmpty && found.paths.allSatisfy(held.contains)
    }

    /// All files that no commit has as they stand: edits that nobody captured, and what is held
    /// back.
    package func uncommitted() throws -> Uncommitted {
        var found = Uncommitted()
        found.paths = try vault.report.quarantined(ignored: false)
            .filter { $0.isOfEdits || !isDirectory($0.path) }.map(\.path)
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
            var free: Set<TreePath> = []
            for (path, reason) in findings.quarantines {
                let path = folder.repositoryPath(path)
                if let reason {
                    let isOfEdits = QuarantinedPath(path: path, reason: reason).isOfEdits
                    if isOfEdits { found.paths.append(path) }
                } else {
                    free.insert(path)
                }
            }
            if !free.isEmpty { found.paths.removeAll(where: free.contains) }
        }
        // What is held back may be found again.
        var listed: Set<TreePath> = []
        found.paths = found.paths.filter { listed.insert($0).inserted }
        return found
    }

    /// Whether a directory stands at a path of the repository: where it is in the way of something,
    /// what is in it is not held back.
    private func isDirectory(_ path: TreePath) -> Bool {
        vault.folders.contains { folder in
            guard let local = folder.belowRoot(path) else { return false }
            // What cannot be looked at is told by whoever reads it.
            do { return try folder.access.stat(local)?.kind == .directory } catch { return false }
        }
    }

    /// Whether a file is as the state store says though its stat does not tell; one that cannot be
    /// read is not.
    private static func isCommitted(_ path: TreePath, _ row: TrackedFile?, in folder: VaultFolder)
        throws(FolderError) -> Bool
    {
        guard let row else { return false }
        do { return try folder.access.read(path).isVersion(row.version) } catch {
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
