import ArgumentParser
import Glibc
import SyncEngine
import SyncModel

/// Each command says its own name: to make one of its type's the runtime looks through all
/// conformances of the program, which takes as long as most commands do.
@main
struct Syncctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "syncctl",
        abstract: "Manage a vault: directories kept the same on every machine, through git.",
        discussion: """
            Exit codes: 0 done, 1 failed, 3 daemon not running, 4 authentication failed, 10 open \
            conflicts, 64 wrong usage, 78 wrong configuration, 130 interrupted.
            """,
        version: Version.text,
        subcommands: [
            Init.self, Status.self, Sync.self, Flush.self, Pause.self, Resume.self, Held.self,
            Conflicts.self, Resolve.self, Restore.self, Rollback.self, Undo.self, TypeOf.self,
            Log.self, Diff.self, Show.self, BlameCommand.self, Deleted.self, Devices.self,
            Remote.self, Doctor.self, Verify.self, CollectGarbage.self, Backup.self, Reload.self,
            Events.self,
            MetricsText.self, Dashboard.self, Token.self, Webhook.self, Service.self,
            MergeDriver.self,
        ])

    static func main() async {
        Machine.forbidCoreDumps()
        Machine.keepOwnersRights()
        Machine.endsSoon()
        Output.keepPlaces()
        // A file that grows too large fails, and that is said.
        signal(SIGXFSZ, SIG_IGN)
        do {
            try Machine.openManyFiles(atLeast: Limits.fewestFiles)
            let arguments = CommonOptions.moved(CommandWords.given())
            if let unknown = CommonOptions.unknown(in: arguments) {
                throw ValidationError("Unknown option '\(unknown)'")
            }
            if CommandWords.areMissing(in: arguments) {
                let help = helpMessage().split(separator: "\n", omittingEmptySubsequences: false)
                throw Failure(Exit.usage, ["a command is missing", ""] + help.map(String.init))
            }
            if let unknown = CommandWords.unknown(in: arguments) {
                throw ValidationError(
                    "There is no command '\(unknown)': syncctl --help lists them.")
            }
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            end(failure)
        } catch let error where exitCode(for: error) != .failure || error is ExitCode {
            // The parser's own: wrong usage, help, and codes that a command ends with.
            exit(withError: error)
        } catch {
            end(Failure(error))
        }
    }

    private static func end(_ failure: Failure) -> Never {
        for line in failure.lines { Output.message(line) }
        Glibc.exit(failure.code)
    }
}
