import ArgumentParser
import FoundationEssentials
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl resolve`.
struct Resolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Resolve a conflict in a new commit.",
        discussion: """
            In a document the choice applies where the sides disagree; the rest of the file stays \
            as it is. "Ours" is this device's side: syncctl conflicts PATH shows which that is.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "A file with an open conflict, or the conflict's id.")
    var path: String?

    @Flag(help: "Resolve every open conflict.")
    var all = false

    @Flag(help: "Take this device's side.")
    var ours = false

    @Flag(help: "Take the other side.")
    var theirs = false

    @Flag(help: "Take the version that both sides started from.")
    var base = false

    @Flag(help: "Take both, one after the other; a conflict copy stays beside its file.")
    var both = false

    @Option(help: "Take a file's content ('-' for standard input).")
    var file: String?

    @Flag(help: "Edit the file in $VISUAL or $EDITOR and take the result.")
    var edit = false

    @Flag(help: "Only show what would change.")
    var dryRun = false

    func validate() throws {
        let ways = [ours, theirs, base, both, edit, file != nil].count { $0 }
        if ways != 1 {
            throw ValidationError(
                "Give one of --ours, --theirs, --base, --both, --file FILE and --edit.")
        }
        if all == (path != nil) { throw ValidationError("Give a PATH or --all.") }
        if all && (edit || file != nil) {
            throw ValidationError("--all goes with --ours, --theirs, --base and --both.")
        }
    }

    func run() async throws {
        let configuration = try options.load()
        var history = try VaultHistory(configuration)
        let changes = ChangeSeries(try DaemonClient(options), isDryRun: false)
        if edit, let path {
            try Changing.editor(options)
            try await capture(options.conflict(path, history).path, changes)
            history = try VaultHistory(configuration)
        }
        var conflicts =
            try path.map { [try options.conflict($0, history)] }
            ?? history.conflicts()
        let output = Output(options)
        var failure: (any Error)?
        if all && !dryRun {
            let share = configuration.sync.maxDeletesPercent
            (conflicts, failure) = try await asked(conflicts, history, changes, past: share)
        }
        var reports: [ChangeReport] = []
        var last: ObjectID?
        for conflict in conflicts {
            let edited = edit ? try edited(conflict, history) : nil
            let report: ChangeReport
            do {
                var request = try request(for: conflict, edited)
                request.continues = last
                do { report = try await resolve(conflict, request, changes) } catch {
                    if last == nil { throw error }
                    // The head may have left the one before: the remote was accepted meanwhile.
                    request.continues = nil
                    report = try await resolve(conflict, request, changes)
                }
            } catch {
                if let edited { throw edited.kept(after: error) }
                // Of several the others are resolved all the same; the first failure is said.
                if !all { throw error }
                // One of the same file may have taken this one with it.
                let open = try VaultHistory(configuration).conflicts()
                if open.contains(where: { $0.id == conflict.id }) { failure = failure ?? error }
                continue
            }
            edited?.remove()
            last = report.commit ?? last
            reports.append(report)
            output.remark(
                dryRun ? "would resolve \(conflict.path)" : "resolved \(conflict.path)")
            Changing.list(report.deletions, output) {
                "  \(dryRun ? "would delete" : "deleted") \($0)"
            }
            Changing.tellWaiting(report, output)
        }
        await changes.end()
        if options.json { try output.json(reports) }
        if let failure { throw failure }
        if conflicts.isEmpty { output.remark("no conflict is open") }
        try Changing.end(reports, options, isDryRun: dryRun)
    }

    private func resolve(
        _ conflict: OpenConflict, _ request: ResolveRequest, _ changes: ChangeSeries
    ) async throws -> ChangeReport {
        try await changes.make(
            "/api/sync/conflicts/\(conflict.id)/resolve", request
        ) { try await $0.change(.resolve(conflict.id, request)) }
    }

    /// Asks first what all choices together would delete: more than `max_deletes` of what is
    /// synced is refused, as in a capture.
    /// - Returns: the conflicts that can be resolved, and why the first of the others cannot.
    private func asked(
        _ conflicts: [OpenConflict], _ history: VaultHistory, _ changes: ChangeSeries,
        past share: Int
    ) async throws -> (can: [OpenConflict], failure: (any Error)?) {
        var can: [OpenConflict] = []
        var failure: (any Error)?
        var gone: Set<TreePath> = []
        for conflict in conflicts {
            var request = try request(for: conflict, nil)
            request.dryRun = true
            do {
                gone.formUnion(try await resolve(conflict, request, changes).deletions)
                can.append(conflict)
            } catch { failure = failure ?? error }
        }
        guard gone.count > Limits.deletesUnasked else { return (can, failure) }
        guard gone.count * 100 > (try history.fileCount()) * share else { return (can, failure) }
        throw Failure(
            Exit.failed,
            "this would delete \(gone.count) files, more than max_deletes (\(share) %) allows: "
                + "see syncctl resolve --all --dry-run, and resolve those conflicts one by one")
    }

    /// - Parameter edited: what the user left in an editor.
    private func request(
        for conflict: OpenConflict, _ edited: EditedFile?
    ) throws -> ResolveRequest {
        if ours { return ResolveRequest(.ours, dryRun: dryRun) }
        if theirs { return ResolveRequest(.theirs, dryRun: dryRun) }
        if base { return ResolveRequest(.base, dryRun: dryRun) }
        if both { return ResolveRequest(.both, dryRun: dryRun) }
        let content = try file.map(Changing.read) ?? edited?.content() ?? []
        if let edited, content == edited.before {
            throw Failure(
                Exit.failed,
                "\(conflict.path) was not changed in the editor: nothing is resolved. What a side "
                    + "has is taken with --ours, --theirs, --base or --both")
        }
        // What an editor was open on may have changed meanwhile.
        return ResolveRequest(
            .content, content: Data(content).base64EncodedString(),
            sides: edited.map { _ in [conflict.ours, conflict.theirs] },
            ifMatch: edited.map { ObjectID(hashing: $0.before, as: .blob) }, dryRun: dryRun)
    }

    /// Has what stands at a path captured, so that the editor is opened on what is resolved; the
    /// vault is not kept meanwhile.
    private func capture(_ path: TreePath, _ changes: ChangeSeries) async throws {
        let request = RestoreRequest([path], to: "HEAD", dryRun: true)
        _ = try await changes.make("/api/sync/restore", request) {
            try await $0.change(.restore(request))
        }
        await changes.end()
    }

    /// What the user leaves in an editor.
    private func edited(_ conflict: OpenConflict, _ history: VaultHistory) throws -> EditedFile {
        guard let head = history.head,
            let content = try history.content(conflict.path, at: head)
        else { throw Failure(Exit.failed, "there is no file \(conflict.path)") }
        return try Changing.edit(
            content, called: String(decoding: conflict.path.name, as: UTF8.self), options)
    }
}
