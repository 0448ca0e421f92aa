internal import GRDB
internal import Glibc
internal import SyncModel
package import struct SyncModel.StateStoreError

/// What the daemon's listener remembers: who may ask, and what webhooks delivered. It is apart from
/// the state store, so that a request is answered whatever the vault's thread does; losing it loses
/// logins and nothing else.
package final class ServiceStore: Sendable {
    private let queue: DatabaseQueue
    /// What stood there and could not be read; nil for nothing. All tokens were in it.
    package let damaged: String?

    /// Opens the store, or begins one. The caller holds the vault's lock.
    /// - Parameter path: the file, in a directory that is there; what is damaged there is set aside
    ///   as `<path>.corrupt-<n>`.
    /// - Throws: `.noSpace`, `.readOnly`, `.io`.
    package init(_ path: String) throws(StateStoreError) {
        do throws(StateStoreError) {
            (queue, damaged) = (try Self.open(path), nil)
        } catch {
            guard error.code == .corrupt else { throw error }
            let aside = try DamagedStores.setAside(path)
            (queue, damaged) = (try Self.open(path), aside)
        }
    }

    private static func open(_ path: String) throws(StateStoreError) -> DatabaseQueue {
        var configuration = GRDB.Configuration()
        configuration.label = "service"
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // No fsync for each delivery: what a crash loses of it the next poll finds.
            try database.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = NORMAL;
                    PRAGMA trusted_schema = OFF;
                    """)
        }
        try PrivateFile.make(path, to: "open the service store")
        return try StateStoreError.explain("open the service store") {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { try $0.execute(sql: tables) }
            return queue
        }
    }

    private static let tables = """
        CREATE TABLE IF NOT EXISTS token(
            name TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, scope TEXT NOT NULL,
            created INTEGER NOT NULL, expires INTEGER) STRICT;
        CREATE TABLE IF NOT EXISTS session(
            hash BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS delivery(
            number INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL,
            provider TEXT NOT NULL, event TEXT NOT NULL, id TEXT, body BLOB, reference TEXT,
            commit_id TEXT, result TEXT NOT NULL, reason TEXT) STRICT;
        CREATE TABLE IF NOT EXISTS hook(
            id INTEGER PRIMARY KEY, looked TEXT NOT NULL) STRICT;
        CREATE UNIQUE INDEX IF NOT EXISTS delivery_id ON delivery(provider, id);
        CREATE UNIQUE INDEX IF NOT EXISTS delivery_body ON delivery(body);
        """

    /// Reads within one transaction.
    func read<Value>(_ operation: String, _ body: (Database) throws -> Value)
        throws(StateStoreError) -> Value
    {
        try StateStoreError.explain(operation) { try queue.read(body) }
    }

    /// Writes within one transaction.
    func write<Value>(_ operation: String, _ body: (Database) throws -> Value)
        throws(StateStoreError) -> Value
    {
        try StateStoreError.explain(operation) { try queue.write(body) }
    }

    /// The same, durably: what was taken away from somebody stays so after a power cut.
    /// - Throws: also where it holds now and may not after a power cut: it can be done again.
    func writeDurably<Value>(_ operation: String, _ body: (Database) throws -> Value)
        throws(StateStoreError) -> Value
    {
        let result = try write(operation, body)
        try StateStoreError.explain(operation) {
            _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        }
        return result
    }
}
