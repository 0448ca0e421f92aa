internal import SyncMerge
package import SyncModel

/// What one capture did.
package struct CaptureReport: Sendable {
    /// The new head when something was committed.
    package var head: ObjectID?
    /// How many paths the commits changed.
    package var changes = 0
}

/// Taking the folders' changes into the repository. A capture commit's parent is the commit whose
/// version the writer saw, which is the folder's applied commit but for paths whose newer version
/// was put off: so a local edit never silently undoes a change it knew nothing of.
extension Vault {
    /// One captured change, and the commit whose version was changed. A class: a first capture has
    /// as many as there are files, and each is sorted into several lists.
    final class Captured {
        let folder: Int
        let local: TreePath
        let change: TreeChange
        var base: ObjectID?
        /// What the state store shall hold; nil removes the row.
        let row: TrackedFile?
        /// Set for an edit found in a file that apply had moved away: the state store stays as it
        /// is.
        let displaced: DisplacedFile?
        /// The bytes, where an open conflict hangs on them or the file may have been renamed.
        let content: [UInt8]?
        /// The commit that has this very version, so that nothing is to be committed.
        var containedIn: ObjectID?
        /// The file that was renamed to this one, and edited.
        var renamedFrom: TreeChange?
        /// Newest modification of what stands there, nanoseconds; nil for a deletion.
        var modified: Int64? { row?.stat.modified }

        init(
            folder: Int, local: TreePath, change: TreeChange, base: ObjectID?,
            row: TrackedFile?, displaced: DisplacedFile? = nil, content: [UInt8]? = nil
        ) {
            self.folder = folder
            self.local = local
            self.change = change
            self.base = base
            self.row = row
            self.displaced = displaced
            self.content = content
        }
    }

    /// How a capture's deletions and times are taken.
    package struct CaptureOptions: Sendable {
        /// The change was seen as it happened: it is stamped now. A change found by a scan is
        /// stamped with the newest modification instead.
        package var live = false
        /// Deletes however much is gone.
        package var acceptDeletes = false

        /// The careful defaults.
        package init(live: Bool = false, acceptDeletes: Bool = false) {
            self.live = live
            self.acceptDeletes = acceptDeletes
        }
    }

    /// Captures what is dirty into one commit, or one for each commit that was changed upon, and
    /// advances the state store.
    /// - Parameters:
    ///   - dirty: what to look at, by index of the folder.
    /// - Throws: `RepositoryError`, `StateStoreError`, or `FolderError` for what concerns more than
    ///   one path; nothing is lost, and what was dirty has to be given again.
    @discardableResult
    package func capture(_ dirty: [Int: DirtyPaths], _ options: CaptureOptions = .init()) throws
        -> CaptureReport
    {
        try recoverHead()
        var dirty = dirty.merging(again, uniquingKeysWith: DirtyPaths.both)
        again = [:]
        if try waitsForRemote() {
            again = dirty
            return CaptureReport()
        }
        for (index, folder) in folders.enumerated() where folder.needsScan {
            dirty[index] = .everything
        }
        var isDone = false
        defer { if !isDone { again.merge(dirty, uniquingKeysWith: DirtyPaths.both) } }
        let head = try head()
        let pack = try repository.beginPack()
        var captured: [Captured] = []
        for (index, folder) in folders.enumerated() {
            do {
                try folder.access.checkRoot()
                folder.stopped = nil
                captured += try displaced(index, pack)
                guard let dirty = dirty[index], !dirty.isEmpty else { continue }
                captured += try readChanges(index, dirty, options, pack)
            } catch let error as FolderError where folder.stops(for: error) {
                folder.stopped = error
                again[index] = .everything
            }
        }
        let report = try commit(passed(captured, pack), onto: head, pack, options)
        isDone = true
        return report
    }

