import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import SyncEngine
import SyncHistory
import SyncModel

/// What the commands that change the vault have in common.
enum Changing {
    /// Makes a change through the daemon or, when that is not running, on the vault itself; then
    /// it goes to the remote as far as that can be reached, else with the next cycle.
    /// - Parameter isDryRun: the work changes nothing.
    static func make(
        _ client: DaemonClient, _ route: String, _ request: some Encodable,
        isDryRun: Bool = false, _ work: (VaultService) async throws -> ChangeReport
    ) async throws -> ChangeReport {
        let changes = ChangeSeries(client, isDryRun: isDryRun)
        let report = try await changes.make(route, request, work)
        await changes.end()
        return report
    }

    /// Opens a vault whose daemon does not run.
    static func open(
        _ configuration: Configuration, _ wait: Duration, isDryRun: Bool
    ) throws -> VaultService {
        var log = Logger(label: "syncctl") { _ in QuietLog() }
        log.logLevel = .error
        return try VaultService(configuration, log: log, waiting: wait, isForLook: isDryRun)
    }

    /// The same for a command that changes something.
    static func open(_ configuration: Configuration, _ wait: Duration) throws -> VaultService {
        try open(configuration, wait, isDryRun: false)
    }

    /// Says what a change came to.
    /// - Parameters:
    ///   - done: before each path.
    ///   - deleted: before each that is deleted.
    static func tell(
        _ report: ChangeReport, _ options: CommonOptions, done: String, deleted: String = "deleted"
    ) throws {
        let output = Output(options)
        if options.json { return try output.json(report) }
        if report.paths.isEmpty, report.waiting.isEmpty { return tellNothing(report, output) }
        tellPaths(report, output, done: done, deleted: deleted)
        tellWaiting(report, output)
        list(report.conflicts, output) { "conflict: \($0.path) (\($0.kind.rawValue))" }
    }

    /// Says that nothing had to change, and of what this device has none of it.
    static func tellNothing(_ report: ChangeReport, _ output: Output) {
        if report.elsewhere.isEmpty { return output.remark("already up to date") }
        list(report.elsewhere, output) { "it is so in the vault, and not synced here: \($0)" }
    }

    /// Names what changed, but for what waits; and what comes to the other devices alone.
    static func tellPaths(
        _ report: ChangeReport, _ output: Output, done: String, deleted: String
    ) {
        let waiting = Set(report.waiting.map(\.path))
        let (deletions, elsewhere) = (Set(report.deletions), Set(report.elsewhere))
        list(report.paths.filter { !waiting.contains($0) }, output) { path in
            let verb = deletions.contains(path) ? deleted : done
            let others = " (for the other devices: this one does not sync it)"
            return "\(verb) \(path)\(elsewhere.contains(path) ? others : "")"
        }
    }

    /// Ends a command as the vault stands after its changes: with 1 when something of them waits,
    /// else with 10 while conflicts are open.
    static func end(
        _ reports: [ChangeReport], _ options: CommonOptions, isDryRun: Bool
    ) throws {
        if reports.contains(where: { !$0.waiting.isEmpty }) { throw ExitCode(Exit.failed) }
        let open =
            isDryRun
            ? reports.flatMap(\.conflicts) : try VaultHistory(options.load()).conflicts()
        if open.isEmpty { return }
        if !isDryRun {
            let words = VaultStatus.count(open.count, "conflict is open", "conflicts are open")
            Output.message("\(words): syncctl conflicts")
        }
        throw ExitCode(Exit.conflicts)
    }

    /// Names the files that a folder does not hold yet, or would not.
    static func tellWaiting(_ report: ChangeReport, _ output: Output) {
        list(report.waiting, output) { waiting in
            let reason =
                switch waiting.reason {
                case .busy: "a program has it open"
                case .noFolder: "its folder is not there: syncctl status names it"
                default: waiting.reason.rawValue
                }
            return "not in the folder yet: \(waiting.path) (\(reason))"
        }
    }

    /// Says a line for each of some things, and how many there are past the first.
    static func list<Item>(_ items: [Item], _ output: Output, _ line: (Item) -> String) {
        for item in items.prefix(Limits.listedPaths) { output.remark(line(item)) }
        let rest = items.count - Limits.listedPaths
        if rest > 0 { output.remark("… and \(rest) more") }
    }

    /// A file's bytes; `-` is standard input.
    static func read(_ name: String) throws -> [UInt8] {
        let file = name == "-" ? STDIN_FILENO : Glibc.open(name, O_RDONLY | O_CLOEXEC)
        defer { if file > STDIN_FILENO { close(file) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = file < 0 ? -1 : Glibc.read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 {
                let what = name == "-" ? "standard input" : name
                throw Failure(
                    Exit.failed, "\(what) cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The program that `--edit` starts.
    /// - Throws: wrong usage where there is none, or nothing may be asked.
    @discardableResult
    static func editor(_ options: CommonOptions) throws -> String {
        if options.noInput { throw Failure(Exit.usage, "--edit asks, and --no-input forbids that") }
        let environment = Machine().environment
        let named = [environment["VISUAL"], environment["EDITOR"]]
            .compactMap { $0 }.first { !$0.isEmpty }
        // As git does: what somebody names is run, for it may need no terminal.
        guard let editor = named ?? (isatty(STDIN_FILENO) == 1 ? "vi" : nil) else {
            throw Failure(
                Exit.usage,
                "--edit needs a terminal, or VISUAL or EDITOR to name a program that needs none")
        }
        return editor
    }

    /// Opens a content in the user's editor.
    /// - Returns: what was left there; the file stays until it is taken away.
    static func edit(_ content: [UInt8], called name: String, _ options: CommonOptions) throws
        -> EditedFile
    {
        let editor = try editor(options)
        let environment = Machine().environment
        let isTerminal = isatty(STDIN_FILENO) == 1
        var template = Array("\(environment["TMPDIR"] ?? "/tmp")/syncctl-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(Exit.failed, "no temporary directory can be made")
        }
        let directory = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        let file = EditedFile(path: "\(directory)/\(name)", before: content)
        do {
            try Data(content).write(to: URL(filePath: file.path))
            // The editor's command may hold options: the shell takes it apart, as for git.
            let status = run(["/bin/sh", "-c", "\(editor) \"$@\"", editor, file.path])
            guard status == 0 else {
                let why = isTerminal ? "" : " (there is no terminal here, if it needs one)"
                throw Failure(
                    Exit.failed, "'\(editor)' ended with \(status)\(why): nothing is resolved")
            }
        } catch { throw file.kept(after: error) }
        return file
    }

    /// Runs a program on this terminal; gives its exit code.
    private static func run(_ arguments: [String]) -> Int32 {
        var id: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        guard posix_spawn(&id, arguments[0], nil, nil, words, environ) == 0 else { return 127 }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }
}

/// A file that a user edited: what was written there is nowhere else until it is taken.
struct EditedFile {
    /// In a directory of its own.
    let path: String
    /// What was opened in the editor.
    let before: [UInt8]

    /// What stands there now.
    func content() throws -> [UInt8] { try Changing.read(path) }

    /// Takes it away with its directory.
    func remove() {
        unlink(path)
        rmdir(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    }

    /// A failure after which it stays, and which says where; where nothing was written it goes.
    func kept(after error: any Error) -> Failure {
        let failure = Failure(error)
        let wrote: Bool
        // What cannot be read stays where it is.
        do { wrote = try content() != before } catch { wrote = true }
        if wrote {
            return Failure(failure.code, failure.lines + ["what was written stays in \(path)"])
        }
        remove()
        return failure
    }
}
