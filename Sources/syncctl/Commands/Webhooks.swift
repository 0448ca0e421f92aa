import ArgumentParser
import SyncEngine
import SyncModel

/// `syncctl webhook`.
struct Webhook: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Looks after the remote's webhook.",
        subcommands: [Deliveries.self])

    /// `syncctl webhook deliveries`.
    struct Deliveries: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the newest deliveries and what came of them.")

        @OptionGroup var options: CommonOptions

        @Option(help: "How many at most, 1 to 1000.")
        var limit = 20

        func validate() throws {
            if !(1...Limits.deliveries).contains(limit) {
                throw ValidationError("--limit takes 1 to \(Limits.deliveries)")
            }
        }

        func run() throws {
            let deliveries: [Delivery] = try DaemonClient(options).ask(
                "GET", "/api/sync/deliveries?limit=\(limit)")
            let output = Output(options)
            if options.json { return try output.json(deliveries) }
            if deliveries.isEmpty { return output.remark("nothing was delivered yet") }
            for delivery in deliveries {
                let reason = delivery.reason.map { "  \($0)" } ?? ""
                let what = delivery.ref ?? ""
                output.line(
                    "\(delivery.received)  \(delivery.provider) \(delivery.event)  \(what)  "
                        + "\(delivery.result.rawValue)\(reason)")
            }
        }
    }
}
