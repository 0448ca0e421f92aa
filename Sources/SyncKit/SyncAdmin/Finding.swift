internal import SyncEngine
package import SyncModel

/// What `doctor` found of one thing: an entry of `doctor --json`.
package struct Finding: Sendable, Codable, Equatable {
    /// How well it is.
    package enum State: String, Sendable, Codable {
        case ok
        /// It works, or works for now.
        case warn
        /// Syncing does not work, or not safely.
        case fail
    }

    /// What was looked at, in a word.
    package let check: String
    /// Decides the exit code of `doctor`: a `fail` makes it fail.
    package let state: State
    /// What was found, in one line.
    package let message: String
    /// What mends it, a command where there is one; nil when nothing is to be mended.
    @OrNull package private(set) var mend: String?

    /// Whether it is the login that is missing or refused: `doctor` has an exit code for that.
    package private(set) var isRefused = false

    enum CodingKeys: String, CodingKey { case check, state, message, mend }

    /// Nothing to mend.
    package static func ok(_ check: String, _ message: String) -> Finding {
        Finding(check: check, state: .ok, message: message, mend: nil)
    }

    /// Something a person should know.
    package static func warn(_ check: String, _ message: String, mend: String) -> Finding {
        Finding(check: check, state: .warn, message: message, mend: mend)
    }

    /// What is wrong with the remote.
    static func remote(_ error: any Error) -> Finding {
        let failure = SyncFailure(error)
        var finding = fail("remote", failure.message, mend: failure.hint ?? "syncctl status")
        finding.isRefused = failure.isRefused
        return finding
    }

    /// Something that has to be mended.
    package static func fail(_ check: String, _ message: String, mend: String) -> Finding {
        Finding(check: check, state: .fail, message: message, mend: mend)
    }
}
