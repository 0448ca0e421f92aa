internal import Glibc
internal import SyncModel

/// Failures of system calls, as the repository's errors.
enum SystemFailure {
    /// The error for a call that just failed with `errno`.
    static func last(_ operation: String, _ path: String) -> RepositoryError {
        let number = errno
        return RepositoryError(
            code(number), operation, "\(path): \(String(cString: strerror(number)))")
    }

    /// What kind of failure an error number is.
    static func code(_ number: Int32) -> RepositoryError.Code {
        switch number {
        case ENOSPC, EDQUOT: .noSpace
        case EROFS, EACCES, EPERM: .readOnly
        case ENOENT: .missing
        default: .io
        }
    }
}

extension RepositoryError {
    /// The error for a file that cannot be opened.
    init(_ failure: RegularFile.Failure, _ operation: String, _ path: String) {
        let code = failure.errno.map(SystemFailure.code) ?? .corrupt
        self.init(code, operation, "\(path): \(failure)")
    }
}
