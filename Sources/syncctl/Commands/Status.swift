import ArgumentParser
import FoundationEssentials
import Glibc
import SyncAdmin
import SyncEngine
import SyncHTTP
import SyncModel

/// `syncctl status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of the vault.",
        discussion: "Exits with 3 when the daemon is not running, 10 when conflicts are open.")

    @OptionGroup var options: CommonOptions

    @Flag(help: "Show it again after each change, until interrupted.")
    var watch = false

    func run() async throws {
        let client = try DaemonClient(options)
        if watch { return try await follow(client) }
        let status: VaultStatus = try await client.askOrOpen(
            ask: { try client.askIfRunning("GET", "/status") },
            look: { await RemoteProbe($0) }, open: { ($0, $1) },
            work: { idle, remote in try IdleVault.status(of: idle.0, remote, waiting: idle.1) })
        let output = Output(options)
        if options.json {
            try output.json(status)
        } else if !options.quiet {
            for line in StatusText(status, client.configuration, output).lines { output.line(line) }
        }
        if status.daemon != "running" { throw ExitCode(Exit.notRunning) }
        if status.conflicts > 0 { throw ExitCode(Exit.conflicts) }
    }

    private func follow(_ client: DaemonClient) async throws {
        let output = Output(options)
        let isTerminal = isatty(STDOUT_FILENO) == 1
        try await client.follow { event in
            guard event.name == "state" || event.name == "reset" else { return true }
            let status: VaultStatus
            do {
                status = try JSONDecoder().decode(VaultStatus.self, from: Data(event.data.utf8))
            } catch { return true }
            if options.json {
                output.json(event.data)
                return true
            }
            // Home, and nothing below.
            if isTerminal { Output.write(Array("\u{1b}[H\u{1b}[J".utf8)) }
            for line in StatusText(status, client.configuration, output).lines { output.line(line) }
            if !isTerminal { output.line() }
            return true
        }
    }
}
