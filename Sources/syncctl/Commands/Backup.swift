import ArgumentParser
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl backup`.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write the vault's whole history to a git bundle, and verify it.",
        discussion: """
            A FILE gets the whole history, each time. A directory gets what is new since its last \
            bundle: VAULT-0001.bundle holds everything, each later one what came since. A bundle \
            is written completely or not at all; git can clone and fetch from it. Files that are \
            in no commit (held back, or not captured yet) go into an archive beside it, .tar.zst. \
            syncctl init --from-backup creates a vault from both. Needs git. Works with and \
            without a running daemon.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "A file, or a directory that exists or ends with '/'.")
    var path: String

    func run() async throws {
        let configuration = try options.load()
        var place = try Machine().place(path)
        let bundles = BundleDirectory(place, vault: configuration.vault)
        let isDirectory = path.hasSuffix("/") || bundles.isThere
        if !isDirectory { place = try BundleFile.place(place) }
        try configuration.refuse(placeInside: place)
        if isDirectory {
            try bundles.make()
        } else {
            try BundleFile.refuseOther(UnsyncedFiles.name(beside: place))
        }
        let turn = try BackupTurn(for: place)
        defer { turn.end() }
        let unsynced = try await unsynced()
        let writer = try BundleWriter(configuration)
        var archived: UnsyncedFiles?
        let archive = { (bundle: String) throws in
            archived = try UnsyncedFiles(unsynced, of: configuration, beside: bundle)
        }
        var report: BackupReport
        if isDirectory {
            report = try bundles.add(by: writer, archiving: archive)
        } else {
            report = try writer.write(to: place)
            try archive(place)
        }
        report.unsynced = archived
        let output = Output(options)
        if options.json { try output.json(report) } else { tell(report, place, output) }
        if let unsynced = report.unsynced, !unsynced.isWhole {
            tellMissing(unsynced)
            throw ExitCode(Exit.failed)
        }
    }

    /// What no commit has. A running daemon commits first what it can, and says what it could not:
    /// it may be paused, or its disk full.
    private func unsynced() async throws -> Uncommitted {
        let client = try DaemonClient(options)
        return try await client.askOrOpen(
            ask: {
                do {
                    let flushed: Flushed? = try client.askIfRunning(
                        "POST", "/api/sync/flush", within: Limits.cycleWait)
                    if flushed == nil { return nil }
                } catch let failure as Failure {
                    // What is committed can be saved all the same.
                    for line in failure.lines { Output.message(line) }
                }
                return try client.askIfRunning(
                    "GET", "/api/sync/uncommitted", within: Limits.cycleWait)
            },
            open: { try IdleVault($0, waiting: $1) },
            work: { vault in try vault.uncommitted() })
    }

    private func tell(_ report: BackupReport, _ place: String, _ output: Output) {
        if let file = report.file {
            let kind = report.incremental ? "what is new" : "the whole history"
            output.remark("\(file): \(kind), \(report.bytes) bytes, read back")
        } else {
            output.remark("nothing is new since the last bundle in \(place)")
        }
        if let unsynced = report.unsynced, let file = unsynced.file {
            output.remark("\(file): \(unsynced.files) files that are in no commit")
        }
    }

    /// Names what the backup lacks: of a file what the archive before had of it stays.
    private func tellMissing(_ unsynced: UnsyncedFiles) {
        for folder in unsynced.folders {
            Output.message("not in the backup, but for what is committed: \(folder.problem)")
        }
        for path in unsynced.skipped.prefix(Limits.listedPaths) {
            Output.message("cannot be read, and is not in the backup as it stands: \(path)")
        }
        let rest = unsynced.skipped.count - Limits.listedPaths
        if rest > 0 { Output.message("… and \(rest) more") }
    }
}
