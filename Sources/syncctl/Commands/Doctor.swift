import ArgumentParser
import SyncAdmin
import SyncConfiguration
import SyncEngine
import SyncModel

/// `syncctl doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything the vault needs, and say how to fix what is wrong.",
        discussion:
            "Exits with 1 when a line says 'fail', 4 when it is the login. Changes nothing.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let findings = try await examine()
        let output = Output(options)
        if options.json {
            try output.json(findings)
        } else {
            for finding in findings where !options.quiet || finding.state != .ok {
                Self.write(finding, output)
            }
        }
        if findings.contains(where: \.isRefused) { throw ExitCode(Exit.authentication) }
        if findings.contains(where: { $0.state == .fail }) { throw ExitCode(Exit.failed) }
    }

    private func examine() async throws -> [Finding] {
        let configuration: Configuration
        do { configuration = try options.load() } catch let error as ConfigurationError {
            return error.problems.map {
                .fail("configuration", "\($0)", mend: "edit \($0.file), then syncctl doctor")
            }
        }
        var findings: [Finding] = [.ok("configuration", options.file)]
        findings += await Checkup(configuration).findings()
        findings += await daemon(configuration, try DaemonClient(options))
        return findings
    }

    /// Asks the daemon, or looks at its record when it does not run.
    private func daemon(_ configuration: Configuration, _ client: DaemonClient) async -> [Finding] {
        do {
            return try await client.askOrOpen(
                ask: {
                    let health: HealthAnswer? = try client.askIfRunning(
                        "GET", "/health", accepting: [503])
                    let status: VaultStatus? = try client.askIfRunning("GET", "/status")
                    let advice = ": \(RemoteChange.advice)"
                    let change = status?.notices.first { $0.hasSuffix(advice) }
                    return health.map {
                        Self.history(change.map { String($0.dropLast(advice.count)) })
                            + [Self.running($0)]
                    }
                },
                look: { await RemoteProbe($0) }, open: { try IdleVault($0, waiting: $1) },
                work: { vault, remote in
                    Self.history(try vault.change(remote)?.words)
                        + Self.idle(vault, configuration)
                })
        } catch {
            let lines = Failure(error).lines.joined(separator: "; ")
            return [.fail("daemon", lines, mend: "see \(configuration.stateDirectory)/log")]
        }
    }

    /// What became of a remote that was rewritten; nothing while it goes forward.
    private static func history(_ words: String?) -> [Finding] {
        words.map {
            [.fail("history", $0, mend: "syncctl remote, which says what can be chosen")]
        } ?? []
    }

    private static func running(_ health: HealthAnswer) -> Finding {
        if health.status == .ok {
            return .ok("daemon", "it runs and says \(health.state.rawValue)")
        }
        return .fail(
            "daemon",
            "it runs and says \(health.state.rawValue)"
                + (health.reason.map { ": \($0)" } ?? ""), mend: "syncctl status")
    }

    private static func idle(_ vault: IdleVault, _ configuration: Configuration) -> [Finding] {
        let record = configuration.stateDirectory + "/state.db"
        return [
            vault.rebuilt.map {
                .warn(
                    "record", "\(record) was damaged (\($0)) and was made anew",
                    mend: "syncctl sync, which looks at every file")
            } ?? .ok("record", record),
            .warn("daemon", "it is not running", mend: "syncd run"),
        ]
    }

    /// Writes a finding as a line, and one for what mends it.
    static func write(_ finding: Finding, _ output: Output) {
        let colour: Output.Colour =
            switch finding.state {
            case .ok: .green
            case .warn: .yellow
            case .fail: .red
            }
        let state = finding.state.rawValue
        output.line(
            output.paint(state, colour) + String(repeating: " ", count: 6 - state.count)
                + finding.check + String(repeating: " ", count: max(1, 15 - finding.check.count))
                + finding.message)
        if let mend = finding.mend { output.line(String(repeating: " ", count: 21) + mend) }
    }
}