    /// Reads one folder's changes; contents go into the pack.
    private func readChanges(
        _ index: Int, _ dirty: DirtyPaths, _ options: CaptureOptions, _ pack: any PackSink
    ) throws -> [Captured] {
        let folder = folders[index]
        folder.readAtLast = []
        try refreshRules(index, dirty)
        let bases = try bases(of: folder)
        let findings = try examine(dirty, of: folder, bases)
        for quarantine in findings.quarantines {
            try self.quarantine(folder, quarantine.path, quarantine.reason)
        }
        if dirty.all {
            // What could not be looked at before and is not there any more waits for nobody.
            let seen = Set(findings.toRead.map(\.path)).union(findings.unread)
            folder.unread.formIntersection(seen)
        }
        if folder.needsScan { folder.unread.formUnion(findings.unread) }

        // An open conflict hangs on its file's text, and follows it to another name.
        let mayBeRenamed =
            !findings.deleted.isEmpty && findings.toRead.contains { $0.row == nil }
            && findings.deleted.count * findings.toRead.count <= Limits.renameComparisons
        let disputed = Set(try disputed(in: bases.commits).compactMap { folder.belowRoot($0) })
        let keepsAll =
            mayBeRenamed || !folder.interrupted.isEmpty
            || !disputed.isEmpty && findings.toRead.count <= Limits.batchPaths
        let files = try read(index, findings.toRead, pack) { path in
            keepsAll || disputed.contains(path)
        }
        var result = try files.map { file in
            captured(
                index, file.path, before: file.before, row: file.row,
                base: try bases.base(of: file.path), content: file.kept)
        }
        var directories = try emptied(index, findings, bases, options)
        let stays = Set(directories.map(\.local))
        var deletions = try findings.deleted.filter { !stays.contains($0.path) }.map { row in
            captured(
                index, row.path, before: row.version, row: nil,
                base: try bases.base(of: row.path))
        }
        if try !options.acceptDeletes && isMassDeletion(index, deletions, added: result) {
            for deletion in deletions.prefix(Limits.listedPaths) {
                try quarantine(folder, deletion.local, .massDeletion)
            }
            folder.quarantinedDeletions = deletions.count
            // Nor are the directories empty that they left so.
            (deletions, directories) = ([], [])
        } else if folder.quarantinedDeletions > 0 && (dirty.all || options.acceptDeletes) {
            folder.quarantinedDeletions = 0
            for quarantined in try store.quarantined(folder.id)
            where quarantined.reason == .massDeletion {
                if let path = folder.belowRoot(quarantined.path) {
                    try quarantine(folder, path, nil)
                }
            }
        }
        result = try join(index, result + directories, bases, options)
        try findCutShortBases(of: result, in: folder)
        if mayBeRenamed { try markRenames(of: deletions, to: result) }
        folder.keepsDeleted = false
        result += deletions
        return result
    }

    /// Looks at what is dirty in a folder. Of a scan is told how far it is.
    private func examine(_ dirty: DirtyPaths, of folder: VaultFolder, _ bases: FolderBases) throws
        -> Findings
    {
        if dirty.all {
            let known = try store.count(folder.id)
            work.begin(.scan, of: known > 0 ? known : nil)
        }
        defer { if dirty.all { work.end(.scan) } }
        return try Examination.examine(
            dirty, of: folder, store: store, tracked: bases.deferred)
    }

    /// Reads ignore rules anew where they may have changed.
    private func refreshRules(_ index: Int, _ dirty: DirtyPaths) throws {
        let folder = folders[index]
        if !folder.ignore.kept.isEmpty { try endKeptRules(of: folder) }
        try keepRules(dirty, in: folder)
        let rules = dirty.paths.filter { $0.name.elementsEqual(IgnoreView.name) }
        if dirty.all || !rules.isEmpty { folder.ignore.reset() }
        if rules.isEmpty { return }
        changedRules.insert(index)
        // What the rules left out until now may be synced from now on.
        again[index, default: DirtyPaths()].merge(.everything)
    }

