internal import SyncModel
internal import SyncTree

/// What looking at a folder found, before any content was read.
struct Findings {
    /// Files that may have changed, with their record.
    var toRead: [(path: TreePath, row: TrackedFile?)] = []
    /// Records whose file or empty directory is gone, or is empty no more.
    var deleted: [TrackedFile] = []
    /// Directories in which nothing stands that the state store does not know, and whether
    /// something that is synced stood in them before.
    var emptied: [(path: TreePath, stat: FileStat, wasFilled: Bool)] = []
    /// Paths to hold back, or (nil) to hold no longer.
    var quarantines: [(path: TreePath, reason: QuarantinedPath.Reason?)] = []
    /// Files and directories that could not be looked at.
    var unread: [TreePath] = []
    /// Files that are left out for their names alone.
    var temporaries: [TreePath] = []
}

/// Compares a folder with its rows by stat: what must be read and what is gone.
struct Examination {
    let folder: VaultFolder
    let store: any StateStore
    let tracked: Set<TreePath>
    var findings = Findings()
    /// Paths that were looked at, with all below them.
    private(set) var covered: Set<TreePath> = []
    /// What was held back before, and why.
    let quarantined: [TreePath: QuarantinedPath.Reason]
    /// What could not be looked into now, with all below it.
    var unseen: [TreePath] = []
    var logs = DatabaseLogs()
    /// Directories that something left, and whether that was synced.
    private var left: [TreePath: Bool] = [:]
    /// Directories that were looked at for what became of their entries.
    var lookedInto: Set<TreePath> = []

    /// A file whose times are this close to its last check may have changed within the clock's
    /// granularity, in nanoseconds: a kernel tick and room to spare.
    static let granularity: Int64 = 20_000_000

    /// The same where a file system counts in seconds, or, as FAT does, in two.
    static let coarseGranularity: Int64 = 2_020_000_000

    /// Looks at what is dirty in one folder.
    /// - Parameter tracked: paths that are synced although they have no row yet.
    static func examine(
        _ dirty: DirtyPaths, of folder: VaultFolder, store: any StateStore,
        tracked: Set<TreePath>
    ) throws -> Findings {
        var examination = try Examination(folder: folder, store: store, tracked: tracked)
        if dirty.all {
            try examination.scan(nil)
        } else {
            let databases = examination.logs.databases(
                of: dirty.paths, in: folder, quarantined: examination.quarantined)
            // In byte order a directory comes before what is in it, and covers it.
            for path in dirty.directories.union(dirty.paths).union(databases).sorted() {
                try examination.look(at: path)
            }
            for (directory, wasSynced) in examination.left.sorted(by: { $0.key < $1.key }) {
                try examination.noteLeft(directory, wasSynced: wasSynced)
            }
        }
        examination.release(all: dirty.all)
        return examination.findings
    }

    private init(folder: VaultFolder, store: any StateStore, tracked: Set<TreePath>)
        throws(StateStoreError)
    {
        self.folder = folder
        self.store = store
        self.tracked = tracked
        quarantined = try folder.quarantined(store)
    }

    /// Looks at one path, whatever stands there now.
    private mutating func look(at path: TreePath) throws {
        guard folder.isInScope(path), !path.ancestors.contains(where: covered.contains),
            covered.insert(path).inserted
        else { return }
        let row = try store.file(folder.id, path)
        let stat: FileStat?
        do throws(FolderError) {
            stat = try folder.access.stat(path)
            if try quarantineRefused(path, stat) { return }
        } catch { return try quarantine(path, error) }
        if folder.depth(of: path) > Limits.pathDepth { return }
        if let stat, stat.kind == .directory {
            if folder.depth(of: path) == Limits.pathDepth {
                return findings.quarantines.append((path, .tooDeep))
            }
            guard folder.isInScope(path, isDirectory: true), try isWatched(path) else {
                if let row, !row.version.isDirectory { findings.deleted.append(row) }
                return
            }
            try noteFilled(above: path)
            return try scan(Visit(path: path, stat: stat, row: row))
        }
        var swept = Scan(pending: [])
        try sweep(below: path, on: &swept)
        unseen += swept.failed
        guard let stat else {
            if let row, folder.isInScope(path, row.version) { findings.deleted.append(row) }
            if let parent = path.parent { left[parent] = left[parent] ?? false || row != nil }
            return
        }
        let rules = try folder.ignore.directory(path.parent)
        if classify(path, stat, row, rules), row == nil { try noteFilled(above: path) }
    }

