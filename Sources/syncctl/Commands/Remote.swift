import ArgumentParser
import SyncAdmin
import SyncEngine
import SyncModel

/// `syncctl remote`.
struct Remote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remote",
        abstract: "Show the remote's state, or decide about one that was rewritten.",
        discussion: """
            A remote that was rewritten, emptied or replaced stops the vault until somebody \
            chooses. accept takes the remote's history and puts what only this device has on top; \
            files that are here as the remote had them follow it. restore puts this vault's \
            history back, with a push that goes forward. Either way every version stays in the \
            repository, under refs/sync/kept.

            Where the remote declined a push for what a file has, take that out; accept then \
            pushes one commit of what the remote lacks, without it.

            skip COMMIT passes over a head of the remote that cannot be taken in: this device \
            fetches and pushes nothing until the remote has another head.
            """)

    @OptionGroup var options: CommonOptions

    /// What to do about the remote.
    enum Way: String, ExpressibleByArgument, CaseIterable {
        case accept, restore, skip

        /// What shall stand; nil where nothing is chosen.
        var choice: RemoteRequest.Choice? {
            switch self {
            case .accept: .accept
            case .restore: .restore
            case .skip: nil
            }
        }
    }

    @Argument(help: "What to do; without it, only show the state.")
    var way: Way?

    @Argument(help: "For skip: the remote's head, or a prefix of its id.")
    var commit: String?

    @Flag(help: "Only show what would change.")
    var dryRun = false

    func validate() throws {
        if dryRun && way?.choice == nil {
            throw ValidationError("--dry-run goes with accept and restore.")
        }
        if (way == .skip) != (commit != nil) {
            throw ValidationError("skip takes a commit, and nothing else does.")
        }
    }

    func run() async throws {
        let client = try DaemonClient(options)
        if let commit { return try await skip(commit, client) }
        guard let choice = way?.choice else { return try await look(client) }
        let request = RemoteRequest(choice, dryRun: dryRun)
        let report = try await Changing.make(client, "/api/sync/remote", request) {
            try await $0.choose(request)
        }
        try tell(report, choice)
        try Changing.end([report], options, isDryRun: dryRun)
    }

    private func tell(_ report: ChangeReport, _ choice: RemoteRequest.Choice) throws {
        let output = Output(options)
        if options.json { return try output.json(report) }
        let place = choice == .accept ? "here" : "on the remote"
        let (done, deleted) = dryRun ? ("would change", "would delete") : ("changed", "deleted")
        Changing.tellPaths(
            report, output, done: "\(done) \(place):", deleted: "\(deleted) \(place):")
        if report.paths.isEmpty { output.remark("no file differs \(place)") }
        Changing.tellWaiting(report, output)
        Changing.list(report.conflicts, output) { "conflict: \($0.path) (\($0.kind.rawValue))" }
        if let commit = report.commit {
            output.remark("the head is \(commit.short); what stood before is kept: syncctl remote")
        }
    }

    private func skip(_ commit: String, _ client: DaemonClient) async throws {
        let request = SkipRequest(commit: commit)
        let done: SkippedCommit = try await client.askOrOpen(
            ask: {
                try client.askIfRunning(
                    "POST", "/api/sync/remote/skip", request, within: Limits.cycleWait)
            },
            open: Changing.open, work: { try await $0.skip(commit) })
        let output = Output(options)
        if options.json { return try output.json(done) }
        output.remark(
            "\(done.commit.short) is passed over: the remote's next head is taken in again")
    }

    private func look(_ client: DaemonClient) async throws {
        let standing: RemoteStanding = try await client.askOrOpen(
            ask: { try client.askIfRunning("GET", "/api/sync/remote", within: Limits.cycleWait) },
            look: RemoteProbe.fetch, open: Changing.open,
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
        if let kept = standing.keptOut {
            let until = kept.nextTry.map { "rests until \($0), syncd ended \(kept.deaths) times" }
            output.line("out     \(kept.commit.hex) \(until ?? "is passed over")")
        }
        if let change = standing.change {
            output.line(output.paint(change.words, .red))
            output.line(output.paint("    \(RemoteChange.advice)", .grey))
        }
    }
}
