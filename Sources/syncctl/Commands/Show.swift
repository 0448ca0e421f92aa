import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl show`.
struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a commit and what it changed, or print a version of a file.",
        discussion: """
            REV is HEAD, HEAD~N, or 4 to 40 digits of a commit's id. With a PATH, a local one or \
            one of the repository, the file's bytes are printed as they are. Example: syncctl \
            show HEAD~1:shared/documents/todo.md
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: ArgumentHelp("The commit, or the version.", valueName: "rev[:path]"))
    var version: String

    @Flag(help: "Only show how much of each file changed.")
    var stat = false

    @Flag(help: "Compare texts by words.")
    var words = false

    func run() throws {
        let parts = Self.parts(version)
        guard !parts[0].isEmpty, parts.last?.isEmpty == false else {
            throw ValidationError(
                "'\(version)' is not of the form REV or REV:PATH, such as HEAD~1:notes.md")
        }
        let history = try VaultHistory(options.load())
        let commit = try history.revision(parts[0])
        if parts.count == 1 {
            let shown = try history.shown(commit)
            if options.json { return try Output(options).json(shown) }
            return try Pager.page(options) { show(shown, $0) }
        }
        let path = try history.place(parts[1], Machine())
        guard let path, let content = try history.content(path, at: commit) else {
            let name = path?.description ?? parts[1]
            throw Failure(Exit.failed, "there is no file \(name) in \(commit.short)")
        }
        Output(options).content(content)
    }

    /// The commit and, where there is one, the path; either may be empty.
    private static func parts(_ version: String) -> [String] {
        if let bytes = QuotedPath.bytes(version), let colon = bytes.firstIndex(of: 0x3a) {
            return [
                String(decoding: bytes[..<colon], as: UTF8.self),
                QuotedPath.quoted(bytes[(colon + 1)...], inDigits: true),
            ]
        }
        return version.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
    }

    private func show(_ commit: CommitAnswer, _ output: Output) {
        let entry = commit.entry
        output.line(output.paint("commit \(entry.commit.hex)", .yellow))
        if commit.parents.count > 1 {
            output.line("Merge: \(commit.parents.map(\.short).joined(separator: " "))")
        }
        output.line("Device: \(HistoryOptions.who(entry.device, entry.agent))")
        output.line("Date:   \(entry.time)")
        output.line()
        for line in commit.message.split(whereSeparator: \.isNewline) { output.line("    \(line)") }
        if commit.files.isEmpty { return }
        output.line()
        var text = DifferenceText(output: output)
        text.byWords = words
        if stat { text.statistics(commit.files) } else { text.patch(commit.files) }
    }
}
