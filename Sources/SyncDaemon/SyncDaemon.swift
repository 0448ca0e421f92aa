import ArgumentParser
import Glibc
import SyncKit

@main
struct SyncDaemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "syncd",
        abstract: "Keep directories the same on every machine, through git.",
        version: Daemon.version, subcommands: [Run.self])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Daemon.Failure {
            for line in failure.lines { say(line) }
            Glibc.exit(failure.isConfiguration ? 78 : failure.isRefused ? 4 : 1)
        } catch {
            exit(withError: error)
        }
    }

    /// Writes a line to standard error.
    fileprivate static func say(_ line: String, _ priority: String = Journal.error) {
        let bytes = Array("\(priority)syncd: \(line)\n".utf8)
        // Where nobody listens there is nobody to tell.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// Syncs in the foreground.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sync in the foreground until told to stop.",
        discussion: """
            SIGTERM and SIGINT end it within five seconds; SIGHUP reads the configuration again.
            """)

    @Option(help: "The vault's configuration (default: SYNCD_CONFIG, then the XDG place).")
    var config: String?

    @Flag(help: "Run one full cycle and exit: 0 in sync, 10 with open conflicts, 1 otherwise.")
    var once = false

    func run() async throws {
        let daemon = try Daemon(configuration: config)
        if once {
            let (conflicts, notices) = try await daemon.once()
            for notice in notices { SyncDaemon.say(notice, Journal.notice) }
            if conflicts > 0 { throw ExitCode(10) }
        } else if case .interrupted = try await daemon.run() {
            throw ExitCode(130)
        }
    }
}
