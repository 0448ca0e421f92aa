import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl restore`.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring back versions of files or directories, in a new commit.",
        discussion: """
            --to takes a commit, a time (2026-02-08T17:45:00Z, 2026-02-08, '2h ago', yesterday) \
            or the id of one file's blob, as syncctl conflicts --settled prints it. A directory \
            gets back every file it had then; newer files stay, but for what stands where a file \
            has to: that is listed as deleted.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "Files, directories, or patterns as in .gitignore ('notes/*.md').")
    var paths: [String]

    @Option(help: "The version to bring back.")
    var to: String

    @Option(
        help: ArgumentHelp(
            "Write the versions below this directory and change nothing in the vault.",
            valueName: "dir"))
    var output: String?

    @Option(
        help: ArgumentHelp("Bring back one record of a memory file.", valueName: "id"))
    var record: String?

    @Flag(help: "Only show what would change.")
    var dryRun = false

    func validate() throws {
        if paths.isEmpty { throw ValidationError("Give a PATH.") }
        if record != nil && (paths.count > 1 || output != nil) {
            throw ValidationError("--record goes with one PATH, and not with --output.")
        }
    }

    func run() async throws {
        let history = try VaultHistory(options.load())
        let then = try history.then(to)
        let past = then?.history ?? history
        let paths = try paths.flatMap { try files($0, past, then: then?.commit) }
        if let output { return try copy(paths, below: output, history) }
        // What changes something keeps a time in the user's words: the new commit's message names
        // it. All else names the commit that was found here.
        let known = then.flatMap { history.repository.contains($0.commit) ? $0.commit.hex : nil }
        let now = SystemClock().now()
        let here = try RevisionOrTime.inUTC(to, now: now)
        let isTime = try RevisionOrTime.time(to, now: now) != nil
        let version = isTime && !dryRun ? here : known ?? here
        let request = RestoreRequest(paths, to: version, record: record, dryRun: dryRun)
        let client = try DaemonClient(options)
        let report = try await Changing.make(client, "/api/sync/restore", request, isDryRun: dryRun)
        {
            try await $0.change(.restore(request))
        }
        try Changing.tell(
            report, options, done: dryRun ? "would change" : "restored",
            deleted: dryRun ? "would delete" : "deleted")
        try Changing.end([report], options, isDryRun: dryRun)
    }

    /// The name or the pattern that the user wrote.
    /// - Parameter then: nil for one file's content.
    private func files(
        _ text: String, _ history: VaultHistory, then: ObjectID?
    ) throws -> [TreePath] {
        switch try FileArgument(text, history, Machine(), then: then) {
        case .path(let path):
            // What is a name is not looked for as a pattern.
            if let then, FileArgument.isPattern(path.text[...]),
                try !history.has(path, in: then)
            {
                throw Failure(Exit.failed, "there is no \(path) in \(to)")
            }
            return [path]
        case .pattern(let pattern):
            guard let then else {
                // A file that is gone may have had such a name.
                if let path = try history.place(text, Machine()),
                    try !history.log(path, most: 1).isEmpty
                {
                    return [path]
                }
                throw Failure(
                    Exit.failed, "\(text) is a pattern, and \(to) is one file's content: name it")
            }
            let names = pattern.hasPrefix("/") ? String(pattern.dropFirst()) : pattern
            if names == pattern || names.contains("/"), let path = TreePath(names) {
                return [path]
            }
            return pattern.hasSuffix("/")
                ? try history.directories(of: then, matching: pattern)
                : try history.top(of: then, matching: pattern)
        }
    }

    /// Writes versions beside the vault.
    private func copy(_ paths: [TreePath], below directory: String, _ history: VaultHistory) throws
    {
        let (found, past) = try history.files(paths, to: to, now: SystemClock().now())
        if let path = found.missing.first {
            throw Failure(Exit.failed, "there is no \(path) in \(to)")
        }
        let output = Output(options)
        let top = try Machine().place(directory)
        try history.configuration.refuse(placeInside: top)
        for (place, paths) in Dictionary(grouping: found.places.keys, by: { found.places[$0] })
        where paths.count > 1 {
            let names = paths.sorted().map(\.description).joined(separator: " and ")
            throw Failure(
                Exit.failed,
                "\(names) would both be \(place?.description ?? "") there: name a directory above "
                    + "them, or one at a time")
        }
        let beside = dryRun ? nil : try Beside(top, past)
        var written: [String] = []
        for (path, place) in found.places.sorted(by: { $0.key < $1.key }) {
            guard let version = found.files[path] else { continue }
            if version.mode == .submodule {
                Output.message("\(path) is not written: \(QuarantinedPath.Reason.submodule.advice)")
                continue
            }
            try beside?.write(version, to: place)
            let shown = Beside.shown(place, below: top)
            written.append(shown)
            output.remark("\(dryRun ? "would write" : "wrote") \(SafeText.escaped(shown))")
        }
        if written.isEmpty { throw Failure(Exit.failed, "nothing of it can be written") }
        if options.json { try output.json(written) }
    }
}