    /// The directories in which nothing stands any more, or that came empty.
    private func emptied(
        _ index: Int, _ findings: Findings, _ bases: FolderBases, _ options: CaptureOptions
    ) throws -> [Captured] {
        if findings.emptied.isEmpty { return [] }
        let gone = Dictionary(
            findings.deleted.map { ($0.path, $0.version) }, uniquingKeysWith: { $1 })
        let checked = clock.nanoseconds()
        let comes = try treeStillToCome(to: folders[index])
        var result: [Captured] = []
        for (path, stat, wasFilled) in findings.emptied {
            // What an apply that was cut short emptied, it is about to take away.
            let goes = try comes.map {
                try !isThere(folders[index].repositoryPath(path), in: $0)
            }
            let age = (checked &- stat.changed) / 1_000_000
            let isNew =
                options.live && !wasFilled && (0..<Limits.emptyDirectoryMilliseconds).contains(age)
            if goes ?? false || isNew {
                recheck(index, path)
                continue
            }
            let row = TrackedFile(
                path: path, version: .emptyDirectory, stat: stat, checked: checked,
                sha256: SHA256Digest.of([]))
            result.append(
                captured(
                    index, path, before: gone[path], row: row, base: try bases.base(of: path)))
        }
        return result
    }

    /// What an apply that was cut short was about to bring to a folder; nil when none was.
    private func treeStillToCome(to folder: VaultFolder) throws -> ObjectID? {
        guard let last = folder.interrupted.last else { return nil }
        let isOver = try !folder.needsScan && store.applied(folder.id) == head()
        return isOver ? nil : try tree(of: last)
    }

    private func isThere(_ directory: TreePath, in tree: ObjectID) throws -> Bool {
        try TreeDiff.subtree(of: tree, at: directory, reading: repository) != nil
    }

    /// The files whose conflict is open in a commit that was changed upon, or in the head.
    private func disputed(in bases: Set<ObjectID>) throws -> Set<TreePath> {
        var paths = Set(try conflicts().records.map(\.path))
        var seen = Set([try ConflictList.directory(of: tree(of: head()), reading: repository)])
        for base in bases where repository.contains(base) {
            let tree = try tree(of: base)
            let directory = try ConflictList.directory(of: tree, reading: repository)
            guard seen.insert(directory).inserted else { continue }
            paths.formUnion(try ConflictList(of: tree, reading: repository).records.map(\.path))
        }
        return paths
    }

    private func captured(
        _ index: Int, _ path: TreePath, before: FileVersion?, row: TrackedFile?,
        base: ObjectID?, content: [UInt8]? = nil
    ) -> Captured {
        Captured(
            folder: index, local: path,
            change: TreeChange(
                path: folders[index].repositoryPath(path), before: before, after: row?.version),
            base: base, row: row, content: content)
    }

    /// A deletion is not counted when the same content appears elsewhere in the batch: a rename.
    private func isMassDeletion(_ index: Int, _ deletions: [Captured], added: [Captured]) throws
        -> Bool
    {
        if deletions.count <= Limits.deletesUnasked { return false }
        let come = Set(added.compactMap { $0.change.before == nil ? $0.change.after?.id : nil })
        let gone = deletions.count { deletion in
            deletion.change.before.map { !$0.isDirectory && !come.contains($0.id) } ?? false
        }
        let quarantined = try store.count(folders[index].id)
        return gone > Limits.deletesUnasked && gone * 100 > quarantined * maxDeletesPercent
    }

    /// The commit whose version stands at each path of a folder.
    func bases(of folder: VaultFolder) throws(StateStoreError) -> FolderBases {
        try FolderBases(folder, store, lost: appliedReference.recalled, in: repository)
    }

    /// Notes or takes away a reason to hold a path of a folder back.
    func quarantine(_ folder: VaultFolder, _ path: TreePath, _ reason: QuarantinedPath.Reason?)
        throws
    {
        try store.quarantine(folder.id, path, reason)
    }
}

extension VaultFolder {
    /// Whether a failure concerns the whole folder and nothing but it: it stops, others go on.
    func stops(for error: FolderError) -> Bool {
        switch error.code {
        case .rootMissing, .rootReplaced: true
        case .notFound, .unreadable, .io: error.path == nil
        default: false
        }
    }
}
