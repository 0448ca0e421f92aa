import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl blame`.
struct BlameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blame",
        abstract: "Show who wrote each line of a document or record of a memory file, and when.",
        discussion: "Follows renames. The path is a local one or one of the repository.")

    @OptionGroup var options: CommonOptions

    @Argument(help: "A file.")
    var path: String

    @Option(help: ArgumentHelp("The version to annotate.", valueName: "rev|time"))
    var at: String?

    func run() throws {
        let history = try VaultHistory(options.load())
        guard let path = try history.place(path, Machine()) else {
            throw Failure(Exit.failed, "blame takes a file")
        }
        let commit = try at.map { try history.named($0, now: SystemClock().now()) } ?? history.head
        guard let commit else { throw Failure(Exit.failed, "nothing is committed yet") }
        let blame = Blame(reading: history.repository)
        guard let answer = try blame.answer(path, at: commit) else {
            throw Failure(Exit.failed, try blame.reason(path, at: commit))
        }
        if options.json { return try Output(options).json(answer) }
        try Pager.page(options) { write(answer, $0) }
    }

    private func write(_ answer: BlameAnswer, _ output: Output) {
        let names = answer.entries.map { HistoryOptions.who($0.device, $0.agent) }
        let width = names.map(\.count).max() ?? 0
        let digits = "\(answer.entries.count)".count
        for (index, entry) in answer.entries.enumerated() {
            let name = names[index] + String(repeating: " ", count: width - names[index].count)
            let number = "\(index + 1)"
            let blank = String(repeating: " ", count: digits - number.count)
            // What a record is called may hold a line's end.
            let record = SafeText.escaped(
                entry.record.map { $0 == entry.text ? "" : "\($0) " } ?? "")
            output.line(
                output.paint(entry.commit.short, .yellow)
                    + " (\(name) \(entry.time) \(blank)\(number)) \(record)\(entry.text)")
        }
    }
}
