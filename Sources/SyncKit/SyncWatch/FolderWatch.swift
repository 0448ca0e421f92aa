internal import Glibc
package import SyncModel

/// The inotify watches of one folder: its root and every directory below that is not ignored.
///
/// Names in the queue tell what stood where some time ago, so no event about a directory is
/// believed: each makes us look at what stands at that name now. The kernel gives a directory
/// that is watched already the same watch descriptor again, and that tells a moved directory
/// from a new one. A watch is set before its directory is listed; so what is made in between is
/// seen twice rather than never.
///
/// Belongs to one thread. When `isStale` a new one has to take its place.
package final class FolderWatch {
    /// The most blocks of 64 KiB that one `drain` reads.
    private static let readsPerDrain = 16

    private let root: [UInt8]
    private let shouldWatch: @Sendable (TreePath) -> Bool
    private let maxWatches: Int
    private let inotify: Inotify
    private let device: UInt64
    private var table: WatchTable
    private var orphans: [WatchTable.Node] = []
    private var unwatchedPaths: Set<TreePath> = []
    private var hasMoreUnwatched = false
    /// Directories in which one may not be looked into, because of its own rights or theirs: a
    /// change of their rights is a reason to look again. A node that went may be named still.
    private var hindered: Set<WatchTable.Node> = []
    /// Whether this file system's directories were seen to count their subdirectories as links:
    /// then one with two links has none, and need not be listed.
    private var countsLinks = false
    /// Whether events were lost or the root went, so that the watches no longer tell all.
    package private(set) var isStale = false

    /// Watches a folder.
    /// - Parameters:
    ///   - root: absolute path of the directory.
    ///   - shouldWatch: false for an ignored directory, which is not watched, nor what is below.
    ///   - maxWatches: past this many directories the kernel's limit is taken for reached.
    /// - Throws: `.rootMissing`, `.unreadable`, `.limit`, `.io`; nothing is watched then.
    package init(
        root: String, shouldWatch: @escaping @Sendable (TreePath) -> Bool,
        maxWatches: Int = .max
    ) throws(WatchError) {
        guard let resolved = realpath(root, nil) else {
            throw WatchError(errno, "find folder", root)
        }
        defer { free(resolved) }
        self.root = Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
        self.shouldWatch = shouldWatch
        self.maxWatches = maxWatches
        inotify = try Inotify()
        let mask = Inotify.directoryMask | Inotify.selfMask
        var status = Glibc.stat()
        guard case .watching(let watch) = inotify.add(self.root + [0], mask: mask),
            lstat(resolved, &status) == 0
        else { throw WatchError(errno, "watch folder", root) }
        device = UInt64(status.st_dev)
        table = WatchTable(rootWatch: watch)
        walk(WatchTable.root, nil)
    }

    /// To be polled for reading; then call `drain`.
    package var descriptor: Int32 { inotify.descriptor }

    /// How many directories are watched.
    package var directoryCount: Int { table.count }

    /// The directories that the kernel refused to watch, whose subtrees have to be scanned from
    /// time to time; nil when they are too many to list.
    package var unwatched: Set<TreePath>? { hasMoreUnwatched ? nil : unwatchedPaths }

    /// Whether a directory could not be listed.
    package private(set) var isIncomplete = false

    /// Reads what is queued, a bounded part of it at a time, and reports it in order.
    package func drain(_ report: (WatchEvent) -> Void) {
        for _ in 0..<Self.readsPerDrain {
            guard let events = inotify.read() else { break }
            for event in events { handle(event, report) }
        }
        for node in orphans where table.isOrphan(node) {
            for watch in table.remove(node) { inotify.remove(watch) }
        }
        orphans.removeAll()
    }

    private func handle(_ event: Inotify.Event, _ report: (WatchEvent) -> Void) {
        if event.has(IN_Q_OVERFLOW) {
            isStale = true
            report(.overflow)
        }
        guard let node = table.node(watch: event.descriptor) else { return }
        if node == WatchTable.root,
            event.has(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
        {
            if !isStale { report(.rootGone) }
            isStale = true
            return
        }
        if event.has(IN_IGNORED) {
            for watch in table.remove(node) where watch != event.descriptor {
                inotify.remove(watch)
            }
            return
        }
        guard !event.name.isEmpty, let path = path(node, event.name) else { return }
        if !event.has(IN_ISDIR) {
            report(event.has(IN_MODIFY) ? .writing(path) : .changed(path))
        } else if !event.has(IN_ATTRIB) || isToBeSeenAgain(node, event.name, path) {
            look(node, event.name, path, report)
        }
    }

    /// Whether another right of a directory may have made it another for the watch.
    private func isToBeSeenAgain(
        _ parent: WatchTable.Node, _ name: [UInt8], _ path: TreePath
    ) -> Bool {
        guard let node = table.child(parent, name) else { return true }
        return hindered.contains(node) || isUnreadable(path)
    }

    /// Whether a directory may not be listed any more.
    private func isUnreadable(_ path: TreePath) -> Bool {
        absolute(path).withUnsafeBytes {
            let name = $0.baseAddress!.assumingMemoryBound(to: CChar.self)
            return faccessat(AT_FDCWD, name, R_OK | X_OK, AT_EACCESS) != 0 && errno == EACCES
        }
    }

    /// Brings the table up to date with what stands at a name now.
    private func look(
        _ parent: WatchTable.Node, _ name: [UInt8], _ path: TreePath,
        _ report: (WatchEvent) -> Void
    ) {
        guard shouldWatch(path) else { return unlink(parent, name) }
        unwatchedPaths.remove(path)
        switch watch(parent, name, path) {
        case .watched(let node):
            walk(node, path)
            report(.directoryAppeared(path))
        case .outdated: break
        case .absent: report(.directoryGone(path))
        case .denied: report(.directoryAppeared(path))
        case .refused: report(.limitReached(path))
        }
    }

    private enum Watched {
        case watched(WatchTable.Node)
        /// The path leads elsewhere because a directory above moved; its event is still queued.
        case outdated
        case absent, denied, refused
    }

    /// Watches the directory at a name, and links it there if it was watched elsewhere.
    private func watch(
        _ parent: WatchTable.Node, _ name: some Collection<UInt8>, _ path: TreePath
    ) -> Watched {
        switch inotify.add(absolute(path), mask: Inotify.directoryMask) {
        case .watching(let watch):
            if let known = table.node(watch: watch) {
                if table.child(parent, name) == known { return .watched(known) }
                guard !table.isAtOrBelow(parent, known) else { return .outdated }
                unlink(parent, name)
                table.relink(known, parent, name)
                return .watched(known)
            }
            unlink(parent, name)
            if table.count < maxWatches {
                return .watched(table.insert(parent, name, watch: watch))
            }
            inotify.remove(watch)
            noteUnwatched(path)
            return .refused
        case .absent:
            unlink(parent, name)
            return .absent
        case .denied:
            hindered.insert(parent)
            unlink(parent, name)
            return .denied
        case .refused:
            unlink(parent, name)
            noteUnwatched(path)
            return .refused
        }
    }

    /// Watches everything below a watched directory; nil is the root.
    private func walk(_ top: WatchTable.Node, _ path: TreePath?) {
        var stack = [(top, path)]
        while let (node, path) = stack.popLast() {
            let directory = path.map { absolute($0) } ?? root + [0]
            hindered.remove(node)
            let names: [[UInt8]]
            switch subdirectories(of: directory) {
            case .names(let found): names = found
            case .elsewhere:
                if node != WatchTable.root { drop(node) }
                continue
            case .unknown:
                isIncomplete = true
                if let path { noteUnwatched(path) } else { hasMoreUnwatched = true }
                continue
            }
            for name in names {
                guard let child = path.map({ $0.appending(name) }) ?? TreePath(name),
                    shouldWatch(child)
                else { continue }
                if case .watched(let node) = watch(node, name, child) {
                    stack.append((node, child))
                }
            }
        }
    }

    /// What a look for the directories in a directory found.
    enum Subdirectories: Equatable {
        /// Their names; none when the directory went or may not be listed.
        case names([[UInt8]])
        /// It lies on another file system, which is not part of the folder.
        case elsewhere
        /// The system could not say: it has no descriptor or memory left, or the disk fails.
        case unknown

        /// - Parameter failure: the `errno` of the call that failed.
        init(failure: Int32) {
            self = [ENOENT, ENOTDIR, ELOOP, EACCES].contains(failure) ? .names([]) : .unknown
        }
    }

    private func subdirectories(of directory: [UInt8]) -> Subdirectories {
        var status = Glibc.stat()
        if countsLinks {
            let result = directory.withUnsafeBytes {
                lstat($0.baseAddress!.assumingMemoryBound(to: CChar.self), &status)
            }
            guard result == 0 else { return Subdirectories(failure: errno) }
            if UInt64(status.st_dev) != device { return .elsewhere }
            if status.st_nlink == 2 { return .names([]) }
        }
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let file = directory.withUnsafeBytes {
            open($0.baseAddress!.assumingMemoryBound(to: CChar.self), flags)
        }
        guard file >= 0 else { return Subdirectories(failure: errno) }
        let isKnown = fstat(file, &status) == 0
        guard isKnown, UInt64(status.st_dev) == device, let stream = fdopendir(file) else {
            close(file)
            return isKnown && UInt64(status.st_dev) != device ? .elsewhere : .unknown
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let type = Int(entry.pointee.d_type)
            guard type == Int(DT_DIR) || type == Int(DT_UNKNOWN) else { continue }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if TreePath.isName(name) { names.append(name) }
        }
        if !names.isEmpty { countsLinks = Int(status.st_nlink) == names.count + 2 }
        return .names(names)
    }

    /// Takes what is linked under a name out of its place: it may turn up elsewhere.
    private func unlink(_ parent: WatchTable.Node, _ name: some Collection<UInt8>) {
        guard let node = table.child(parent, name) else { return }
        table.orphan(node)
        orphans.append(node)
    }

    private func drop(_ node: WatchTable.Node) {
        for watch in table.remove(node) { inotify.remove(watch) }
    }

    private func noteUnwatched(_ path: TreePath) {
        if unwatchedPaths.count < Limits.unwatchedDirectories {
            unwatchedPaths.insert(path)
        } else if !unwatchedPaths.contains(path) {
            hasMoreUnwatched = true
        }
    }

    private func path(_ node: WatchTable.Node, _ name: [UInt8]) -> TreePath? {
        guard let directory = table.path(node) else { return nil }
        return TreePath(directory.isEmpty ? name : directory + [0x2f] + name)
    }

    private func absolute(_ path: TreePath) -> [UInt8] {
        var absolute: [UInt8] = []
        absolute.reserveCapacity(root.count + path.bytes.count + 2)
        absolute += root
        absolute.append(0x2f)
        absolute += path.bytes
        absolute.append(0)
        return absolute
    }
}
