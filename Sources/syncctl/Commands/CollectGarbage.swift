import ArgumentParser
import SyncAdmin
import SyncEngine
import SyncModel

/// `syncctl gc`.
struct CollectGarbage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Repack the repository's small packs now, with deltas.",
        discussion: """
            A running daemon does this by itself from time to time. Captures go on meanwhile, and \
            no object is removed, reachable or not. It can be interrupted at any moment. Works \
            with and without a running daemon.

            Where [history] keep says to keep less of the past, what is old and at the remote is \
            taken out of the repository first, after one cycle; a running daemon does that by \
            itself, once a day. Where it says to keep all, what was taken out comes back.
            """)

    @OptionGroup var options: CommonOptions

    @Flag(help: "Fetch what was taken out of the repository to keep less of the past.")
    var bringBack = false

    /// The answer of `gc --json`.
    private struct Report: Encodable {
        let packs: PackReport
        let thinned: Int

        enum CodingKeys: String, CodingKey { case thinned }

        func encode(to encoder: any Encoder) throws {
            try packs.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(thinned, forKey: .thinned)
        }
    }

    func run() async throws {
        let configuration = try options.load()
        let output = Output(options)
        var thinned = 0
        if bringBack || configuration.keep == .all {
            let back = try await BroughtBack(configuration)
            if back.isAny { output.remark("what was thinned is back") }
        } else {
            thinned = try await thin(configuration, output)
        }
        let report = try PackReport(joining: configuration)
        if options.json { return try output.json(Report(packs: report, thinned: thinned)) }
        output.remark(
            "\(report.packsBefore) packs, \(report.bytesBefore) bytes: "
                + "now \(report.packs), \(report.bytes) bytes")
    }

    /// Takes out what is old, where no daemon runs that does.
    /// - Returns: how many objects.
    private func thin(_ configuration: Configuration, _ output: Output) async throws -> Int {
        let client = try DaemonClient(options)
        let thinned: Int? = try await client.askOrOpen(
            ask: {
                let status: VaultStatus? = try client.askIfRunning("GET", "/status")
                return status.map { _ in nil }
            },
            open: Changing.open,
            work: { try await $0.keepLess() })
        guard let thinned else {
            output.remark("the daemon takes out what is old by itself, once a day")
            return 0
        }
        output.remark("\(thinned) objects are at the remote alone now")
        return thinned
    }
}