    /// Decides by stat whether a file or link has to be read.
    /// - Returns: whether it is a file or link that is not left out.
    @discardableResult
    private mutating func classify(
        _ path: TreePath, _ stat: FileStat, _ row: TrackedFile?, _ directory: IgnoreView.Directory
    ) -> Bool {
        if let row, row.isProven(by: stat), !logs.areBeside(path) { return true }
        let isTracked = tracked.contains(path)
        // What a rule left out, and an update waits for, is in its way and no version of it, be
        // that rule there or not: it may have gone with that update.
        if row == nil, isTracked, quarantined[path] == .leftOut { return false }
        if row == nil, !isTracked, directory.isIgnored(path, isDirectory: false) {
            // Counted where a built-in pattern leaves it out: nobody asked for that.
            if IgnoreRules.isTemporary(path) { findings.temporaries.append(path) }
            return false
        }
        if stat.kind == .special {
            findings.quarantines.append((path, .special))
            return false
        } else if TreeName.isRefused(Array(path.name), as: stat.kind.mode ?? .directory) {
            findings.quarantines.append((path, .refused))
        } else if quarantined[path] == .inUse && logs.areBeside(path)
            && folder.access.isStillQuarantined(path, for: .inUse)
        {
            findings.quarantines.append((path, .inUse))
        } else {
            findings.toRead.append((path, row))
        }
        return true
    }

    /// A scan on its way.
    private struct Scan {
        var visited: Set<TreePath> = []
        var failed: [TreePath] = []
        var pending: [Visit?]
        /// What was visited, by its name in small letters; made when it is asked for.
        private lazy var spellings = Dictionary(
            visited.map { (Self.folded($0), $0) }, uniquingKeysWith: { $1 })

        init(pending: [Visit?]) { self.pending = pending }

        /// Whether a directory was visited under a name of other case or composition.
        mutating func hasRespelt(
            _ directory: TreePath, _ stat: FileStat?, in folder: VaultFolder
        ) throws(FolderError) -> Bool {
            guard let stat, let other = spellings[Self.folded(directory)], other != directory,
                let found = try folder.access.stat(other)
            else { return false }
            return found.inode == stat.inode && found.device == stat.device
        }

        private static func folded(_ path: TreePath) -> String {
            String(decoding: path.bytes, as: UTF8.self).lowercased()
        }
    }

    /// What the state store knows in a directory and no entry of its listing is of, and its rules.
    private struct Listing {
        let directory: TreePath?
        var rows: [TreePath: TrackedFile] = [:]
        let rules: IgnoreView.Directory

        /// Takes the row of an empty directory out; a file's row stays: the file is gone.
        mutating func takeDirectory(_ path: TreePath) -> TrackedFile? {
            guard rows[path]?.version.isDirectory ?? false else { return nil }
            return rows.removeValue(forKey: path)
        }

        /// What stands in the directory though its listing has it not: a name that comes while a
        /// directory is listed may be left out, be it that it stood there before.
        func missed(by entries: [FolderEntry], in folder: VaultFolder) -> [FolderEntry] {
            if rows.isEmpty { return [] }
            let listed = Set(entries.map(\.name))
            return rows.values.sorted { $0.path < $1.path }.compactMap { row in
                let name = Array(row.path.name)
                guard !listed.contains(name), folder.isInScope(row.path, row.version) else {
                    return nil
                }
                do throws(FolderError) {
                    guard let stat = try folder.access.stat(row.path) else { return nil }
                    let entry = FolderEntry(name: name, stat: stat)
                    return entries.contains(where: entry.isRespelt) ? nil : entry
                } catch { return FolderEntry(name: name, failure: error.code) }
            }
        }
    }

    /// Scans a directory and all below it; nil is the root.
    private mutating func scan(_ start: Visit?) throws {
        var scan = Scan(pending: [start])
        while let visit = scan.pending.popLast() {
            let directory = visit?.path
            let entries: [FolderEntry]
            do { entries = try folder.access.list(directory) } catch {
                if directory != nil && error.code == .notFound { continue }
                try quarantine(directory, error)
                if let directory { scan.failed.append(directory) }
                continue
            }
            logs.note(entries, in: directory)
            if let directory { scan.visited.insert(directory) }
            var listing = Listing(
                directory: directory, rules: try folder.ignore.directory(directory))
            for row in try store.files(folder.id, in: directory) { listing.rows[row.path] = row }
            var isFilled = false
            for entry in entries where try take(entry, of: &listing, on: &scan) { isFilled = true }
            for entry in listing.missed(by: entries, in: folder)
            where try take(entry, of: &listing, on: &scan) { isFilled = true }
            let gone = listing.rows.values.filter { folder.isInScope($0.path, $0.version) }
            findings.deleted += gone
            if let visit {
                let wasFilled = !gone.isEmpty
                note(visit, isFilled: isFilled, isBare: entries.isEmpty, wasFilled: wasFilled)
            }
        }
        try sweep(below: start?.path, on: &scan)
        unseen += scan.failed
    }

