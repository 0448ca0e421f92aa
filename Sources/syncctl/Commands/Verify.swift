import ArgumentParser
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl verify`.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify every object of the vault, and try to restore its head.",
        discussion: """
            Reads every reachable object and compares it with its id, lets git fsck check the \
            rest, compares each folder with the head byte for byte, and restores the head into a \
            scratch directory, compares it and removes it. Exits with 1 when a line says 'fail'. \
            Changes nothing. Works with and without a running daemon.
            """)

    @OptionGroup var options: CommonOptions

    func run() throws {
        let configuration = try options.load()
        let findings = Verification(configuration).findings { head in
            do {
                return try TrialRestore.problems(of: head, VaultHistory(configuration))
            } catch let error as RepositoryError {
                return TrialReport(problems: Failure(error).lines)
            } catch {
                var report = TrialReport()
                report.untried = Failure(error).lines.joined(separator: ": ")
                return report
            }
        }
        let output = Output(options)
        if options.json {
            try output.json(findings)
        } else {
            for finding in findings where !options.quiet || finding.state != .ok {
                Doctor.write(finding, output)
            }
        }
        if findings.contains(where: { $0.state == .fail }) { throw ExitCode(Exit.failed) }
    }
}
