internal import GRDB
internal import GRDBSQLite
internal import Glibc
internal import SyncModel
internal import struct SyncModel.StateStoreError

extension StateStoreError {
    /// Does something with a database whose tables nobody repairs, and says what a failure means.
    static func explain<Value>(_ operation: String, _ body: () throws -> Value)
        throws(StateStoreError) -> Value
    {
        do { return try body() } catch let error as StateStoreError { throw error } catch let error
            as DatabaseError
        {
            // A statement that does not compile: the tables are not ours.
            if error.resultCode == .SQLITE_ERROR {
                throw StateStoreError(.corrupt, operation, error.message ?? "its tables differ")
            }
            throw StateStoreError(error, operation, errno: 0)
        } catch { throw StateStoreError(.io, operation, "\(error)") }
    }

    /// Says what a failure of SQLite means.
    /// - Parameter errno: the system's word on it (`sqlite3_system_errno`), 0 when there is none:
    ///   SQLite calls a full disk an I/O error when the quota or an fsync says it.
    init(_ error: DatabaseError, _ operation: String, errno: Int32) {
        let code: Code =
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            case .SQLITE_FULL: .noSpace
            case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
            case .SQLITE_BUSY, .SQLITE_LOCKED: .locked
            case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHORT_READ:
                .corrupt
            case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_AUTH: Self.code(errno: errno)
            default: .io
            }
        var cause = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        if errno != 0 { cause += "; \(String(cString: strerror(errno)))" }
        self.init(code, operation, cause)
    }

    /// Says what a failed system call means; `cause` names what it was done to.
    init(errno: Int32, _ operation: String, _ cause: String) {
        self.init(
            Self.code(errno: errno), operation, "\(cause): \(String(cString: strerror(errno)))")
    }

    private static func code(errno: Int32) -> Code {
        switch errno {
        case ENOSPC, EDQUOT: .noSpace
        case EROFS, EACCES, EPERM: .readOnly
        default: .io
        }
    }
}
