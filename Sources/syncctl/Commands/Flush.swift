import ArgumentParser
import SyncEngine
import SyncModel

/// `syncctl flush`.
struct Flush: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flush",
        abstract: "Wait until everything written so far is committed; print the commit.")

    @OptionGroup var options: CommonOptions

    @Flag(help: "Wait until the remote has it, too.")
    var pushed = false

    func run() throws {
        let client = try DaemonClient(options)
        if pushed, let configuration = client.configuration, configuration.remote == nil {
            throw Failure(Exit.failed, "there is no remote to push to: set repository.remote")
        }
        let flushed: Flushed = try client.ask(
            "POST", "/api/sync/flush", within: Limits.cycleWait)
        let output = Output(options)
        guard flushed.complete else {
            let status: VaultStatus = try client.ask("GET", "/status")
            if options.json { try output.json(flushed) }
            throw Failure(Exit.failed, ["not everything could be committed"] + status.unfinished)
        }
        if pushed {
            var request = CycleRequest()
            request.scan = false
            let report: CycleReport = try client.ask(
                "POST", "/api/sync/cycle", request, within: Limits.cycleWait)
            if report.outcome == .refused {
                throw Failure(Exit.authentication, ["not pushed"] + report.status.unfinished)
            }
            // Pending is no failure here: what waits came after, or waits to be applied. While
            // paused nobody asks the remote, which may have had all before.
            guard report.status.pending.commitsToPush == 0,
                report.outcome != .failed || report.status.state == .paused
            else { throw Failure(Exit.failed, ["not pushed"] + report.status.unfinished) }
        }
        if options.json { return try output.json(flushed) }
        if let head = flushed.head { output.line(head.hex) }
    }
}
