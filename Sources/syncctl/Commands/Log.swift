import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl log`.
struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists commits, the newest first.",
        discussion: """
            With a PATH, a local one or one of the repository, those that changed it, on whichever \
            side of a merge. Merges that bring nothing of their own are left out, but for --all. A \
            time is 2026-02-08T17:45:00Z, '2h ago' or yesterday.
            """)

    @OptionGroup var options: CommonOptions

    @Option(name: .short, help: "How many at most (default: 20, with --json 10000).")
    var number: Int?

    @OptionGroup var wanted: HistoryOptions

    @Flag(help: "Also merges that bring nothing of their own.")
    var all = false

    @Argument(help: "A file or directory.")
    var path: String?

    func validate() throws {
        if let number, number < 1 { throw ValidationError("-n takes a number from 1.") }
    }

    func run() throws {
        let history = try VaultHistory(options.load())
        let place = try history.place(path, Machine())
        var filter = try wanted.filter()
        filter.everyMerge = all
        let most = number ?? (options.json ? Limits.historyEntries : 20)
        let entries = try history.log(
            place, where: filter, most: min(most, Limits.historyEntries))
        let output = Output(options)
        if options.json { return try output.json(entries) }
        for entry in entries {
            let subject = TreePath(entry.subject)?.description ?? entry.subject
            let commit = output.paint(entry.commit.short, .yellow)
            let who = HistoryOptions.who(entry.device, entry.agent)
            output.line("\(commit)  \(entry.time)  \(who)  \(subject)")
            // A subject that names its only path says it all.
            if entry.paths.count < 2 { continue }
            for path in entry.paths.prefix(Limits.listedPaths) {
                output.line(output.paint("    \(path)", .grey))
            }
            let more = entry.paths.count + entry.pathsOmitted - Limits.listedPaths
            if more > 0 { output.line(output.paint("    and \(more) more", .grey)) }
        }
    }
}
