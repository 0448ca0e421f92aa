import ArgumentParser
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl devices`.
struct Devices: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists every device, the commit it has applied and how far behind it is.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load()
        let client = try DaemonClient(options)
        var applied: [String: ObjectID]? = try client.askIfRunning("GET", "/api/sync/devices")
        if applied == nil {
            // The vault itself is not needed: a daemon may start while a slow server is asked.
            applied = try await RemoteProbe.fetch(configuration)?.devices
        }
        let devices = try VaultHistory(configuration).devices(applied ?? [:])
        let output = Output(options)
        if options.json { return try output.json(devices) }
        if devices.isEmpty { return output.remark("no device has said how far it is") }
        let width = devices.map(\.device.count).max() ?? 0
        for device in devices {
            let name = device.device + String(repeating: " ", count: width - device.device.count)
            let behind =
                device.behind == 0
                ? output.paint("has all of it", .green)
                : output.paint(
                    VaultStatus.count(device.behind, "commit", "commits") + " behind", .yellow)
            let here = device.device == configuration.device ? "  (this device)" : ""
            output.line("\(name)  \(device.commit.short)  \(device.time)  \(behind)\(here)")
        }
    }
}
