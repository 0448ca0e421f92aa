internal import HTTPTypes
internal import SyncModel

/// One line for every change and every refusal: who, from where, what, how it ended. It names the
/// route and never the request's own target or headers, which may hold a secret. Refusals have a
/// file of their own: anybody can bring about so many that the lines of changes would be rotated
/// away.
final class AuditLog: Sendable {
    private let changes: LogFile
    private let refusals: LogFile
    private let clock: any WallClock

    /// - Parameter path: the file of changes, beside which that of refusals is `<path>-refused`;
    ///   both are rotated as the log is.
    init(_ path: String, clock: any WallClock) {
        (changes, refusals) = (LogFile(path), LogFile(path + "-refused"))
        self.clock = clock
    }

    /// Adds a line.
    func note(
        _ caller: Caller, _ method: HTTPRequest.Method, _ route: String, _ status: Int,
        isRefusal: Bool
    ) {
        let file = isRefusal ? refusals : changes
        let words = "\(caller.name) \(caller.address) \(method.rawValue) \(route) \(status)"
        file.write(Array("\(clock.now().iso8601) \(SafeText.escaped(words))\n".utf8))
    }
}
