import ArgumentParser
import Glibc
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl log`.
struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "List commits, newest first.",
        discussion: """
            With a PATH, a local one or one of the repository, only commits that changed it, on \
            either side of a merge and under its former names. Successive saves of one file are \
            shown as one line, and merges that change nothing themselves are left out; --all \
            shows them. A time is 2026-02-08T17:45:00Z, 2026-02-08, '2h ago' or yesterday.
            """)

    @OptionGroup var options: CommonOptions

    @Option(
        name: .short,
        help: "List at most this many (default: 20; on a terminal and with --json, 10,000).")
    var number: Int?

    @OptionGroup var wanted: HistoryOptions

    @Flag(help: "List each commit by itself, and merges that change nothing themselves.")
    var all = false

    @Flag(help: "Only commits that deleted files, with their names.")
    var deleted = false

    @Flag(help: "Show what each commit changed.")
    var patch = false

    @Argument(help: "A file or directory.")
    var path: String?

    func validate() throws {
        if let number, number < 1 { throw ValidationError("-n takes a number from 1.") }
    }

    func run() throws {
        let history = try VaultHistory(options.load())
        let place = try history.listed(path, Machine())
        var filter = try wanted.filter()
        filter.everyMerge = all
        filter.deletions = deleted
        if options.json {
            let most = min(number ?? Limits.historyEntries, Limits.historyEntries)
            return try Output(options).json(history.log(place, where: filter, most: most))
        }
        try Pager.page(options) { output in
            let most = number ?? (output.isTerminal ? Limits.historyEntries : 20)
            var text = LogText(output: output)
            try history.eachOfLog(
                place, where: filter, isFolded: !all && !patch,
                most: min(most, Limits.historyEntries)
            ) { fold throws(RepositoryError) in
                text.write(fold)
                if patch { try writePatch(fold.newest, place, history, output) }
            }
        }
    }

    private func writePatch(
        _ entry: HistoryEntry, _ path: TreePath?, _ history: VaultHistory, _ output: Output
    ) throws(RepositoryError) {
        let all: [FileDifference]
        do { all = try history.shown(entry.commit).files } catch {
            if error.code != .thinned { throw error }
            return output.line(
                output.paint("    thinned here: syncctl gc --bring-back fetches it", .grey))
        }
        let files = all.filter { file in
            guard let path else { return true }
            return [file.path, file.oldPath].compactMap(\.self).contains { name in
                name.isAtOrBelow(path) || entry.paths.contains(name)
            }
        }
        output.line()
        DifferenceText(output: output).patch(files)
        output.line()
    }
}

/// Writes entries of the log: on a terminal by day, elsewhere each with its whole date.
struct LogText {
    let output: Output
    private var day = ""

    init(output: Output) { self.output = output }

    /// Writes an entry.
    mutating func write(_ item: HistoryFold) {
        let entry = item.newest
        let subject = TreePath(entry.subject)?.description ?? entry.subject
        let commit = output.paint(entry.commit.short, .yellow)
        let who = HistoryOptions.who(entry.device, entry.agent)
        let times =
            item.count > 1 ? "  (\(item.count) saves since \(time(item.oldest)))" : ""
        if output.isTerminal { writeDay(of: entry) }
        output.line("\(commit)  \(time(entry))  \(who)  \(subject)\(output.paint(times, .grey))")
        // A subject that names each path says it all.
        let isSaid = entry.paths.allSatisfy { Self.names(subject, $0) }
        if isSaid && entry.pathsOmitted == 0 { return }
        for path in entry.paths.prefix(Limits.listedPaths) {
            output.line(output.paint("    \(Self.shown(path))", .grey))
        }
        let more = entry.paths.count + entry.pathsOmitted - Limits.listedPaths
        if more > 0 { output.line(output.paint("    and \(more) more", .grey)) }
    }

    /// A path as a user can write it: one that is no text as git does.
    private static func shown(_ path: TreePath) -> String {
        let isText = String(validating: path.bytes, as: UTF8.self) != nil
        return isText ? path.description : QuotedPath.quoted(path.bytes)
    }

    /// Whether a subject has a path as a word.
    private static func names(_ subject: String, _ path: TreePath) -> Bool {
        if String(validating: path.bytes, as: UTF8.self) == nil { return false }
        return " \(subject) ".contains(" \(path) ") || " \(subject) ".contains(" \(path)/ ")
    }

    private mutating func writeDay(of entry: HistoryEntry) {
        let next = Self.local(entry, "%A, %Y-%m-%d")
        if next == day { return }
        if !day.isEmpty { output.line() }
        day = next
        output.line(output.paint(day, .bold))
    }

    private func time(_ entry: HistoryEntry) -> String {
        output.isTerminal ? Self.local(entry, "%H:%M") : entry.time
    }

    /// A date in this machine's time.
    private static func local(_ entry: HistoryEntry, _ format: String) -> String {
        var seconds = time_t(entry.seconds ?? 0)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
