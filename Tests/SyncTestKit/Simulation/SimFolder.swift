package import SyncModel
internal import Synchronization

/// A folder in memory: files with Linux's stat, a user who edits between any two calls, programs
/// that hold files open, and crashes.
package final class SimFolder: FolderAccess {
    /// A file as it stands in the folder.
    package struct File: Sendable, Equatable {
        package let content: [UInt8]
        package var stat: FileStat
        /// What git calls it.
        package let version: FileVersion
        package var mode: FileMode { version.mode }

        init(_ content: [UInt8], _ mode: FileMode, _ stat: FileStat) {
            (self.content, self.stat) = (content, stat)
            version = FileVersion(mode: mode, id: ObjectID(hashing: content, as: .blob))
        }
    }

    struct State {
        var files: [TreePath: File] = [:]
        /// Directories that stand although no file has to be in them.
        var directories: Set<TreePath> = []
        var staged: [UInt64: (content: [UInt8], mode: FileMode, modified: Int64)] = [:]
        var displaced: [UInt64: DisplacedFile] = [:]
        /// What was put in other versions' places since the last look at what was displaced.
        var placed: [TreePath: FileVersion] = [:]
        var nextInode: UInt64 = 1
        var writes = 0
        /// Whether nothing more can be written but by users.
        var isFull = false
        /// Whether the disk was taken out.
        var isGone = false
        /// Whether the file system keeps the executable bit.
        var keepsModes = true
        /// Staged contents that are on the disk.
        var flushed: Set<UInt64> = []
        /// The inodes of files whose content is not on the disk.
        var hollow: Set<UInt64> = []
        /// Changes of directories that are not on the disk, the oldest first.
        var unflushed: [Unflushed] = []
        /// Files that stand there and that no listing has, as if they came while it was made.
        var unlisted: Set<TreePath> = []
        /// Where displaced files stood that a program has open.
        var displacedInUse: Set<TreePath> = []
        /// Directories that the daemon may not look into.
        var forbidden: Set<TreePath> = []

        /// Whether a version stands at a path, as far as the file system keeps what tells.
        func stands(_ version: FileVersion?, at path: TreePath) -> Bool {
            let here = files[path]?.version
            if keepsModes || here == version { return here == version }
            guard let here, let version, here.mode.isFile, version.mode.isFile else { return false }
            return here.id == version.id
        }

        /// The mode of a file as it is read.
        func mode(of file: File) -> FileMode? {
            keepsModes || !file.mode.isFile ? file.mode : nil
        }

        /// Whether something stands in a directory.
        func isFilled(_ directory: TreePath) -> Bool {
            files.keys.contains { $0.isAtOrBelow(directory) }
                || directories.contains { $0 != directory && $0.isAtOrBelow(directory) }
        }

        /// Takes the directories at and below a path away, in whose place a file comes.
        mutating func clear(_ path: TreePath) {
            directories = directories.filter { !$0.isAtOrBelow(path) }
        }

        mutating func removeDirectory(_ path: TreePath) {
            if !isFilled(path) { directories.remove(path) }
        }
    }

    let state = Mutex(State())
    let clock: SimClock
    /// Called before each call of the engine: may edit, and throws to crash.
    private let before: @Sendable (_ changes: Bool) throws(FolderError) -> Void
    /// Whether a program has the file open at this moment.
    private let isBusy: @Sendable (TreePath) -> Bool
    /// What a program that still has a replaced file open writes to it; nil for nothing.
    private let lateWrite: @Sendable (_ path: TreePath, _ old: [UInt8]) -> [UInt8]?
    /// Called with every content that apply is about to destroy.
    private let destroys: @Sendable (_ path: TreePath, _ content: [UInt8]) -> Void

    /// Takes the hooks.
    package init(
        clock: SimClock,
        before: @escaping @Sendable (_ changes: Bool) throws(FolderError) -> Void,
        isBusy: @escaping @Sendable (TreePath) -> Bool,
        lateWrite: @escaping @Sendable (_ path: TreePath, _ old: [UInt8]) -> [UInt8]?,
        destroys: @escaping @Sendable (_ path: TreePath, _ content: [UInt8]) -> Void
    ) {
        self.clock = clock
        self.before = before
        self.isBusy = isBusy
        self.lateWrite = lateWrite
        self.destroys = destroys
    }

    package func checkRoot() throws(FolderError) {
        try before(false)
        try throwIfGone()
    }

    package func list(_ directory: TreePath?, atMost count: Int) throws(FolderError)
        -> [FolderEntry]
    {
        try before(false)
        if let directory, state.withLock({ $0.forbidden.contains(directory) }) {
            throw FolderError(.unreadable, "list", directory)
        }
        return state.withLock { state in
            if state.isGone { return [] }
            var entries: [[UInt8]: FileStat] = [:]
            for (path, file) in state.files where !state.unlisted.contains(path) {
                guard let rest = directory.map({ path.relative(to: $0) }) ?? path else { continue }
                let name = Array(rest.components[0])
                entries[name] = rest.parent == nil ? file.stat : Self.directoryStat
            }
            for path in state.directories {
                guard let rest = directory.map({ path.relative(to: $0) }) ?? path else { continue }
                entries[Array(rest.components[0])] = Self.directoryStat
            }
            return entries.map { FolderEntry(name: $0.key, stat: $0.value) }
                .sorted { $0.name.lexicographicallyPrecedes($1.name) }
                .prefix(count).map { $0 }
        }
    }

    /// Leaves files out of every listing from now on; they stand there all the same.
    package func leaveOutOfListings(_ paths: Set<TreePath>) {
        state.withLock { $0.unlisted = paths }
    }

    /// Forbids the daemon to look into directories, and into no others.
    package func forbid(_ directories: Set<TreePath>) {
        state.withLock { $0.forbidden = directories }
    }

    package func stat(_ path: TreePath) throws(FolderError) -> FileStat? {
        try before(false)
        if state.withLock({ path.ancestors.contains(where: $0.forbidden.contains) }) {
            throw FolderError(.unreadable, "look at", path)
        }
        return state.withLock { state in
            if state.isGone { return nil }
            if let file = state.files[path] { return file.stat }
            let isThere = state.directories.contains(path) || state.isFilled(path)
            return isThere ? Self.directoryStat : nil
        }
    }

    package func read(_ path: TreePath, whileOpen: Bool) throws(FolderError) -> FileSnapshot {
        try before(false)
        let found = state.withLock { state in
            (state.isGone ? nil : state.files[path]).map { (file: $0, mode: state.mode(of: $0)) }
        }
        guard let (file, mode) = found else { throw FolderError(.notFound, "read", path) }
        if file.mode.isFile && !whileOpen && isBusy(path) { throw FolderError(.busy, "read", path) }
        return FileSnapshot(mode: mode, content: file.content, stat: file.stat)
    }

    package func stage(_ content: [UInt8], as version: FileVersion, modified: Timestamp)
        throws(FolderError) -> StagedFile
    {
        try before(true)
        if isFull { throw FolderError(.noSpace, "stage", nil, "full") }
        return state.withLock { state in
            let token = state.nextInode
            state.nextInode += 1
            let time = min(modified.milliseconds, .max / 1_000_000) * 1_000_000
            state.staged[token] = (content, version.mode, time)
            return StagedFile(token: token, version: version)
        }
    }

    package func flush(_ staged: [StagedFile]) throws(FolderError) {
        try before(true)
        state.withLock { $0.flushed.formUnion(staged.map(\.token)) }
    }

    package func discard(_ staged: StagedFile) {
        state.withLock { $0.staged[staged.token] = nil }
    }

    package func install(_ staged: StagedFile, at path: TreePath, replacing expected: FileVersion?)
        throws(FolderError) -> ApplyOutcome
    {
        try before(true)
        try throwIfGone()
        if expected != nil && isBusy(path) { return .busy }
        let time = tick()
        let (outcome, old): (ApplyOutcome, File?) = state.withLock { state in
            let here = state.files[path]
            if !state.stands(expected, at: path) { return (.differs, nil) }
            let inTheWay = state.files.keys.contains {
                $0 != path && ($0.isAtOrBelow(path) || path.isAtOrBelow($0))
            }
            if inTheWay { return (.obstructed, nil) }
            guard let new = state.staged.removeValue(forKey: staged.token) else {
                return (.differs, nil)
            }
            state.writes += 1
            state.clear(path)
            Self.put(
                path, new.content, new.mode, modified: new.modified, changed: time, inode: nil,
                &state)
            if let file = state.files[path] {
                if state.flushed.remove(staged.token) == nil {
                    state.hollow.insert(file.stat.inode)
                }
                state.unflushed.append(Unflushed(path: path, old: here, new: file))
                if here != nil { state.placed[path] = staged.version }
            }
            return (.done(state.files[path]?.stat), here)
        }
        if let old { displace(path, old, expected ?? old.version) }
        return outcome
    }

    package func remove(_ path: TreePath, expecting expected: FileVersion) throws(FolderError)
        -> ApplyOutcome
    {
        try before(true)
        try throwIfGone()
        if isBusy(path) { return .busy }
        let old: File? = state.withLock { state in
            guard state.stands(expected, at: path) else { return nil }
            state.writes += 1
            if let parent = path.parent { state.directories.insert(parent) }
            let old = state.files.removeValue(forKey: path)
            state.unflushed.append(Unflushed(path: path, old: old, new: nil))
            return old
        }
        guard let old else { return .differs }
        displace(path, old, expected)
        return .done(nil)
    }

    private func displace(_ path: TreePath, _ old: File, _ base: FileVersion) {
        destroys(path, old.content)
        guard old.mode.isFile, let late = lateWrite(path, old.content) else { return }
        state.withLock { state in
            let token = state.nextInode
            state.nextInode += 1
            state.displaced[token] = DisplacedFile(
                token: token, path: path,
                snapshot: FileSnapshot(mode: state.mode(of: old), content: late, stat: old.stat),
                base: base)
        }
    }

    package func setMode(_ path: TreePath, from expected: FileVersion, to mode: FileMode)
        throws(FolderError) -> ApplyOutcome
    {
        try before(true)
        let time = tick()
        return state.withLock { state in
            guard let file = state.files[path], state.stands(expected, at: path) else {
                return .differs
            }
            state.writes += 1
            Self.put(
                path, file.content, mode, modified: file.stat.modified, changed: time,
                inode: file.stat.inode, &state)
            return .done(state.files[path]?.stat)
        }
    }

    package func removeDirectoryIfEmpty(_ path: TreePath) throws(FolderError) {
        try before(true)
        state.withLock { state in
            if let parent = path.parent, state.isFilled(path) || state.directories.contains(path) {
                state.directories.insert(parent)
            }
            state.removeDirectory(path)
        }
    }

    package func makeDirectory(_ path: TreePath) throws(FolderError) -> ApplyOutcome {
        try before(true)
        return state.withLock { state in
            if state.files[path] != nil { return .differs }
            if state.files.keys.contains(where: { path.isAtOrBelow($0) }) { return .obstructed }
            state.writes += 1
            state.directories.insert(path)
            return .done(Self.directoryStat)
        }
    }

    package func flush(directories: Set<TreePath?>) throws(FolderError) {
        try before(true)
        state.withLock { state in
            state.unflushed.removeAll { directories.contains($0.path.parent) }
        }
    }

    package func replacements() throws(FolderError) -> [TreePath: FileVersion] {
        try before(false)
        return state.withLock { $0.placed }
    }

    package var displacedInUse: Set<TreePath> { state.withLock { $0.displacedInUse } }

    /// Lets programs have displaced files open that stood at some paths, and no others.
    package func holdDisplaced(_ paths: Set<TreePath>) {
        state.withLock { $0.displacedInUse = paths }
    }

    package func recheckDisplaced() throws(FolderError) -> [DisplacedFile] {
        try before(false)
        return state.withLock { state in
            state.placed = [:]
            return state.displaced.values.sorted { $0.token < $1.token }
        }
    }

    package func forget(_ displaced: DisplacedFile) throws(FolderError) {
        try before(true)
        state.withLock { $0.displaced[displaced.token] = nil }
    }
}
