import ArgumentParser
import FoundationEssentials
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl devices`.
struct Devices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List every device, the commit it has applied and how far behind it is.",
        subcommands: [List.self, Forget.self], defaultSubcommand: List.self)

    /// `syncctl devices list`, what `syncctl devices` does.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List every device: when it was last seen, its commit, how far behind it is.")

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let configuration = try options.load()
            let client = try DaemonClient(options)
            var applied: [String: ObjectID]? = try client.askIfRunning(
                "GET", "/api/sync/devices", within: Limits.cycleWait)
            if applied == nil {
                // The vault itself is not needed: a daemon may start while a slow server is asked.
                do { applied = try await RemoteProbe.fetch(configuration)?.devices } catch {
                    // A refused login and the like do not pass: who asks is to know.
                    let failure = SyncFailure(error)
                    guard error is RemoteError, failure.kind == .retry else { throw error }
                    Output.message("\(failure.text): this is what is known here")
                }
            }
            let history = try VaultHistory(configuration)
            if applied?.isEmpty ?? true { applied = try history.devicesKnownHere() }
            if applied?.isEmpty ?? true, configuration.remote == nil, let head = history.head {
                // Without a remote nobody is told, and nobody else is there.
                applied = [configuration.device: head]
            }
            let devices = try history.devices(applied ?? [:], now: SystemClock().now())
            let output = Output(options)
            if options.json { return try output.json(devices) }
            if devices.isEmpty { return output.remark("no device has said how far it is") }
            let names = devices.map(\.device.count).max() ?? 0
            let times = devices.map(\.lastSeen.count).max() ?? 0
            for device in devices {
                let behind =
                    device.behind == 0
                    ? output.paint("has all of it", .green)
                    : output.paint(
                        VaultStatus.count(device.behind, "commit", "commits") + " behind", .yellow)
                let version = device.version.map { "  \($0)" } ?? ""
                let ahead = device.clockAhead ?? 0
                let clock =
                    ahead > 0 ? output.paint("  its clock is \(ahead) s ahead", .yellow) : ""
                let here = device.device == configuration.device ? "  (this device)" : ""
                output.line(
                    "\(Self.padded(device.device, to: names))  "
                        + "\(Self.padded(device.lastSeen, to: times))  "
                        + "\(device.commit.short)  \(behind)\(version)\(clock)\(here)")
            }
        }

        private static func padded(_ text: String, to width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
    }

    /// `syncctl devices forget`.
    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract: "Forget a device that is gone; one that comes back is listed again.")

        @OptionGroup var options: CommonOptions

        @Argument(help: "The device's name, as syncctl devices lists it.")
        var name: String

        func run() async throws {
            let configuration = try options.load()
            let client = try DaemonClient(options)
            let path = "/api/sync/devices/\(PercentEncoding.text(name))"
            var forgotten: ForgottenDevice? = try client.askIfRunning(
                "DELETE", path, within: Limits.cycleWait)
            // The vault itself is not needed: a daemon may start while a slow server is asked.
            if forgotten == nil { forgotten = try await ForgottenDevice(name, configuration) }
            let output = Output(options)
            if options.json { return try output.json(forgotten) }
            output.remark("\(name) is forgotten: it is listed again when it comes back")
        }
    }
}
