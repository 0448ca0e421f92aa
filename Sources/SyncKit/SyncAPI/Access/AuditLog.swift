internal import HTTPTypes
internal import SyncModel

/// One line for every change and every refusal: who, from where, what, how it ended. It names the
/// route and never the request's own target or headers, which may hold a secret.
final class AuditLog: Sendable {
    private let file: LogFile
    private let clock: any WallClock

    /// - Parameter path: the file; it is rotated as the log is.
    init(_ path: String, clock: any WallClock) {
        file = LogFile(path)
        self.clock = clock
    }

    /// Adds a line.
    func note(_ caller: Caller, _ method: HTTPRequest.Method, _ route: String, _ status: Int) {
        let words = "\(caller.name) \(caller.address) \(method.rawValue) \(route) \(status)"
        file.write(Array("\(clock.now().iso8601) \(SafeText.escaped(words))\n".utf8))
    }
}
