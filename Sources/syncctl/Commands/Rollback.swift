import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl rollback`.
struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Take the vault back to a commit or a time, in a new commit.",
        discussion: """
            With --device or --agent only what that one did since then is taken back, and \
            everybody else's work stays: where somebody went on from it, that is merged, and what \
            cannot be is listed as a conflict (exit code 10). History is never rewritten, and \
            syncctl undo takes the rollback back.

            A time is 2026-02-08T17:45:00Z, '2h ago' or yesterday.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: ArgumentHelp("A commit or a time.", valueName: "rev|time"))
    var to: String

    @Option(help: "Only take back what this device did since then.")
    var device: String?

    @Option(help: "Only take back what this agent did since then.")
    var agent: String?

    @Option(
        help: ArgumentHelp(
            "Only these: a file, a directory, or a pattern as in .gitignore; may be repeated.",
            valueName: "glob"))
    var path: [String] = []

    @Flag(help: "Only show what would change.")
    var dryRun = false

    func run() async throws {
        let history = try VaultHistory(options.load())
        let then = try path.isEmpty ? nil : history.then(to)
        let paths = try path.map {
            try FileArgument($0, then?.history ?? history, Machine(), then: then?.commit)
                .asPattern
        }
        let request = RollbackRequest(
            to: try RevisionOrTime.inUTC(to, now: SystemClock().now()), paths: paths,
            device: device, agent: agent, dryRun: dryRun)
        let client = try DaemonClient(options)
        let report = try await Changing.make(
            client, "/api/sync/rollback", request, isDryRun: dryRun
        ) {
            try await $0.change(.rollback(request))
        }
        try Changing.tellTakenBack(report, options, isDryRun: dryRun)
    }
}

/// `syncctl undo`.
struct Undo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Undo the last restore, rollback, resolve or accept, in a new commit.",
        discussion: """
            Done twice, it does again what was undone. What somebody changed since stays: it is \
            merged, and what cannot be is listed as a conflict (exit code 10). With a COMMIT that \
            one is taken back, whatever it is but a merge; to go back to a time is a rollback.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The commit to take back.")
    var commit: String?

    @Flag(help: "Only show what would change.")
    var dryRun = false

    func validate() throws {
        guard let commit else { return }
        let isTime: Bool
        do { isTime = try RevisionOrTime.time(commit, now: SystemClock().now()) != nil } catch {
            isTime = true
        }
        if isTime {
            throw ValidationError(
                "undo takes a COMMIT, not a time: syncctl rollback '\(commit)' goes back to one.")
        }
    }

    func run() async throws {
        let request = UndoRequest(commit, dryRun: dryRun)
        let client = try DaemonClient(options)
        let report = try await Changing.make(client, "/api/sync/undo", request, isDryRun: dryRun) {
            try await $0.change(.undo(request))
        }
        try Changing.tellTakenBack(report, options, isDryRun: dryRun)
    }
}

extension Changing {
    /// Says what was taken back, what stays and what has to be decided; ends as `end`.
    static func tellTakenBack(
        _ report: ChangeReport, _ options: CommonOptions, isDryRun: Bool
    ) throws {
        let output = Output(options)
        if options.json { try output.json(report) } else { tell(report, output, isDryRun) }
        try end([report], options, isDryRun: isDryRun)
    }

    private static func tell(_ report: ChangeReport, _ output: Output, _ isDryRun: Bool) {
        list(report.undone, output) {
            "\(isDryRun ? "would take back" : "took back") \($0.short)"
        }
        let isNothing =
            report.undone.isEmpty && report.kept.isEmpty && report.waiting.isEmpty
            && report.conflicts.isEmpty
        if report.paths.isEmpty, isNothing { tellNothing(report, output) }
        tellPaths(
            report, output, done: isDryRun ? "would change" : "changed",
            deleted: isDryRun ? "would delete" : "deleted")
        tellWaiting(report, output)
        list(report.kept, output) { edit in
            let records =
                edit.records.isEmpty ? "" : ": \(edit.records.joined(separator: ", "))"
            // What a record is called may hold a line's end.
            return "stays, since somebody changed it: \(edit.path)\(SafeText.escaped(records))"
        }
        list(report.conflicts, output) { conflict in
            "conflict: \(conflict.path) (\(conflict.kind.rawValue))"
        }
        if !report.conflicts.isEmpty && !isDryRun {
            output.remark("syncctl conflicts PATH shows the sides, syncctl resolve decides")
        }
    }
}
