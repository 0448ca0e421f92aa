internal import GRDB
package import SyncModel
package import struct SyncModel.StateStoreError

extension SQLiteStateStore {
    package func quarantined(_ folder: FolderID) throws(StateStoreError) -> [QuarantinedPath] {
        try read("read what is held back") { database in
            guard let number = try number(folder) else { return [] }
            let statement = try PreparedStatement(
                database, "SELECT path, reason FROM held WHERE folder = ?1 ORDER BY path")
            statement.bind(1, number)
            defer { statement.reset() }
            var paths: [QuarantinedPath] = []
            while try statement.step() {
                let path = try FileRow.path([], statement.bytes(0))
                guard let reason = statement.text(1).flatMap(QuarantinedPath.Reason.init) else {
                    throw FileRow.damaged("a reason")
                }
                paths.append(QuarantinedPath(path: folder?.appending(path) ?? path, reason: reason))
            }
            return paths
        }
    }

    package func quarantine(
        _ folder: FolderID, _ path: TreePath, _ reason: QuarantinedPath.Reason?
    ) throws(StateStoreError) {
        let unchanged = try read("read what is held back") { database in
            guard let number = try number(folder) else { return reason == nil }
            let statement = try PreparedStatement(
                database, "SELECT reason FROM held WHERE folder = ?1 AND path = ?2")
            statement.bind(1, number)
            statement.bind(2, path.bytes)
            defer { statement.reset() }
            return try statement.step() ? statement.text(0) == reason?.rawValue : reason == nil
        }
        if unchanged { return }
        // No fsync: the next scan finds it again, and a folder may have thousands.
        try writeUnsynced("hold a path back") { database in
            let number = try numberForWriting(folder, database)
            let statement = try PreparedStatement(
                database,
                reason == nil
                    ? "DELETE FROM held WHERE folder = ?1 AND path = ?2"
                    : "INSERT OR REPLACE INTO held(folder, path, reason) VALUES (?1, ?2, ?3)")
            statement.bind(1, number)
            statement.bind(2, path.bytes)
            if let reason { statement.bind(3, reason.rawValue) }
            try statement.run()
        }
    }

    /// Writes without an fsync: for what can be found again.
    func writeUnsynced(_ operation: String, _ body: (Database) throws -> Void)
        throws(StateStoreError)
    {
        try setSynchronous("NORMAL")
        do throws(StateStoreError) { try write(operation, body) } catch {
            try setSynchronous("FULL")
            throw error
        }
        try setSynchronous("FULL")
    }

    package func fact(_ name: String) throws(StateStoreError) -> String? {
        try read("read a fact") { database in
            let statement = try PreparedStatement(
                database, "SELECT value FROM facts WHERE name = ?1")
            statement.bind(1, name)
            defer { statement.reset() }
            return try statement.step() ? statement.text(0) : nil
        }
    }

    package func setFact(_ name: String, _ value: String?) throws(StateStoreError) {
        if try fact(name) == value { return }
        try write("keep a fact") { database in try Self.keep(name, value, database) }
    }

    /// Keeps a fact, or removes it with nil, within a transaction.
    static func keep(_ name: String, _ value: String?, _ database: Database) throws {
        if let value {
            try database.execute(
                sql: "INSERT OR REPLACE INTO facts(name, value) VALUES (?, ?)",
                arguments: [name, value])
        } else {
            try database.execute(sql: "DELETE FROM facts WHERE name = ?", arguments: [name])
        }
    }

    package func addResolved(_ conflicts: [ResolvedConflict]) throws(StateStoreError) {
        guard !conflicts.isEmpty else { return }
        try write("keep settled conflicts") { database in
            let statement = try PreparedStatement(
                database,
                """
                INSERT INTO settled(file, type, local_timestamp, remote_timestamp, winner, action,
                commit_id, loser) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, x''))
                """)
            for conflict in conflicts.suffix(Limits.resolvedConflicts) {
                statement.bind(1, conflict.file.bytes)
                statement.bind(2, conflict.type)
                statement.bind(3, conflict.localTimestamp)
                statement.bind(4, conflict.remoteTimestamp)
                statement.bind(5, conflict.winner)
                statement.bind(6, conflict.action)
                statement.bind(7, conflict.commit.bytes)
                statement.bind(8, conflict.loser?.bytes ?? [])
                try statement.run()
            }
            try database.execute(
                sql: "DELETE FROM settled WHERE number <= (SELECT max(number) FROM settled) - ?",
                arguments: [Limits.resolvedConflicts])
        }
    }

    package func resolved() throws(StateStoreError) -> [ResolvedConflict] {
        try read("read the settled conflicts") { database in
            let statement = try PreparedStatement(
                database,
                """
                SELECT file, type, local_timestamp, remote_timestamp, winner, action, commit_id,
                loser FROM settled ORDER BY number DESC
                """)
            defer { statement.reset() }
            var conflicts: [ResolvedConflict] = []
            while try statement.step() {
                guard let commit = ObjectID(statement.bytes(6)) else {
                    throw FileRow.damaged("a commit's name")
                }
                conflicts.append(
                    ResolvedConflict(
                        file: try FileRow.path([], statement.bytes(0)),
                        type: statement.text(1) ?? "", localTimestamp: statement.text(2) ?? "",
                        remoteTimestamp: statement.text(3) ?? "",
                        winner: statement.text(4) ?? "", action: statement.text(5) ?? "",
                        loser: ObjectID(statement.bytes(7)), commit: commit))
            }
            return conflicts
        }
    }

    private func setSynchronous(_ level: String) throws(StateStoreError) {
        try read("set how writes are made durable") { database in
            try database.execute(sql: "PRAGMA synchronous = \(level)")
        }
    }
}
