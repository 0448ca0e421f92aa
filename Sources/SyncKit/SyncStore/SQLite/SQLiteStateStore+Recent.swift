internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

/// `recent` names the newest changed files: always exactly those with the highest change
/// numbers, as many as it has rows. It may have too few rows after removals; then it is filled
/// again from a look at all files, to twice what is asked for, so that this is seldom.
extension SQLiteStateStore {
    /// How many rows `recent` has after it was trimmed or filled.
    static let recentLow = 2 * Limits.stateFiles
    /// How many rows it may grow to before it is trimmed.
    static let recentHigh = 3 * Limits.stateFiles

    package func recent(limit: Int) throws(StateStoreError) -> [TrackedFile] {
        let asked = max(0, limit)
        if try needsFilling(asked) { try fillRecent() }
        return try read("read the newest files") { database in
            let (prefixes, noted) = try folderPrefixes(database)
            let statement =
                asked > Self.recentLow
                ? try PreparedStatement(database, Self.newestOfAll) : statements.recent
            statement.bind(1, Int64(asked))
            defer { statement.reset() }
            var files: [TrackedFile] = []
            while try statement.step() {
                let path = try FileRow.path(statement.bytes(11), statement.bytes(10))
                let number = statement.integer(12)
                guard let prefix = prefixes[number] else {
                    throw FileRow.damaged("a file's folder")
                }
                files.append(
                    try FileRow.read(
                        statement, path: prefix?.appending(path) ?? path,
                        base: noted.contains(number) ? try base(number, path) : nil))
            }
            return files
        }
    }

    /// Lets go of the oldest names when there are too many. Inside a transaction.
    func trimRecent(_ database: Database) throws {
        guard recentCount > Self.recentHigh else { return }
        try database.execute(
            sql: """
                DELETE FROM recent WHERE change <=
                (SELECT change FROM recent ORDER BY change DESC LIMIT 1 OFFSET ?)
                """, arguments: [Self.recentLow])
        recentCount -= database.changesCount
    }

    /// Lets go of all names, when more puts follow than are kept: those it had are older than any
    /// that is left out. Inside a transaction.
    func clearRecent(_ database: Database) throws {
        try database.execute(sql: "DELETE FROM recent")
        recentCount = 0
    }

    private static let newestOfAll = """
        SELECT \(FileRow.columns), name, dir, folder FROM files WHERE \(FileRow.isFile)
        ORDER BY change DESC LIMIT ?1
        """

    private func needsFilling(_ asked: Int) throws(StateStoreError) -> Bool {
        guard asked <= Self.recentLow, recentCount < asked else { return false }
        let total = try read("count the files") { database in
            try Int.fetchOne(database, sql: "SELECT sum(count) FROM folders") ?? 0
        }
        return recentCount < min(asked, total)
    }

    private func fillRecent() throws(StateStoreError) {
        try write("find the newest files") { database in
            try clearRecent(database)
            try database.execute(
                sql: """
                    INSERT INTO recent(change, folder, dir, name)
                    SELECT change, folder, dir, name FROM files WHERE \(FileRow.isFile)
                    ORDER BY change DESC LIMIT ?
                    """, arguments: [Self.recentLow])
            recentCount = database.changesCount
        }
    }

    /// The prefix of each folder by its number, and the numbers of those that have notes.
    private func folderPrefixes(
        _ database: Database
    ) throws -> (prefixes: [Int64: FolderID], noted: Set<Int64>) {
        let statement = try PreparedStatement(database, "SELECT number, prefix FROM folders")
        defer { statement.reset() }
        var prefixes: [Int64: FolderID] = [:]
        var noted: Set<Int64> = []
        while try statement.step() {
            let number = statement.integer(0)
            let bytes = statement.bytes(1)
            prefixes.updateValue(
                bytes.isEmpty ? nil : try FileRow.path([], bytes), forKey: number)
            if try hasDeferred(number) { noted.insert(number) }
        }
        return (prefixes, noted)
    }
}
