import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl deleted`.
struct Deleted: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deleted",
        abstract: "List files that were deleted and are not back, newest first.",
        discussion: """
            Each with when and by whom, and the command that brings it back. A file that was only \
            renamed is not listed. With a PATH, that file, or what was below that directory.
            """)

    @OptionGroup var options: CommonOptions

    @Option(name: .short, help: "List at most this many (default: 20, with --json 10000).")
    var number: Int?

    @OptionGroup var wanted: HistoryOptions

    @Argument(help: "A file or directory.")
    var path: String?

    func validate() throws {
        if let number, number < 1 { throw ValidationError("-n takes a number from 1.") }
    }

    func run() throws {
        let configuration = try options.load()
        let history = try VaultHistory(configuration)
        let most = number ?? (options.json ? Limits.historyEntries : 20)
        let files = try history.deleted(
            history.listed(path, Machine()), where: wanted.filter(),
            most: min(most, Limits.historyEntries))
        let output = Output(options)
        if options.json { return try output.json(files) }
        if files.isEmpty { return output.remark("nothing was deleted that is not back") }
        let argument = PathArgument(
            configuration, workingDirectory: Machine.workingDirectory, home: Machine().home)
        for file in files {
            let commit = output.paint(file.commit.short, .yellow)
            let who = HistoryOptions.who(file.device, file.agent)
            output.line("\(commit)  \(file.time)  \(who)  \(file.path)")
            output.line(output.paint("    \(Self.command(file, argument))", .grey))
        }
    }

    /// What brings a file back. A path of this machine means the same in whatever directory it is
    /// typed.
    static func command(_ file: DeletedFile, _ argument: PathArgument) -> String {
        let path = argument.local(file.path) ?? file.path.bytes
        let written = QuotedPath.quoted(path, inDigits: true)
        let inQuotes = QuotedPath.bytes(written) == path ? Array(written.utf8) : nil
        guard let word = ShellWord.quoted(path) ?? inQuotes.flatMap(ShellWord.quoted) else {
            return "its name cannot be typed: restore a directory above it to \(file.last.hex)"
        }
        let separator = word.hasPrefix("-") || word.hasPrefix("'-") ? "-- " : ""
        return "syncctl restore --to \(file.last.hex) \(separator)\(word)"
    }
}
