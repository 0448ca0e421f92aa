internal import GRDB
internal import GRDBSQLite

/// A statement of the hot paths, bound and stepped through SQLite's C API: a row costs a
/// microsecond, where a row of values in dictionaries costs ten. GRDB compiles it once, and keeps
/// it for whoever comes with the same text: one user at a time, who resets it when it is done.
/// Valid only inside the queue of its connection.
struct PreparedStatement {
    private let statement: Statement
    private var handle: SQLiteStatement { statement.sqliteStatement }

    /// Has SQLite copy what is bound (`SQLITE_TRANSIENT`, a cast macro that Swift cannot import).
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Compiles the text; throws when a table or column is not as the schema says.
    init(_ database: Database, _ sql: String) throws {
        statement = try database.cachedStatement(sql: sql)
    }

    /// Binds a number to the parameter at `index`, counted from 1.
    func bind(_ index: Int32, _ value: Int64) {
        sqlite3_bind_int64(handle, index, value)
    }

    /// Binds bytes as a blob.
    func bind(_ index: Int32, _ bytes: some Collection<UInt8>) {
        let bound: Void? = bytes.withContiguousStorageIfAvailable { buffer in
            if let start = buffer.baseAddress, !buffer.isEmpty {
                sqlite3_bind_blob(handle, index, start, Int32(buffer.count), Self.copied)
            } else {
                // A null pointer would bind NULL.
                sqlite3_bind_zeroblob(handle, index, 0)
            }
        }
        if bound == nil { bind(index, Array(bytes)) }
    }

    /// Binds text, or NULL for nil.
    func bind(_ index: Int32, _ text: String?) {
        guard var text else {
            sqlite3_bind_null(handle, index)
            return
        }
        text.withUTF8 { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                _ = sqlite3_bind_text(
                    handle, index, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
    }

    /// Goes to the next row; false when there is none. Call `reset` after the last.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let connection = sqlite3_db_handle(handle)
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)))
        }
    }

    /// Makes the statement ready for the next use; what is bound stays bound.
    func reset() { sqlite3_reset(handle) }

    /// Runs a statement that returns no row.
    /// - Returns: how many rows it inserted, changed or removed.
    @discardableResult
    func run() throws -> Int {
        defer { reset() }
        _ = try step()
        return Int(sqlite3_changes(sqlite3_db_handle(handle)))
    }

    /// The number in a column, counted from 0.
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The bytes in a column; empty for NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The text in a column; nil for NULL.
    func text(_ column: Int32) -> String? {
        sqlite3_column_text(handle, column).map { String(cString: $0) }
    }

    /// Whether a column is NULL.
    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }
}
