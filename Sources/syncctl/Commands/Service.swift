import ArgumentParser
import FoundationEssentials
import SyncEngine
import SyncModel

/// `syncctl service`.
struct Service: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Run the daemon as a systemd service of this user.",
        subcommands: [ServiceInstall.self, ServiceStatus.self, ServiceUninstall.self])
}

/// `syncctl service install`.
struct ServiceInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Write the vault's unit, enable it and start it.",
        discussion: "A unit that is already installed is replaced and restarted.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let vault = try options.load()
        let manager = Systemctl()
        try manager.check()
        let unit = try ServiceUnit(
            vault: vault.vault, program: Self.program(), configuration: configuration(),
            variables: Self.places())
        let before = try manager.status(of: unit.name)
        if before.pid == nil {
            let health: HealthAnswer? = try DaemonClient(options).askIfRunning(
                "GET", "/health", accepting: [503])
            if health != nil {
                throw Failure(
                    Exit.failed, "a daemon that is no service runs this vault: end it first")
            }
        }
        try Self.write(unit, manager)
        try manager.run("daemon-reload")
        try manager.run("enable", unit.name)
        try manager.run("restart", "--no-block", unit.name)
        let status = try await manager.waitForStart(of: unit.name)
        let output = Output(options)
        if options.json { try output.json(status) }
        guard ["active", "activating", "reloading"].contains(status.active) else {
            throw Failure(
                Exit.failed, "\(unit.name) does not start: journalctl --user -u \(unit.name)")
        }
        output.remark("\(unit.name) is \(status.active == "active" ? "running" : "starting")")
    }

    /// The configuration, where the service would not find it by itself.
    private func configuration() -> String? {
        let file = options.file
        return file == Machine().home + "/.config/syncd/config.toml" ? nil : file
    }

    /// `syncd` beside this program.
    private static func program() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let directory = own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex)
        let program = "\(directory)/syncd"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Failure(Exit.failed, "there is no \(program): install syncd beside syncctl")
        }
        return program
    }

    /// What says here that the vault's files are elsewhere, and would not say so to the service.
    private static func places() -> [String: String] {
        Machine().environment.filter {
            ServiceUnit.placeVariables.contains($0.key) && $0.value.hasPrefix("/")
        }
    }

    private static func write(_ unit: ServiceUnit, _ manager: Systemctl) throws {
        let files = FileManager.default
        let path = "\(manager.directory)/\(unit.name)"
        if files.fileExists(atPath: path) {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            guard text.contains("/syncd run") || text.contains("/syncd\" run") else {
                throw Failure(Exit.failed, "\(path) is of something else: move it away")
            }
        }
        try files.createDirectory(
            atPath: manager.directory, withIntermediateDirectories: true)
        try Data(unit.text.utf8).write(to: URL(filePath: path), options: .atomic)
        let directory = "\(path).d"
        let narrow = "\(directory)/no-namespaces.conf"
        if Systemctl.mayMakeNamespaces {
            if files.fileExists(atPath: narrow) { try files.removeItem(atPath: narrow) }
            return
        }
        try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(ServiceUnit.withoutNamespaces.utf8).write(
            to: URL(filePath: narrow), options: .atomic)
    }
}

/// `syncctl service status`.
struct ServiceStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of the vault's service (exit code 3 when not running).")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let manager = Systemctl()
        let unit = ServiceUnit(vault: try options.load().vault, program: "syncd").name
        try manager.check()
        let status = try manager.status(of: unit)
        let output = Output(options)
        if options.json {
            try output.json(status)
        } else {
            output.line(Self.line(status))
        }
        if status.pid == nil { throw ExitCode(Exit.notRunning) }
    }

    private static func line(_ status: Systemctl.UnitStatus) -> String {
        if !status.installed { return "\(status.unit) is not installed: syncctl service install" }
        var words = ["\(status.unit) \(status.active)"]
        if let status = status.status { words.append(status) }
        if let pid = status.pid { words.append("process \(pid)") }
        if status.result != "success" { words.append("the last run ended with \(status.result)") }
        if !status.enabled { words.append("not started at login") }
        return words.joined(separator: "; ")
    }
}

/// `syncctl service uninstall`.
struct ServiceUninstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Stop the vault's service and remove its unit; the vault stays as it is.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let manager = Systemctl()
        let unit = ServiceUnit(vault: try options.load().vault, program: "syncd").name
        try manager.check()
        let path = "\(manager.directory)/\(unit)"
        let files = FileManager.default
        let output = Output(options)
        guard files.fileExists(atPath: path) else {
            if options.json { try output.json(try manager.status(of: unit)) }
            return output.remark("\(unit) is not installed")
        }
        try manager.run("disable", "--now", unit)
        try files.removeItem(atPath: path)
        let narrow = "\(path).d/no-namespaces.conf"
        if files.fileExists(atPath: narrow) { try files.removeItem(atPath: narrow) }
        try manager.run("daemon-reload")
        if options.json { try output.json(try manager.status(of: unit)) }
        output.remark("\(unit) is gone; the vault and its files stay")
    }
}
