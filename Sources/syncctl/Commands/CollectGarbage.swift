import ArgumentParser
import SyncAdmin
import SyncEngine

/// `syncctl gc`.
struct CollectGarbage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Repack the repository's small packs now, with deltas.",
        discussion: """
            A running daemon does this by itself from time to time. Captures go on meanwhile, and \
            no object is removed, reachable or not. It can be interrupted at any moment. Works \
            with and without a running daemon.
            """)

    @OptionGroup var options: CommonOptions

    func run() throws {
        let report = try PackReport(joining: options.load())
        let output = Output(options)
        if options.json { return try output.json(report) }
        output.remark(
            "\(report.packsBefore) packs, \(report.bytesBefore) bytes: "
                + "now \(report.packs), \(report.bytes) bytes")
    }
}
