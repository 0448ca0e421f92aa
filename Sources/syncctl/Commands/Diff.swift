import ArgumentParser
import FoundationEssentials
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl diff`.
struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show how two states of the vault differ.",
        discussion: """
            A and B are commits or times (2026-02-08T17:45:00Z, 2026-02-08, '2h ago', yesterday). \
            Without B, A is compared with what is in the folders. Texts are compared by lines, \
            memories by records; of other files --stat shows the sizes.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The older state.")
    var a: String

    @Argument(help: "The newer state, and a file or directory; both are optional.")
    var rest: [String] = []

    @Flag(help: "Only show how much of each file changed.")
    var stat = false

    @Flag(help: "Compare texts by words.")
    var words = false

    func validate() throws {
        if rest.count > 2 { throw ValidationError("Give A, then B, then one PATH.") }
    }

    func run() async throws {
        let configuration = try options.load()
        let history = try VaultHistory(configuration)
        let now = SystemClock().now()
        let from = try history.named(a, now: now)
        var rest = rest
        var to: ObjectID?
        var whyNoRevision: String?
        if let first = rest.first {
            do {
                to = try history.revisionOrTime(first, now: now)
                rest.removeFirst()
            } catch let error as Revision.Unknown {
                if rest.count > 1 { throw Failure(Exit.failed, error.description) }
                whyNoRevision = error.description
            }
        }
        let path: TreePath?
        do {
            path = try history.listed(rest.first, Machine(), beside: [from, to].compactMap(\.self))
        } catch let failure as Failure {
            // What was meant, a commit or a path, only the user knows.
            throw Failure(failure.code, [whyNoRevision].compactMap(\.self) + failure.lines)
        }
        var isWhole = true
        let answer =
            try to.map { try history.differences(from: from, to: $0, path) }
            ?? disk(from, path, history, &isWhole)
        try tell(answer)
        if !isWhole { throw ExitCode(Exit.failed) }
    }

    private func tell(_ answer: DifferenceAnswer) throws {
        if options.json { return try Output(options).json(answer) }
        try Pager.page(options) { output in
            var text = DifferenceText(output: output)
            text.byWords = words
            if stat { text.statistics(answer.files) } else { text.patch(answer.files) }
        }
    }

    /// Compares a commit with what the folders hold: a running daemon captures that first.
    /// - Parameter isWhole: set to false when a folder is not there.
    private func disk(
        _ from: ObjectID, _ path: TreePath?, _ history: VaultHistory, _ isWhole: inout Bool
    ) throws -> DifferenceAnswer {
        let client = try DaemonClient(options)
        let flushed: Flushed? = try client.askIfRunning(
            "POST", "/api/sync/flush", within: Limits.cycleWait)
        if let flushed {
            if flushed.complete, flushed.applied, let head = flushed.head {
                let files = try history.differences(from: from, to: head, path).files
                return DifferenceAnswer(from: from, to: nil, files: files)
            }
            // What no commit has stands on the disk alone.
            let part = path.map { "&path=" + DaemonClient.encoded(QuotedPath.text($0.bytes)) }
            let answer: DifferenceAnswer = try client.ask(
                "GET", "/api/sync/diff?from=\(from.hex)\(part ?? "")", within: Limits.cycleWait)
            let files = answer.files
            let held: [QuarantineAnswer] = try client.ask(
                "GET", "/api/sync/held", within: Limits.cycleWait)
            tellUnread(held.map { .init(path: $0.path, reason: $0.reason) }, files, path)
            let look: Uncommitted = try client.ask(
                "GET", "/api/sync/uncommitted", within: Limits.cycleWait)
            for folder in look.folders where DiskLook.isAbout(path, folder.prefix) {
                Output.message(folder.problem)
                isWhole = false
            }
            return DifferenceAnswer(from: from, to: nil, files: files)
        }
        let tree = try history.repository.commit(from).tree
        let vault = try IdleVault(history.configuration, waiting: Limits.lockWait)
        let files = try vault.differences(from: tree, path) { missing in
            Output.message(SyncFailure(missing).text)
            isWhole = false
        }
        tellUnread(try vault.quarantined(), files, path)
        return DifferenceAnswer(from: from, to: nil, files: files)
    }

    /// Names what is held back and cannot be compared: it is too large, or cannot be read.
    private func tellUnread(_ held: [QuarantinedPath], _ files: [FileDifference], _ path: TreePath?)
    {
        let shown = Set(files.map(\.path))
        let unread = held.filter { held in
            held.isOfEdits && held.reason != .massDeletion && !shown.contains(held.path)
                && path.map { held.path.isAtOrBelow($0) } ?? true
        }
        for held in unread.prefix(Limits.listedPaths) {
            Output.message("held back, and not compared: \(held.path) (\(held.reason.rawValue))")
        }
        if unread.count > Limits.listedPaths {
            Output.message("… and \(unread.count - Limits.listedPaths) more: syncctl held")
        }
    }
}

extension VaultHistory {
    /// The commit that a user names by a revision or a time.
    /// - Throws: `Failure` for what names none.
    func named(_ text: String, now: Timestamp) throws -> ObjectID {
        do { return try revisionOrTime(text, now: now) } catch let error as Revision.Unknown {
            throw Failure(Exit.failed, error.description)
        }
    }
}
