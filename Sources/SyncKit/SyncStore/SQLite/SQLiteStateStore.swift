internal import GRDB
internal import GRDBSQLite
internal import SyncModel
internal import struct SyncModel.StateStoreError

/// What each folder holds, in `state.db`. One owner: it is not `Sendable`, and the database is
/// opened for this connection alone, which also frees it of a shared-memory file.
///
/// Each call is one transaction: a failure leaves the state store as it was before the call. After
/// `.corrupt` the owner lets go of the state store and opens it anew, `discarding` it.
package final class SQLiteStateStore: StateStore {
    /// Why the state store was begun anew; nil when it was there and sound, or the first ever.
    package let rebuiltReason: String?
    /// Whether what stood there was set aside and the state store begun anew.
    package var rebuilt: Bool { rebuiltReason != nil }

    let statements: StateStatements
    /// The number of each folder's row. Emptied when a transaction fails.
    var folderNumbers: [FolderID: Int64] = [:]
    /// The number that the newest change of a file has; never used twice.
    var lastChange: Int64
    /// How many rows `recent` has.
    var recentCount: Int

    private let queue: DatabaseQueue

    /// Takes a connection whose tables are there.
    /// - Throws: GRDB's `DatabaseError` when they are not as the schema says.
    init(_ queue: DatabaseQueue, rebuiltReason: String?) throws {
        self.queue = queue
        self.rebuiltReason = rebuiltReason
        (statements, lastChange, recentCount) = try queue.writeWithoutTransaction { database in
            (
                try StateStatements(database),
                try Int64.fetchOne(database, sql: "SELECT max(last_change) FROM folders") ?? 0,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM recent") ?? 0
            )
        }
    }

    /// Runs the body and turns SQLite's failures into the state store's, while SQLite still knows
    /// what the system said.
    static func explained<Value>(
        _ database: Database, _ operation: String, _ body: () throws -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StateStoreError(
                error, operation, errno: sqlite3_system_errno(database.sqliteConnection))
        }
    }

    /// Runs reads; `operation` names them in the error.
    func read<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(StateStoreError) -> Value {
        do {
            return try queue.writeWithoutTransaction { database in
                try Self.explained(database, operation) { try body(database) }
            }
        } catch let error as StateStoreError {
            throw error
        } catch {
            throw StateStoreError(.io, operation, "\(error)")
        }
    }

    /// Runs one transaction, durable when it returns. When it fails all stands as before.
    func write(
        _ operation: String, _ body: (Database) throws -> Void
    ) throws(StateStoreError) {
        let before = recentCount
        do throws(StateStoreError) {
            try read(operation) { database in
                try database.inTransaction(.immediate) {
                    try body(database)
                    return .commit
                }
            }
        } catch {
            recentCount = before
            folderNumbers.removeAll()
            throw error
        }
    }

    /// The number of a folder's row; nil when the state store knows nothing of the folder.
    func number(_ folder: FolderID) throws -> Int64? {
        if let known = folderNumbers[folder] { return known }
        let statement = statements.folder
        statement.bind(1, folder?.bytes ?? [])
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        folderNumbers[folder] = statement.integer(0)
        return statement.integer(0)
    }

    /// The number of a folder's row, which is made when it is not there. Inside a transaction.
    func numberForWriting(_ folder: FolderID, _ database: Database) throws -> Int64 {
        if let known = try number(folder) { return known }
        let statement = try PreparedStatement(
            database, "INSERT INTO folders(prefix, last_change) VALUES (?1, ?2)")
        statement.bind(1, folder?.bytes ?? [])
        statement.bind(2, lastChange)
        try statement.run()
        folderNumbers[folder] = database.lastInsertedRowID
        return database.lastInsertedRowID
    }
}
