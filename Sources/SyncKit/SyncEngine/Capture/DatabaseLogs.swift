internal import SyncModel

/// SQLite databases that a program has open, told by the logs and journals beside them.
struct DatabaseLogs {
    /// Files beside which a log or journal stands that is not empty.
    private var withLog: Set<TreePath> = []

    /// Whether such a log stands beside a file.
    func areBeside(_ path: TreePath) -> Bool { withLog.contains(path) }

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
    mutating func note(_ entries: [FolderEntry], in directory: TreePath?) {
        for entry in entries where entry.stat.size > 0 && entry.stat.kind != .directory {
            guard let name = Self.database(of: entry.name),
                let path = directory.map({ $0.appending(name) }) ?? TreePath(name)
            else { continue }
            withLog.insert(path)
        }
    }

    /// The databases whose log or journal changed, and those that were in use before: whether they
    /// still are is looked at.
    mutating func databases(
        of dirty: Set<TreePath>, in folder: VaultFolder,
        quarantined: [TreePath: QuarantinedPath.Reason]
    ) -> Set<TreePath> {
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