    /// Takes one entry of a listing, and its row out of those that are left.
    /// - Returns: whether it is synced, or may be.
    private mutating func take(
        _ entry: FolderEntry, of listing: inout Listing, on scan: inout Scan
    ) throws -> Bool {
        guard
            let path = listing.directory.map({ $0.appending(entry.name) }) ?? TreePath(entry.name),
            folder.isInScope(path, isDirectory: entry.stat.kind == .directory)
        else { return false }
        if let failure = entry.failure {
            try quarantine(path, FolderError(failure, "look at", path, "it fails"))
            scan.failed.append(path)
            listing.rows[path] = nil
            return true
        }
        guard entry.stat.kind == .directory else {
            let row = listing.rows.removeValue(forKey: path)
            return classify(path, entry.stat, row, listing.rules)
        }
        let row = listing.takeDirectory(path)
        guard try isWatched(path) else { return false }
        if folder.depth(of: path) >= Limits.pathDepth {
            findings.quarantines.append((path, .tooDeep))
            scan.failed.append(path)
        } else if TreeName.isRefused(entry.name, as: .directory) {
            findings.quarantines.append((path, .refused))
            scan.failed.append(path)
        } else {
            scan.pending.append(Visit(path: path, stat: entry.stat, row: row))
        }
        return true
    }

    /// Finds the records of directories that were not visited since they are gone. One that came
    /// back in that moment stands, with what is in it.
    private mutating func sweep(below start: TreePath?, on scan: inout Scan) throws {
        var gone: [TreePath] = []
        if let start, !scan.visited.contains(start) { gone.append(start) }
        var cursor = start
        while let next = try store.directory(folder.id, after: cursor, below: start) {
            cursor = next
            if !scan.visited.contains(next) { gone.append(next) }
        }
        for directory in gone where !scan.failed.contains(where: { directory.isAtOrBelow($0) }) {
            let rows = try store.files(folder.id, in: directory)
                .filter { folder.isInScope($0.path, $0.version) }
            if rows.isEmpty { continue }
            let stands: Bool
            do throws(FolderError) {
                let stat = try folder.access.stat(directory)
                var isThere = stat?.kind == .directory
                if isThere { isThere = try !scan.hasRespelt(directory, stat, in: folder) }
                stands = isThere
            } catch {
                try quarantine(directory, error)
                continue
            }
            if !stands {
                findings.deleted += rows
                continue
            }
            var listing = Listing(
                directory: directory, rules: try folder.ignore.directory(directory))
            for row in rows { listing.rows[row.path] = row }
            for entry in listing.missed(by: [], in: folder) {
                _ = try take(entry, of: &listing, on: &scan)
            }
            findings.deleted += listing.rows.values
        }
    }

    /// Whether a directory is looked into: not ignored, or files in it are synced already.
    func isWatched(_ directory: TreePath) throws -> Bool {
        if try !folder.ignore.isIgnored(directory, isDirectory: true) { return true }
        if tracked.contains(where: { $0.isAtOrBelow(directory) }) { return true }
        if try !store.files(folder.id, in: directory).isEmpty { return true }
        return try store.directory(folder.id, after: nil, below: directory) != nil
    }
}

extension FolderEntry {
    /// Whether a listed entry is this one, found under a name of other case or composition, as
    /// file systems do that tell neither apart.
    fileprivate func isRespelt(_ listed: FolderEntry) -> Bool {
        listed.stat.inode == stat.inode && listed.stat.device == stat.device
            && String(decoding: listed.name, as: UTF8.self).lowercased()
                == String(decoding: name, as: UTF8.self).lowercased()
    }
}

extension TrackedFile {
    /// Whether a stat proves that the content is what the state store says.
    fileprivate func isProven(by stat: FileStat) -> Bool {
        let isCoarse = [stat.modified, stat.changed].allSatisfy { $0 % 1_000_000_000 == 0 }
        let (due, overflow) = max(stat.modified, stat.changed).addingReportingOverflow(
            isCoarse ? Examination.coarseGranularity : Examination.granularity)
        return stat == self.stat && !overflow && due < checked
    }
}
