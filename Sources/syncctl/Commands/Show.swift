import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl show`.
struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a version of a file to standard output, byte for byte.",
        discussion: """
            REV is HEAD, HEAD~N, or 4 to 40 digits of a commit's id; PATH a local path or one of \
            the repository. Example: syncctl show HEAD~1:shared/documents/todo.md
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: ArgumentHelp("The version.", valueName: "rev:path"))
    var version: String

    func run() throws {
        let parts = version.split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw ValidationError(
                "'\(version)' is not of the form REV:PATH, such as HEAD~1:notes.md")
        }
        let history = try VaultHistory(options.load())
        let commit = try history.revision(String(parts[0]))
        guard let path = try history.path(String(parts[1]), Machine()) else {
            throw Failure(Exit.failed, "\(parts[1]) is outside every folder")
        }
        guard let content = try history.content(path, at: commit) else {
            throw Failure(Exit.failed, "there is no file \(path) in \(commit.short)")
        }
        Output.write(content)
    }
}
