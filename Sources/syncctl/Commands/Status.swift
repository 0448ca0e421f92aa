import ArgumentParser
import SyncEngine
import SyncModel

/// `syncctl status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows where the vault stands.",
        discussion: "Exits with 3 when the daemon is not running, 10 when conflicts are open.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let client = try DaemonClient(options)
        let status: VaultStatus = try await client.askOrOpen(
            ask: { try client.askIfRunning("GET", "/status") },
            look: { await RemoteProbe($0) }, open: { try IdleVault($0, waiting: $1) },
            work: { vault, remote in vault.status(remote) })
        let output = Output(options)
        if options.json {
            try output.json(status)
        } else if !options.quiet {
            for line in StatusText(status, client.configuration, output).lines { output.line(line) }
        }
        if status.daemon != "running" { throw ExitCode(Exit.notRunning) }
        if status.conflicts > 0 { throw ExitCode(Exit.conflicts) }
    }
}
