import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl verify`.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads all of the vault again, and restores its head into a scratch directory.",
        discussion: """
            Every object that a reference leads to is read and compared with its name, git fsck \
            looks at the rest, each folder is compared with the head byte for byte, and the head \
            is restored beside the vault, compared, and taken away again. Exits with 1 when a \
            line says 'fail'. Changes nothing; needs no daemon, and works beside one.
            """)

    @OptionGroup var options: CommonOptions

    func run() throws {
        let configuration = try options.load()
        let findings = Verification(configuration).findings { head in
            do {
                return try TrialRestore.problems(of: head, VaultHistory(configuration))
            } catch { return Failure(error).lines }
        }
        let output = Output(options)
        if options.json {
            try output.json(findings)
        } else {
            for finding in findings where !options.quiet || finding.state != .ok {
                output.line(Doctor.line(finding, output))
            }
        }
        if findings.contains(where: { $0.state == .fail }) { throw ExitCode(Exit.failed) }
    }
}
