import ArgumentParser
import Logging
import SyncEngine
import SyncModel

/// `syncctl sync`.
struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Capture, fetch, merge, apply and push now.",
        discussion: """
            Asks the daemon, or runs a cycle itself if none is running. Exits with 0 when the \
            vault is in sync, 10 when conflicts are open, 1 when something failed or waits. \
            Prints progress on standard error, except with --quiet or --json.
            """)

    @OptionGroup var options: CommonOptions

    @Flag(help: "Start the cycle without waiting for its end (needs the daemon).")
    var noWait = false

    @Flag(help: "Let deletions through that were held back for being many.")
    var acceptDeletes = false

    @Flag(help: "Put back files whose deletion was held back for being many.")
    var restoreDeleted = false

    @Flag(help: "Accept a folder that is not the directory it was.")
    var acceptFolders = false

    func validate() throws {
        if acceptDeletes && restoreDeleted {
            throw ValidationError("--accept-deletes and --restore-deleted exclude each other.")
        }
        if noWait && (acceptDeletes || restoreDeleted || acceptFolders) {
            throw ValidationError("--no-wait goes with none of the other options.")
        }
    }

    /// What the daemon answers to a cycle that is not waited for.
    private struct Started: Codable { let id: String }

    func run() async throws {
        let client = try DaemonClient(options)
        if noWait {
            let status: VaultStatus = try client.ask("GET", "/api/sync/status")
            if status.state == .paused { throw Failure(Exit.failed, status.unfinished) }
            let started: Started = try client.ask(
                "POST", "/trigger-sync", within: Limits.cycleWait)
            if options.json { try Output(options).json(started) }
            return
        }
        let request = asked
        let progress = ProgressReport(options)
        defer { progress?.end() }
        let report: CycleReport = try await client.askOrOpen(
            ask: {
                progress?.follow(client)
                return try client.askIfRunning(
                    "POST", "/api/sync/cycle", request, within: Limits.cycleWait)
            },
            open: Changing.open,
            work: { service in
                progress?.follow(service.progress.work)
                let outcome = await service.sync(request.request)
                return CycleReport(
                    outcome, service.board.status, isRefused: await service.isRefused)
            })
        progress?.end()
        try tell(report)
    }

    private var asked: CycleRequest {
        var request = CycleRequest()
        request.acceptDeletes = acceptDeletes
        request.restoreDeleted = restoreDeleted
        request.acceptFolders = acceptFolders
        return request
    }

    private func tell(_ report: CycleReport) throws {
        let output = Output(options)
        if options.json { try output.json(report) }
        let status = report.status
        if report.outcome == .refused {
            throw Failure(Exit.authentication, status.unfinished)
        }
        guard report.outcome == .inSync else {
            let words = status.unfinished
            throw Failure(Exit.failed, words.isEmpty ? ["not in sync yet"] : words)
        }
        if status.quarantined > 0 {
            throw Failure(Exit.failed, status.unfinished)
        }
        let head = status.head.map { " at \($0.short)" } ?? ": there is nothing yet"
        output.remark("in sync\(head)")
        if !options.quiet && !options.json {
            for notice in status.notices { Output.message("note: \(notice)") }
        }
        if status.conflicts > 0 {
            let open = VaultStatus.count(status.conflicts, "conflict is open", "conflicts are open")
            Output.message("\(open): syncctl conflicts")
            throw ExitCode(Exit.conflicts)
        }
    }
}

/// What the engine says on the way; a command tells its outcome itself.
struct QuietLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.error

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {}
}
