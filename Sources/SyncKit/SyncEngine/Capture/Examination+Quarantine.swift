internal import SyncModel
internal import SyncTree

/// What an examination holds back, and lets go.
extension Examination {
    /// Holds a path back that could not be looked at.
    /// - Throws: what concerns more than this path.
    mutating func quarantine(_ path: TreePath?, _ error: FolderError) throws(FolderError) {
        guard let path, let reason = error.code.reason else { throw error }
        findings.quarantines.append((path, reason))
        findings.unread.append(path)
        unseen.append(path)
    }

    /// Whether servers refuse a file's name, so that it is never committed.
    func isRefused(_ path: TreePath, _ kind: FileKind) -> Bool {
        TreeName.isRefused(Array(path.name), as: kind.mode ?? .directory)
    }

    /// Holds a directory back whose name servers refuse: one that stands above the path, or at it.
    /// - Returns: false for all others, and where nothing stands there any more.
    mutating func quarantineRefused(_ path: TreePath, _ stat: FileStat?) throws(FolderError) -> Bool
    {
        let ancestors = stat?.kind == .directory ? [path] + path.ancestors : path.ancestors
        for directory in ancestors.reversed()
        where TreeName.isRefused(Array(directory.name), as: .directory) {
            if try folder.ignore.isIgnored(directory, isDirectory: true) { return false }
            guard try folder.access.stat(directory) != nil else { return false }
            findings.quarantines.append((directory, .refused))
            unseen.append(directory)
            return true
        }
        return false
    }

    /// Takes away the reasons that are gone: of what was looked at and not found held again. What
    /// is read is decided by the reading, what waits to be applied by the apply, and what a tree
    /// holds by the next one.
    mutating func release(all: Bool) {
        folder.leftOut.note(findings.leftOut, instead: all ? nil : covered)
        if quarantined.isEmpty { return }
        var again = Set(findings.quarantines.map(\.path))
        again.formUnion(findings.toRead.map(\.path))
        for (path, reason) in quarantined where !reason.isOfTree && reason != .massDeletion {
            let isCovered = all || covered.contains(path) || isBelow(path, covered)
            let isUnseen = unseen.contains { path.isAtOrBelow($0) }
            if isCovered, !isUnseen, !again.contains(path), !tracked.contains(path) {
                findings.quarantines.append((path, nil))
            }
        }
    }

    private func isBelow(_ path: TreePath, _ directories: Set<TreePath>) -> Bool {
        path.ancestors.contains(where: directories.contains)
    }

    // MARK: Files that are left out for their names

    /// Counts a file that a built-in pattern leaves out: nobody asked for that.
    mutating func noteLeftOut(_ path: TreePath) {
        if IgnoreRules.isTemporary(path) { findings.leftOut.append(path) }
    }

    // MARK: Databases

    private static let logs = ["-wal", "-journal"].map { Array($0.utf8) }

    /// The name of the database that a log or journal of that name would belong to.
    private static func database(of name: [UInt8]) -> [UInt8]? {
        // Both end in an l; most names are passed over here.
        guard name.last == 0x6c,
            let log = logs.first(where: {
                name.count > $0.count && name.suffix($0.count) == $0[...]
            })
        else { return nil }
        return Array(name.dropLast(log.count))
    }

    /// Notes the logs and journals of a directory that are not empty.
    mutating func noteLogs(_ entries: [FolderEntry], in directory: TreePath?) {
        for entry in entries where entry.stat.size > 0 && entry.stat.kind != .directory {
            guard let name = Self.database(of: entry.name),
                let path = directory.map({ $0.appending(name) }) ?? TreePath(name)
            else { continue }
            withLog.insert(path)
        }
    }

    /// The databases whose log or journal changed, and those that were in use before: whether they
    /// still are is looked at.
    mutating func databases(of dirty: Set<TreePath>) -> Set<TreePath> {
        var result: Set<TreePath> = []
        for path in dirty {
            if quarantined[path] == .inUse { result.insert(path) }
            guard let name = Self.database(of: Array(path.name)),
                let database = path.parent.map({ $0.appending(name) }) ?? TreePath(name)
            else { continue }
            result.insert(database)
        }
        for database in result {
            for log in Self.logs {
                guard let path = TreePath(database.bytes + log) else { continue }
                // What cannot be looked at is found by the read, which looks again.
                if let stat = try? folder.access.stat(path), stat.size > 0 {
                    withLog.insert(database)
                }
            }
        }
        return result
    }
}
