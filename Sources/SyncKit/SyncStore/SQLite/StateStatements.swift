internal import GRDB

/// The statements of the hot paths, compiled once at open. That they compile also shows that the
/// tables are there as the schema says.
struct StateStatements {
    let folder: PreparedStatement
    let insert: PreparedStatement
    let change: PreparedStatement
    let update: PreparedStatement
    let remove: PreparedStatement
    let file: PreparedStatement
    let directory: PreparedStatement
    let nextDirectory: PreparedStatement
    let addRecent: PreparedStatement
    let removeRecent: PreparedStatement
    let recent: PreparedStatement
    let isDeferred: PreparedStatement
    let base: PreparedStatement
    let deferUpdate: PreparedStatement
    let clearDeferral: PreparedStatement
    let isParked: PreparedStatement
    let parkedBase: PreparedStatement
    let nextParkedBase: PreparedStatement
    let park: PreparedStatement
    let unpark: PreparedStatement

    /// Compiles them all; throws when the tables are not those of the schema.
    init(_ database: Database) throws {
        func prepare(_ sql: String) throws -> PreparedStatement {
            try PreparedStatement(database, sql)
        }
        folder = try prepare("SELECT number FROM folders WHERE prefix = ?1")
        insert = try prepare(
            """
            INSERT INTO files(folder, dir, name, change, \(FileRow.columns))
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            ON CONFLICT DO NOTHING
            """)
        change = try prepare("SELECT change, kind FROM files \(Self.atPath)")
        update = try prepare(
            """
            UPDATE files SET change = ?4, (\(FileRow.columns)) =
            (?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \(Self.atPath)
            """)
        remove = try prepare("DELETE FROM files \(Self.atPath)")
        file = try prepare("SELECT \(FileRow.columns) FROM files \(Self.atPath)")
        directory = try prepare(
            """
            SELECT \(FileRow.columns), name FROM files WHERE folder = ?1 AND dir = ?2 ORDER BY name
            """)
        nextDirectory = try prepare(
            "SELECT dir FROM files WHERE folder = ?1 AND dir > ?2 ORDER BY dir LIMIT 1")
        addRecent = try prepare(
            "INSERT INTO recent(folder, dir, name, change) VALUES (?1, ?2, ?3, ?4)")
        removeRecent = try prepare("DELETE FROM recent WHERE change = ?1")
        recent = try prepare(
            """
            SELECT \(FileRow.columns), name, dir, folder
            FROM recent CROSS JOIN files USING (folder, dir, name)
            ORDER BY recent.change DESC LIMIT ?1
            """)
        isDeferred = try prepare("SELECT 1 FROM deferred WHERE folder = ?1 LIMIT 1")
        base = try prepare("SELECT base FROM deferred WHERE folder = ?1 AND path = ?2")
        deferUpdate = try prepare(
            "INSERT OR REPLACE INTO deferred(folder, path, base) VALUES (?1, ?2, ?3)")
        clearDeferral = try prepare("DELETE FROM deferred WHERE folder = ?1 AND path = ?2")
        isParked = try prepare("SELECT 1 FROM parked WHERE folder = ?1 LIMIT 1")
        parkedBase = try prepare("SELECT base FROM parked WHERE folder = ?1 AND path = ?2")
        nextParkedBase = try prepare(
            "SELECT base FROM parked WHERE folder = ?1 AND base > ?2 ORDER BY base LIMIT 1")
        park = try prepare(
            "INSERT OR REPLACE INTO parked(folder, path, base) VALUES (?1, ?2, ?3)")
        unpark = try prepare("DELETE FROM parked WHERE folder = ?1 AND path = ?2")
    }

    private static let atPath = "WHERE folder = ?1 AND dir = ?2 AND name = ?3"
}
