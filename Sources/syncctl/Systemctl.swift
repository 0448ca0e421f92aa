import FoundationEssentials
import Glibc
import SyncEngine
import SyncModel
import SyncRemote

/// The user's service manager, through `systemctl --user`, and where units stand for it.
struct Systemctl {
    private let environment: [String: String]
    private let home: String

    init() {
        let machine = Machine()
        (environment, home) = (machine.environment, machine.home)
    }

    /// What the manager says of a unit, and the answer of `service status --json`.
    struct UnitStatus: Encodable, Equatable {
        let unit: String
        /// The file that was installed; nil when there is none.
        @OrNull var path: String?
        let installed: Bool
        let enabled: Bool
        /// As systemd says it: `active`, `activating`, `reloading`, `deactivating`, `inactive`,
        /// `failed`.
        let active: String
        /// The daemon's own words.
        @OrNull var status: String?
        @OrNull var pid: Int?
        let restarts: Int
        /// How the last run ended: `success`, `exit-code`, `signal`, `watchdog`, …
        let result: String
        /// Whether something is about to be done with it.
        let isMoving: Bool

        enum CodingKeys: String, CodingKey {
            case unit, path, installed, enabled, active, status, pid, restarts, result
        }

        /// Reads the lines of `systemctl show`.
        init(_ unit: String, _ lines: [Substring]) {
            var values: [Substring: String] = [:]
            for line in lines {
                let key = line.prefix { $0 != "=" }
                values[key] = String(line.dropFirst(key.count + 1))
            }
            func value(_ key: Substring) -> String? {
                values[key].flatMap { $0.isEmpty ? nil : $0 }
            }
            self.unit = unit
            path = value("FragmentPath")
            installed = value("LoadState") == "loaded"
            enabled = value("UnitFileState") == "enabled"
            active = value("ActiveState") ?? "inactive"
            status = value("StatusText")
            pid = value("MainPID").flatMap { Int($0) }.flatMap { $0 == 0 ? nil : $0 }
            restarts = value("NRestarts").flatMap { Int($0) } ?? 0
            result = value("Result") ?? "success"
            isMoving = !["0", nil].contains(value("Job"))
        }
    }

    /// Where the user's own units stand.
    var directory: String {
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (base ?? "\(home)/.config") + "/systemd/user"
    }

    /// Makes sure that the manager answers.
    /// - Throws: `Failure` in words: no systemd at all, or none for this user now.
    func check() throws {
        guard let answer = ProgramRun.answer(["systemctl", "--user", "show-environment"]) else {
            throw Failure(
                Exit.failed,
                "there is no systemd here (systemctl cannot be run): start "
                    + "'syncd run' the way this system starts programs")
        }
        if answer.code != 0 {
            throw Failure(
                Exit.failed, "the user's systemd does not answer: \(answer.run.words)",
                "log in as this user (su and sudo do not start one), or: "
                    + "loginctl enable-linger \(environment["USER"] ?? "USER")")
        }
    }

    /// Runs `systemctl --user`.
    /// - Throws: `Failure` with what it says.
    @discardableResult
    func run(_ words: String...) throws -> [Substring] {
        let command = ["systemctl", "--user"] + words
        guard let answer = ProgramRun.answer(command) else {
            throw Failure(Exit.failed, "\(command.joined(separator: " ")): it does not end")
        }
        guard answer.code == 0 else {
            throw Failure(
                Exit.failed, "\(command.joined(separator: " ")): \(answer.run.words)")
        }
        return answer.run.lines
    }

    /// What the manager knows of a unit.
    func status(of unit: String) throws -> UnitStatus {
        UnitStatus(
            unit,
            try run(
                "show", unit, "--property",
                "LoadState,ActiveState,UnitFileState,StatusText,MainPID,NRestarts,Result,"
                    + "FragmentPath,Job"))
    }

    /// Waits until a unit has started or failed, at most `Limits.serviceWait`: a large first scan
    /// takes longer, and goes on.
    func waitForStart(of unit: String) async throws -> UnitStatus {
        let clock = ContinuousClock()
        let deadline = clock.now + Limits.serviceWait
        while true {
            let status = try status(of: unit)
            let isThere = status.active != "activating" && !status.isMoving
            if isThere || clock.now >= deadline { return status }
            // The manager is asked: it tells nobody without a bus.
            try await clock.sleep(for: .milliseconds(100))
        }
    }

    /// Whether this system lets a user make a user namespace.
    static var mayMakeNamespaces: Bool {
        func reads(_ path: String, _ value: String) -> Bool {
            do {
                let text = try String(contentsOfFile: path, encoding: .utf8)
                return text.split(whereSeparator: \.isWhitespace).first.map(String.init) == value
            } catch {
                // A kernel without the setting does not refuse.
                return false
            }
        }
        let settings = "/proc/sys"
        return !reads("\(settings)/user/max_user_namespaces", "0")
            && !reads("\(settings)/kernel/unprivileged_userns_clone", "0")
            && !reads("\(settings)/kernel/apparmor_restrict_unprivileged_userns", "1")
    }
}
