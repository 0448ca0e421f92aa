import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl restore`.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings back a version of files or directories, in a new commit.",
        discussion: """
            --to takes a commit, a time (2026-02-08T17:45:00Z, '2h ago', yesterday) or the id of \
            one file's blob, as syncctl conflicts --settled gives it.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "Files or directories.")
    var paths: [String]

    @Option(help: "The version.")
    var to: String

    @Flag(help: "Only says what would change.")
    var dryRun = false

    func run() async throws {
        let history = try VaultHistory(options.load())
        let paths = try paths.map { text in
            guard let path = try history.path(text, Machine()) else {
                throw Failure(Exit.failed, "\(text) is outside every folder")
            }
            return path
        }
        let request = RestoreRequest(paths, to: to, dryRun: dryRun)
        let client = try DaemonClient(options)
        let report = try await Changing.make(client, "/api/sync/restore", request) {
            try await $0.restore(request)
        }
        try Changing.tell(report, options, done: dryRun ? "would change" : "restored")
    }
}
