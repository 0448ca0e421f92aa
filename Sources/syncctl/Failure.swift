import SyncAdmin
import SyncConfiguration
import SyncEngine
import SyncModel

/// The exit codes of docs/reference/cli.md.
enum Exit {
    static let failed: Int32 = 1
    static let notRunning: Int32 = 3
    static let authentication: Int32 = 4
    static let conflicts: Int32 = 10
    static let usage: Int32 = 64
    static let configuration: Int32 = 78
}

/// A command that cannot do what it was asked to: words for the user and the exit code.
struct Failure: Error {
    let code: Int32
    let lines: [String]

    init(_ code: Int32, _ lines: String...) {
        self.code = code
        self.lines = lines
    }

    init(_ code: Int32, _ lines: [String]) {
        self.code = code
        self.lines = lines
    }

    /// Takes any floor's failure.
    init(_ error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as ConfigurationError:
            self.init(Exit.configuration, error.problems.map(\.description))
        case let error as VaultPlan.Refusal:
            self.init(
                error.isUsage ? Exit.usage : Exit.failed,
                error.description.split(separator: "\n").map(String.init))
        default:
            let isLogin = (error as? RemoteError)?.code == .authentication
            let lines = SyncFailure(error).text.split(whereSeparator: \.isNewline)
            self.init(isLogin ? Exit.authentication : Exit.failed, lines.map(String.init))
        }
    }

    /// A path that is empty, as where a script's variable is not set.
    static let emptyPath = Failure(
        Exit.failed, "an empty PATH means nothing: this directory is .")

    static func notRunning(_ socket: String) -> Failure {
        Failure(
            Exit.notRunning, "the daemon is not running (nobody listens on \(socket)): syncd run")
    }
}

extension Machine {
    /// A path beside the vault as the user gave it, from the root.
    /// - Throws: `Failure` for an empty one.
    func place(_ text: String) throws -> String {
        if text.isEmpty { throw Failure.emptyPath }
        return Self.absolute(text, home: home)
    }
}
