internal import Glibc
internal import Logging

/// The journal at the other end of standard error: it takes a line's priority from its beginning,
/// and knows the time itself. Source: sd-daemon(3), systemd.exec(5) on `JOURNAL_STREAM`.
package enum Journal {
    /// Whether standard error goes there.
    package static let isStandardError: Bool = {
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0, let variable = getenv("JOURNAL_STREAM") else {
            return false
        }
        return isStream(String(cString: variable), device: status.st_dev, inode: status.st_ino)
    }()

    /// Whether `JOURNAL_STREAM` names this file.
    static func isStream(_ variable: String, device: UInt, inode: UInt) -> Bool {
        variable == "\(device):\(inode)"
    }

    /// What a line of a failure begins with; nothing where no journal reads it.
    package static var error: String { isStandardError ? mark(.error) : "" }

    /// The same of what a person should know.
    package static var notice: String { isStandardError ? mark(.notice) : "" }

    /// What a line of a level begins with.
    static func mark(_ level: Logger.Level) -> String {
        switch level {
        case .critical, .error: "<3>"
        case .warning: "<4>"
        case .notice: "<5>"
        case .info: "<6>"
        case .debug, .trace: "<7>"
        }
    }
}
