internal import SyncMerge
internal import SyncModel

/// What is dirty in one folder, as changes whose contents are in a pack: compared by stat, read
/// where that does not tell, and held back where nobody was asked.
final class FolderCapture {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock
    private let branch: Branch
    private let conflicts: OpenConflicts
    private let applied: AppliedReference
    private let rechecks: Rechecks
    private let joining: Joining
    private let reader: FolderReader
    private let limit: DeletionLimit
    private let work: WorkCount

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        branch: Branch, conflicts: OpenConflicts, applied: AppliedReference, rechecks: Rechecks,
        joining: Joining, reader: FolderReader, limit: DeletionLimit,
        work: WorkCount
    ) {
        (self.repository, self.store, self.clock) = (repository, store, clock)
        (self.branch, self.conflicts, self.applied) = (branch, conflicts, applied)
        (self.rechecks, self.joining, self.reader) = (rechecks, joining, reader)
        (self.limit, self.work) = (limit, work)
    }

    /// The commit that a folder holds; nil for none, or one that is not here any more.
    func applied(_ folder: VaultFolder) throws -> ObjectID? {
        try store.applied(folder.id).flatMap { repository.contains($0) ? $0 : nil }
    }

    /// Reads one folder's changes; contents go into the pack.
    func read(
        _ folder: VaultFolder, _ dirty: DirtyPaths, options: CaptureOptions,
        into pack: any PackSink
    ) throws -> FolderReading {
        folder.interrupted.beginReading()
        let bases = try FolderBases(folder, store, lost: applied.recalled, in: repository)
        try refreshRules(of: folder, dirty, bases)
        let findings = try examine(dirty, of: folder, bases)
        for quarantine in findings.quarantines {
            try store.quarantine(folder.id, quarantine.path, quarantine.reason)
        }
        if dirty.all {
            folder.interrupted.keepUnread(
                Set(findings.toRead.map(\.path)).union(findings.unread))
        }
        folder.interrupted.noteUnread(findings.unread)
        for row in findings.deleted { folder.busy.noteEnd(row.path) }

        // An open conflict hangs on its file's text, and follows it to another name.
        let mayBeRenamed =
            !findings.deleted.isEmpty && findings.toRead.contains { $0.row == nil }
            && findings.deleted.count * findings.toRead.count <= Limits.renameComparisons
        let disputed = Set(try disputed(in: bases.commits).compactMap { folder.belowRoot($0) })
        let keepsAll =
            mayBeRenamed || !folder.interrupted.isEmpty
            || !disputed.isEmpty && findings.toRead.count <= Limits.batchPaths
        let modes = UnkeptModes(
            folder: folder, repository: repository, bases: bases, head: try branch.head(),
            deleted: findings.deleted)
        let files = try reader.read(findings.toRead, in: folder, into: pack, modes: modes) { path in
            keepsAll || disputed.contains(path)
        }
        let changed = try files.map { file in
            captured(
                folder, file.path, before: file.before, row: file.row,
                base: try bases.base(of: file.path), content: file.kept)
        }
        let directories = try emptied(folder, findings, bases, options: options)
        let stays = Set(directories.map(\.local))
        let deletions = try findings.deleted.filter { !stays.contains($0.path) }.map { row in
            captured(
                folder, row.path, before: row.version, row: nil,
                base: try bases.base(of: row.path))
        }
        return FolderReading(
            folder, dirty, bases, unread: findings.unread, files: changed,
            mayBeRenamed: mayBeRenamed, directories: directories, deletions: deletions)
    }

    /// Whether a folder had nothing yet at one of these paths.
    func brings(_ paths: Set<TreePath>, to folder: VaultFolder) throws -> Bool {
        try paths.contains { try store.file(folder.id, $0) == nil }
    }

    /// What is to be committed of what was read.
    /// - Parameter isMoved: takes the file to which one of this folder has moved, by its content;
    ///   false where there is none.
    func changes(
        of reading: FolderReading, options: CaptureOptions,
        unless isMoved: (ObjectID) throws -> Bool
    ) throws -> [Captured] {
        var reading = reading
        let folder = reading.folder
        let before = reading.heldBefore
        let quarantined = folder.quarantinedDeletions
        folder.recentDeletions.underWay = 0
        if options.acceptDeletes {
            try folder.hold([], store)
        } else if !folder.quarantinedDeletions.isEmpty || !reading.deletions.isEmpty {
            let head = try branch.head()
            let tree = try repository.tree(of: head)
            try reading.holdDeletions(past: limit, at: clock.now(), store, unless: isMoved) {
                deletion in
                if deletion.base == head { return false }
                let path = deletion.change.path
                return try TreeDiff.version(at: path, of: tree, reading: repository) == nil
            }
        }
        var result = try joining.join(
            reading.files + reading.directories, of: folder, reading.bases, held: before,
            quarantined: quarantined, options: options)
        try CutShortBases(repository).find(of: result, in: folder)
        if reading.mayBeRenamed {
            try EditedRename.mark(reading.deletions, to: result, reading: repository)
        }
        folder.addsAgain = .none
        result += reading.deletions
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
            dirty, of: folder, store: store,
            tracked: try awaited(in: folder, bases).union(try mayBeBrought(to: folder)))
    }

    /// The paths at which something waits, but for those where a rule leaves out what stands: that
    /// is no version of it, and in its way.
    private func awaited(in folder: VaultFolder, _ bases: FolderBases) throws -> Set<TreePath> {
        if bases.deferred.isEmpty { return [] }
        let quarantined = try folder.quarantined(store)
        return try bases.deferred.filter { path in
            guard
                try folder.isLeftOut(
                    path, since: bases.base(of: path), lost: applied.recalled,
                    reading: repository),
                try store.file(folder.id, path) == nil
            else { return true }
            // Held, it is the apply's to look at.
            if quarantined[path] == .leftOut { return true }
            return !folder.access.hasNewContent(at: path, reading: repository)
        }
    }

    /// What an apply that was cut short may have put into a folder although a rule leaves it out
    /// by now: it is synced.
    private func mayBeBrought(to folder: VaultFolder) throws -> Set<TreePath> {
        if folder.interrupted.isEmpty { return [] }
        let applied = try repository.tree(of: store.applied(folder.id))
        var paths: Set<TreePath> = []
        for commit in folder.interrupted.all {
            let changes = try TreeDiff.changes(
                from: applied, to: repository.tree(of: commit), below: folder.id,
                reading: repository)
            for change in changes where change.after != nil {
                guard let path = folder.localPath(change.path, change.after),
                    folder.interrupted.heads(of: path).contains(commit),
                    try folder.ignore.isIgnored(path, isDirectory: false),
                    !folder.access.hasNewContent(at: path, reading: repository)
                else { continue }
                paths.insert(path)
            }
        }
        return paths
    }

    /// The vault's `.gitignore` files that a folder does not hold yet, by directory: all of them
    /// where it joins.
    private func vaultRules(
        for folder: VaultFolder, _ bases: FolderBases
    ) throws -> [TreePath?: [UInt8]] {
        let (head, applied) = (try branch.head(), try applied(folder))
        let waiting = bases.deferred.filter { $0.name.elementsEqual(IgnoreView.name) }
        if head == applied && waiting.isEmpty { return [:] }
        let tree = try repository.tree(of: head)
        var files: [TreePath: FileVersion?] = [:]
        for path in waiting {
            files[path] = .some(
                try TreeDiff.version(
                    at: folder.repositoryPath(path), of: tree, reading: repository))
        }
        for change in try TreeDiff.changes(
            from: repository.tree(of: applied), to: tree, below: folder.id, reading: repository)
        where change.path.name.elementsEqual(IgnoreView.name) {
            if let path = folder.localPath(change.path, change.after) {
                files[path] = .some(change.after)
            }
        }
        var rules: [TreePath?: [UInt8]] = [:]
        for case (let path, let version?) in files where version.mode.isFile {
            rules[path.parent] = try repository.blob(version.id)
        }
        return rules
    }

    /// Reads ignore rules anew where they may have changed. Those that come hold already: what
    /// they leave out is nobody else's.
    private func refreshRules(
        of folder: VaultFolder, _ dirty: DirtyPaths, _ bases: FolderBases
    ) throws {
        let keptRules = KeptRules(repository: repository, store: store, clock: clock)
        folder.ignore.join(try vaultRules(for: folder, bases))
        if dirty.all, let head = try branch.head(), try applied(folder) == nil,
            try joining.tookPart(folder)
        {
            try keptRules.findLost(of: folder, at: head)
        }
        let isFreed = try !folder.ignore.kept.isEmpty && keptRules.endKeptRules(of: folder)
        try keptRules.keepRules(dirty, in: folder)
        let waiting = folder.ignore.kept.filter { $0.value.until != nil }.keys
        for file in waiting.compactMap({ KeptRules.file(in: $0) }) {
            rechecks.note(file, in: folder)
        }
        let isNamed = dirty.paths.contains {
            $0.name.elementsEqual(IgnoreView.name) && !waiting.contains($0.parent)
        }
        // A directory that is named is all that is said of the files in it.
        let haveChanged = try isNamed || folder.ignore.haveChanged(below: dirty.directories)
        if dirty.all || haveChanged || !dirty.directories.isEmpty { folder.ignore.reset() }
        if haveChanged || isFreed { rechecks.noteRules(of: folder) }
        try LeftOutMarks(repository: repository, store: store)
            .release(at: branch.head(), in: folder)
    }

    /// The directories in which nothing stands any more, or that came empty.
    private func emptied(
        _ folder: VaultFolder, _ findings: Findings, _ bases: FolderBases, options: CaptureOptions
    ) throws -> [Captured] {
        if findings.emptied.isEmpty { return [] }
        let gone = Dictionary(
            findings.deleted.map { ($0.path, $0.version) }, uniquingKeysWith: { $1 })
        let checked = clock.nanoseconds()
        let comes = try treeStillToCome(to: folder)
        var result: [Captured] = []
        for (path, stat, wasFilled) in findings.emptied {
            // What an apply that was cut short emptied, it is about to take away.
            let goes = try comes.map {
                try !isThere(folder.repositoryPath(path), in: $0)
            }
            let age = (checked &- stat.changed) / 1_000_000
            let isNew =
                options.live && !wasFilled && (0..<Limits.emptyDirectoryMilliseconds).contains(age)
            if goes ?? false || isNew {
                rechecks.note(path, in: folder)
                continue
            }
            let row = TrackedFile(
                path: path, version: .emptyDirectory, stat: stat, checked: checked,
                sha256: SHA256Digest.of([]))
            result.append(
                captured(
                    folder, path, before: gone[path], row: row, base: try bases.base(of: path)))
        }
        return result
    }

    /// What an apply that was cut short was about to bring to a folder; nil when none was.
    private func treeStillToCome(to folder: VaultFolder) throws -> ObjectID? {
        guard let last = folder.interrupted.all.last else { return nil }
        let isOver = try !folder.interrupted.needsScan && store.applied(folder.id) == branch.head()
        return isOver ? nil : try repository.tree(of: last)
    }

    private func isThere(_ directory: TreePath, in tree: ObjectID) throws -> Bool {
        try TreeDiff.subtree(of: tree, at: directory, reading: repository) != nil
    }

    /// The files whose conflict is open in a commit that was changed upon, or in the head.
    private func disputed(in bases: Set<ObjectID>) throws -> Set<TreePath> {
        let head = try repository.tree(of: branch.head())
        var paths = Set(try conflicts.list(of: head).records.map(\.path))
        var seen = Set([try ConflictList.directory(of: head, reading: repository)])
        for base in bases where repository.contains(base) {
            let tree = try repository.tree(of: base)
            let directory = try ConflictList.directory(of: tree, reading: repository)
            guard seen.insert(directory).inserted else { continue }
            paths.formUnion(try ConflictList(of: tree, reading: repository).records.map(\.path))
        }
        return paths
    }

    private func captured(
        _ folder: VaultFolder, _ path: TreePath, before: FileVersion?, row: TrackedFile?,
        base: ObjectID?, content: [UInt8]? = nil
    ) -> Captured {
        Captured(
            folder: folder, local: path,
            change: TreeChange(
                path: folder.repositoryPath(path), before: before, after: row?.version),
            base: base, row: row, content: content)
    }
}
