internal import FoundationEssentials
internal import SyncModel
internal import SyncTree

/// What a folder of the configuration covered when the vault was last opened.
struct FolderScope: Codable, Equatable {
    /// Nil for the whole repository.
    let prefix: TreePath?
    /// The patterns that this device left out.
    let ignore: [String]

    /// Reads what `text` wrote; nil when it cannot be read: nothing is known then.
    static func read(_ text: String?) -> [FolderScope]? {
        guard let text else { return nil }
        do { return try JSONDecoder().decode([FolderScope].self, from: Data(text.utf8)) } catch {
            return nil
        }
    }

    /// The form that the state store keeps.
    static func text(_ scopes: [FolderScope]) throws -> String {
        String(decoding: try JSONEncoder().encode(scopes), as: UTF8.self)
    }
}

/// Paths that go out of what a device syncs and come back. What a rule covers is parked: its row
/// stays, with a note of the commit whose version it holds, and nobody looks at the disk, nor at
/// the note. What comes back joins: the row goes, so that its absence is no deletion, and the
/// head's version waits for it.
struct ScopeChange {
    let repository: any ObjectRepository
    let store: any StateStore
    let branch: Branch

    /// Compares what the configuration covers with what it covered before, and notes it.
    /// - Throws: `StateStoreError`, `RepositoryError`; it is done again at the next opening then.
    /// - Returns: the folders that this device synced before.
    func note(_ folders: [VaultFolder]) throws -> Set<FolderID> {
        let now = folders.map { FolderScope(prefix: $0.id, ignore: $0.patterns) }
        let before = FolderScope.read(try store.fact(Vault.Fact.scope))
        let known = Set(try folders.filter { try store.applied($0.id) != nil }.map(\.id))
        for folder in folders where known.contains(folder.id) {
            var parked: [DeferredPath] = []
            let old = before?.first { $0.prefix == folder.id }
            if old?.ignore != folder.patterns {
                parked = try store.parked(folder.id)
                let noted = Set(try (parked + store.deferred(folder.id)).map(\.path))
                if before != nil, old == nil {
                    try rejoin(folder, noted)
                } else {
                    let rules = IgnoreRules.only(old?.ignore ?? [])
                    try rescope(folder, since: rules, isKnown: old != nil, noted)
                }
            }
            // An older version of the program kept what it parked among what waits.
            try park(in: folder, parked)
        }
        if before == now { return known }
        try store.setFact(Vault.Fact.scope, try FolderScope.text(now))
        return known
    }

    /// A folder that was out of the configuration: none of its files was looked at meanwhile.
    private func rejoin(_ folder: VaultFolder, _ noted: Set<TreePath>) throws {
        let applied = try store.applied(folder.id) ?? .zero
        try changeRows(of: folder) { row in
            [.remove(row.path)]
                + (noted.contains(row.path) ? [] : [.deferUpdate(row.path, base: applied)])
        }
    }

    /// Parks what the rules cover now and did not cover, and joins what they let go.
    /// - Parameter isKnown: whether the rules of before are known; if not, what is covered was
    ///   parked by a version of the program that kept no base.
    private func rescope(
        _ folder: VaultFolder, since old: IgnoreRules, isKnown: Bool, _ noted: Set<TreePath>
    ) throws {
        let applied = try store.applied(folder.id) ?? .zero
        var rows: Set<TreePath> = []
        try changeRows(of: folder) { row in
            rows.insert(row.path)
            let was = !old.isIgnored(row.path, isDirectory: row.version.isDirectory)
            let isCovered = folder.isInScope(row.path, row.version)
            let isNoted = noted.contains(row.path)
            if was && !isCovered {
                return isNoted ? [] : [.deferUpdate(row.path, base: isKnown ? applied : .zero)]
            }
            if was || !isCovered { return [] }
            return [.remove(row.path)] + (isNoted ? [] : [.deferUpdate(row.path, base: applied)])
        }
        // What came while it was left out has no row.
        var changes: [StateChange] = []
        for change in try TreeDiff.changes(
            from: nil, to: repository.tree(of: branch.head() ?? applied), below: folder.id,
            reading: repository)
        {
            guard let version = change.after, let path = folder.localPath(change.path, version),
                !rows.contains(path), !noted.contains(path),
                old.isIgnored(path, isDirectory: version.isDirectory)
            else { continue }
            changes.append(.deferUpdate(path, base: .zero))
        }
        if !changes.isEmpty { try store.advance(folder.id, changes, applied: nil) }
    }

    /// Parks the notes of what this device leaves out, and has wait what it takes part in again.
    /// - Parameter parked: the notes that may be of what it takes part in.
    private func park(in folder: VaultFolder, _ parked: [DeferredPath]) throws {
        var changes: [StateChange] = []
        for note in try store.deferred(folder.id) where try !takesPart(in: note.path, of: folder) {
            changes.append(.park(note.path, base: note.base))
        }
        for note in parked where try takesPart(in: note.path, of: folder) {
            changes.append(.deferUpdate(note.path, base: note.base))
        }
        if !changes.isEmpty { try store.advance(folder.id, changes, applied: nil) }
    }

    /// Whether an apply would bring the head's version to a path.
    private func takesPart(in path: TreePath, of folder: VaultFolder) throws -> Bool {
        let isInScope = folder.isInScope(path)
        if isInScope == folder.isInScope(path, isDirectory: true) { return isInScope }
        let wanted = try TreeDiff.version(
            at: folder.repositoryPath(path), of: repository.tree(of: branch.head()),
            reading: repository)
        return folder.isInScope(path, try wanted ?? store.file(folder.id, path)?.version)
    }

    /// Changes rows, one directory at a time.
    private func changeRows(
        of folder: VaultFolder, _ change: (TrackedFile) throws -> [StateChange]
    ) throws {
        var changes: [StateChange] = []
        for row in try store.files(folder.id, in: nil) { changes += try change(row) }
        var cursor: TreePath?
        while let next = try store.directory(folder.id, after: cursor) {
            cursor = next
            for row in try store.files(folder.id, in: next) { changes += try change(row) }
        }
        if !changes.isEmpty { try store.advance(folder.id, changes, applied: nil) }
    }
}
