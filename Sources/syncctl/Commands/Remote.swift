import ArgumentParser
import SyncEngine
import SyncModel

/// `syncctl remote`.
struct Remote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says where the remote stands; settles what a rewritten one shall be.",
        discussion: """
            A remote that was rewritten, emptied or replaced stops the vault until somebody \
            chooses. accept takes the remote's history, with what only this device has over it: \
            files that stand here as the remote had them follow it. restore puts this vault's \
            history back, by a push that goes forward. Either way every version stays in the \
            repository, under refs/sync/kept.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "What shall stand; without it only looks.")
    var choice: RemoteRequest.Choice?

    @Flag(help: "Only says what would change.")
    var dryRun = false

    func validate() throws {
        if dryRun && choice == nil {
            throw ValidationError("--dry-run goes with accept and restore.")
        }
    }

    func run() async throws {
        let client = try DaemonClient(options)
        guard let choice else { return try await look(client) }
        let request = RemoteRequest(choice, dryRun: dryRun)
        let report = try await Changing.make(client, "/api/sync/remote", request) {
            try await $0.choose(request)
        }
        let output = Output(options)
        if options.json { return try output.json(report) }
        let verb = dryRun ? "would change" : "changed"
        let place = choice == .accept ? "here" : "on the remote"
        for path in report.paths.prefix(Limits.listedPaths) {
            output.remark("\(verb) \(place): \(path)")
        }
        let rest = report.paths.count - Limits.listedPaths
        if rest > 0 { output.remark("… and \(rest) more") }
        if report.paths.isEmpty { output.remark("no file differs \(place)") }
        if let commit = report.commit {
            output.remark("the head is \(commit.short); what stood before is kept: syncctl remote")
        }
    }

    private func look(_ client: DaemonClient) async throws {
        let standing: RemoteStanding = try await client.askOrOpen(
            ask: { try client.askIfRunning("GET", "/api/sync/remote", within: Limits.cycleWait) },
            look: RemoteLook.fetch, open: Changing.open,
            work: { try await $0.remoteStanding($1) })
        let output = Output(options)
        if options.json { return try output.json(standing) }
        guard let remote = standing.remote else {
            return output.line("none: the history stays on this device")
        }
        output.line(remote)
        output.line("head    \(standing.head?.short ?? "none")")
        output.line("remote  \(standing.remoteHead?.short ?? "nothing yet")")
        for name in standing.kept { output.line("kept    \(name)") }
        if let change = standing.change {
            output.line(output.paint(change.words, .red))
            output.line(output.paint("    \(RemoteChange.advice)", .grey))
        }
    }
}

extension RemoteRequest.Choice: ExpressibleByArgument {}
