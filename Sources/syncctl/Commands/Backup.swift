import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl backup`.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the vault's whole history into a git bundle, and reads it back.",
        discussion: """
            Into a FILE everything, each time; into a directory what is new since the bundles that \
            stand there: VAULT-0001.bundle has everything, the next ones what came since. A bundle \
            is there whole or not at all. git clones from it and fetches from it. Needs git; needs \
            no daemon, and works beside one.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "A file, or a directory that is there or ends with '/'.")
    var path: String

    func run() throws {
        let configuration = try options.load()
        let place = PathArgument.absolute(
            path, home: Machine().home, from: Machine.workingDirectory)
        let bundles = BundleDirectory(place, vault: configuration.vault)
        let writer = try BundleWriter(configuration)
        let report =
            path.hasSuffix("/") || bundles.isThere
            ? try bundles.add(by: writer) : try writer.write(to: place, since: [])
        let output = Output(options)
        if options.json { return try output.json(report) }
        guard let file = report.file else {
            return output.remark("nothing is new since the last bundle in \(place)")
        }
        let kind = report.incremental ? "what is new" : "the whole history"
        output.remark("\(file): \(kind), \(report.bytes) bytes, read back")
    }
}
