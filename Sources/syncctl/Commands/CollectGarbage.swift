import ArgumentParser
import SyncEngine

/// `syncctl gc`.
struct CollectGarbage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Joins the repository's small packs now, with deltas.",
        discussion: """
            A running daemon does it by itself from time to time. Captures go on meanwhile, and \
            every object stays, reached from a reference or not. May be stopped at any moment. \
            Needs no daemon, and works beside one.
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
