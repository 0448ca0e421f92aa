import ArgumentParser
import SyncAdmin
import SyncEngine
import SyncModel

/// `syncctl held`.
struct Held: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "held",
        abstract: "List every path that is not synced, why, and what to do.")

    @OptionGroup var options: CommonOptions

    @Flag(help: "Also list what built-in patterns leave out by name.")
    var ignored = false

    func run() async throws {
        let client = try DaemonClient(options)
        let held: [QuarantineAnswer] = try await client.askOrOpen(
            ask: {
                try client.askIfRunning(
                    "GET", "/api/sync/held?ignored=\(ignored)", within: Limits.cycleWait)
            },
            open: { try IdleVault($0, waiting: $1) },
            work: { vault in try vault.quarantined(ignored: ignored).map(QuarantineAnswer.init) })
        let output = Output(options)
        if options.json { return try output.json(held) }
        if held.isEmpty { return output.remark("nothing is held back") }
        for path in held {
            output.line("\(path.path)  \(output.paint(path.reason.rawValue, .yellow))")
            for words in path.words?.split(whereSeparator: \.isNewline) ?? [] {
                output.line("    \(words)")
            }
            output.line(output.paint("    \(path.advice)", .grey))
        }
    }
}
