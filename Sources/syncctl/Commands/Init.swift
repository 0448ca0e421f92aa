import ArgumentParser
import Glibc
import SyncAdmin
import SyncEngine
import SyncHistory
import SyncModel

/// `syncctl init`.
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write the configuration and create the repository.",
        discussion: """
            Example: syncctl init --remote /mnt/disk/notes.git --folder \
            ~/knowledge=shared/documents

            A folder that does not exist is created. If the remote already has the branch, its \
            history is fetched, and the first sync brings its files. Nothing is ever overwritten.

            --from-backup creates the vault from a bundle, or a directory of bundles, that \
            syncctl backup wrote. What only the remote has is merged; what it lacks is pushed \
            with the first sync. Needs git.
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "A git URL or path; without one, the history stays on this device.")
    var remote: String?

    @Option(help: "The environment variable that holds the remote's token.")
    var tokenEnv: String?

    @Option(help: "A file with mode 0600 that holds the remote's token.")
    var tokenFile: String?

    @Option(help: "A shell command that prints the remote's token.")
    var tokenCommand: String?

    @Option(
        help: ArgumentHelp(
            "A directory and where its files stand in the repository; may be repeated.",
            valueName: "dir=prefix"))
    var folder: [String] = []

    @Option(help: "This device's name (default: the host name).")
    var device: String?

    @Option(help: "The branch to sync.")
    var branch = "sync"

    @Option(help: "The vault's name (default: that of the configuration file, or 'default').")
    var vault: String?

    @Option(
        help: ArgumentHelp(
            "Create the vault from a bundle or a directory of bundles.", valueName: "path"))
    var fromBackup: String?

    @Flag(help: "Fill an empty first folder with the example layout.")
    var template = false

    func validate() throws {
        if folder.isEmpty {
            throw ValidationError("Name at least one directory: --folder DIR=PREFIX.")
        }
        let given = [
            "--remote": remote, "--token-env": tokenEnv, "--token-file": tokenFile,
            "--token-command": tokenCommand, "--device": device, "--branch": branch,
            "--vault": vault, "--from-backup": fromBackup,
        ]
        if let empty = given.filter({ $0.value == "" }).keys.min() {
            throw ValidationError("\(empty) is empty: give it a value, or leave it out.")
        }
        let sources = [tokenEnv, tokenFile, tokenCommand].compactMap { $0 }
        if sources.count > 1 {
            throw ValidationError("Name one of --token-env, --token-file and --token-command.")
        }
        if !sources.isEmpty && remote == nil {
            throw ValidationError("A token is for a remote: --remote URL.")
        }
        for text in folder where text.first == "=" || !text.contains("=") {
            throw ValidationError(
                "'\(text)' is not of the form DIR=PREFIX: ~/notes=shared/documents")
        }
    }

    func run() async throws {
        let machine = Machine()
        var plan = VaultPlan(file: machine.configurationFile(options.config))
        plan.vault = vault
        plan.device = device
        plan.branch = branch
        plan.remote = remote
        plan.auth.tokenEnvironment = tokenEnv
        plan.auth.tokenFile = tokenFile
        plan.auth.tokenCommand = tokenCommand
        plan.folders = folder.map { text in
            // A prefix has no '=' where a directory's name may have one.
            let equals = text.lastIndex(of: "=") ?? text.endIndex
            return (String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
        plan.backup = try fromBackup.map(machine.place)
        if template { plan.template = try Self.templateDirectory(machine) }
        let made = try await plan.carryOut(on: machine)
        let output = Output(options)
        let isDefault = plan.file == machine.configurationFile(nil)
        let next = "syncd run\(isDefault ? "" : " --config \(ShellWord.shown(plan.file))")"
        if options.json {
            return try output.json(Made(configuration: plan.file, done: made, next: next))
        }
        for line in made { output.remark(line) }
        output.remark("next: \(next)")
    }

    /// The answer of `init --json`.
    private struct Made: Encodable {
        /// The file that was written.
        let configuration: String
        /// What was made, a line each.
        let done: [String]
        /// The command that starts syncing.
        let next: String
    }

    /// Where the example layout lies: `SYNCD_TEMPLATE`, beside the program's source, or where the
    /// package puts it.
    private static func templateDirectory(_ machine: Machine) throws -> String {
        var places = [machine.environment["SYNCD_TEMPLATE"] ?? ""]
        if let program = realpath("/proc/self/exe", nil) {
            var directory = String(cString: program)
            free(program)
            while let slash = directory.lastIndex(of: "/"), slash != directory.startIndex {
                directory = String(directory[..<slash])
                if access(directory + "/Package.swift", F_OK) == 0 {
                    places.append(directory + "/shared")
                    break
                }
            }
        }
        places.append("/usr/share/syncd/shared")
        guard let found = places.first(where: { !$0.isEmpty && access($0, R_OK | X_OK) == 0 })
        else {
            throw Failure(
                Exit.failed,
                "the example layout is nowhere (set SYNCD_TEMPLATE): "
                    + places.filter { !$0.isEmpty }.joined(separator: ", "))
        }
        return found
    }
}
