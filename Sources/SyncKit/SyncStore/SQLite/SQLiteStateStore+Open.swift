internal import GRDB
internal import Glibc
package import SyncModel
package import struct SyncModel.StateStoreError

extension SQLiteStateStore {
    /// Opens the state store, or begins one. The caller holds the vault's lock.
    ///
    /// What stands there and is damaged, cut short, another program's or of another version is set
    /// aside as `<path>.corrupt-<n>` (the newest `Limits.damagedStores` stay) and a state store is
    /// begun anew. A state store up to `Limits.stateChecked` is checked page by page; of a larger
    /// one the header, the length and the tables are.
    /// - Parameters:
    ///   - path: the file, in a directory that is there.
    ///   - reason: sets aside what stands there without a look, for this reason: a call answered
    ///     `.corrupt`.
    ///   - isForLook: nothing will be written by what it says: its pages are not checked.
    /// - Throws: `.locked` when another connection has it, `.noSpace`, `.readOnly` or `.io`; what
    ///   stands there is untouched.
    package static func open(
        _ path: String, discarding reason: String? = nil, isForLook: Bool = false
    ) throws(StateStoreError) -> SQLiteStateStore {
        var reason = reason
        if reason == nil {
            do throws(StateStoreError) {
                return try open(path, rebuiltReason: nil, isForLook)
            } catch {
                guard error.code == .corrupt else { throw error }
                reason = error.cause
            }
        }
        try DamagedStores.setAside(path)
        do throws(StateStoreError) {
            return try open(path, rebuiltReason: reason, isForLook)
        } catch {
            // What was begun has nothing; the next try would set it aside, and in the end remove
            // one for it that has something.
            for suffix in [""] + DamagedStores.companions { unlink(path + suffix) }
            throw error
        }
    }

    /// Opens a state store that is there for reading; one that is damaged stays where it is. The
    /// caller holds the vault's lock.
    /// - Throws: as `open`, and `.corrupt`.
    package static func looking(at path: String) throws(StateStoreError) -> SQLiteStateStore {
        try open(path, rebuiltReason: nil, true)
    }

    private static func open(
        _ path: String, rebuiltReason: String?, _ isForLook: Bool
    ) throws(StateStoreError) -> SQLiteStateStore {
        let operation = "open the state store"
        try makeFile(path)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                try explained(database, operation) {
                    try begin(database)
                    try check(database, isForLook)
                    try database.execute(sql: StateSchema.additions)
                }
            }
            return try SQLiteStateStore(queue, rebuiltReason: rebuiltReason)
        } catch let error as StateStoreError {
            throw error
        } catch let error as DatabaseError {
            // A statement that does not compile: the tables are not ours.
            if error.resultCode == .SQLITE_ERROR {
                throw StateStoreError(.corrupt, operation, error.message ?? "its tables differ")
            }
            // What GRDB itself asks at the start: whether it is a database at all.
            throw StateStoreError(error, operation, errno: 0)
        } catch {
            throw StateStoreError(.io, operation, "\(error)")
        }
    }

    private static var configuration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "record"
        configuration.busyMode = .immediateError
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { database in
            try explained(database, "open the state store") {
                try database.execute(
                    sql: """
                        PRAGMA locking_mode = EXCLUSIVE;
                        PRAGMA journal_mode = WAL;
                        PRAGMA synchronous = FULL;
                        PRAGMA cache_size = -\(Limits.stateCache / 1024);
                        PRAGMA journal_size_limit = \(Limits.stateCache);
                        PRAGMA cell_size_check = ON;
                        PRAGMA trusted_schema = OFF;
                        """)
            }
        }
        return configuration
    }

    /// Makes the file when it is not there, with mode 0600, and says what stands in its place.
    private static func makeFile(_ path: String) throws(StateStoreError) {
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw StateStoreError(.io, "open the state store", "\(path) is not a file")
            }
            guard access(path, R_OK | W_OK) == 0 else {
                throw StateStoreError(errno: errno, "open the state store", path)
            }
            // SQLite takes a file of a few bytes for a new database and says nothing.
            if status.st_size < StateSchema.pageSize {
                throw StateStoreError(
                    .corrupt, "open the state store", "the file is shorter than a page")
            }
            return
        }
        guard errno == ENOENT else {
            throw StateStoreError(errno: errno, "open the state store", path)
        }
        for suffix in DamagedStores.companions { unlink(path + suffix) }
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StateStoreError(errno: errno, "begin the state store", path) }
        close(file)
    }

    /// Makes the tables in a database that has none.
    private static func begin(_ database: Database) throws {
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        let version = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard tables == 0, version == 0 else { return }
        try database.inTransaction(.immediate) {
            try database.execute(sql: StateSchema.tables)
            return .commit
        }
    }

    private static func check(_ database: Database, _ isForLook: Bool) throws {
        func damaged(_ cause: String) -> StateStoreError {
            StateStoreError(.corrupt, "open the state store", cause)
        }
        func pragma(_ name: String) throws -> Int {
            try Int.fetchOne(database, sql: "PRAGMA \(name)") ?? 0
        }
        let application = try pragma("application_id")
        guard application == Int(StateSchema.application) else {
            throw damaged("it is another program's database (\(application))")
        }
        let version = try pragma("user_version")
        guard version == Int(StateSchema.version) else {
            throw damaged("it is of version \(version), not \(StateSchema.version)")
        }
        // A damaged page that is met answers for itself.
        if isForLook { return }
        guard try pragma("page_count") * StateSchema.pageSize <= Limits.stateChecked else {
            return
        }
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        guard verdict == "ok" else { throw damaged(verdict ?? "quick_check says nothing") }
    }
}
