import ArgumentParser
import SyncConfiguration
import SyncEngine
import SyncModel

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "The vault's configuration (default: SYNCD_CONFIG, then the XDG place).")
    var config: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print errors only.")
    var quiet = false

    @Flag(help: "Print without colour, as with NO_COLOR.")
    var noColor = false

    @Flag(help: "Never ask.")
    var noInput = false

    func validate() throws {
        if config == "" { throw ValidationError("--config is empty: give it a file.") }
    }

    /// The configuration's file.
    var file: String { Machine().configurationFile(config) }

    /// Reads the configuration.
    func load() throws -> Configuration {
        let machine = Machine()
        return try machine.load(machine.configurationFile(config))
    }

    /// Moves the common options from before the command's name to behind it, where the command
    /// reads them: both are usual.
    static func moved(_ arguments: [String]) -> [String] {
        var index = 0
        while index < arguments.count, arguments[index].hasPrefix("-") {
            let argument = arguments[index]
            // What stands before it has no say there.
            if isAlone(argument) { return Array(arguments[index...]) }
            index += argument == "--config" ? 2 : 1
        }
        guard index < arguments.count else { return arguments }
        if arguments[index] == "help" { return Array(arguments[index...]) }
        var end = index + 1
        if groups.contains(arguments[index]), end < arguments.count,
            !arguments[end].hasPrefix("-")
        {
            end += 1
        }
        return Array(arguments[index..<end] + arguments[..<index] + arguments[end...])
    }

    /// An argument that begins as an option of one letter and is none, though it has the `h` that
    /// asks for help in it: the parser would show that and end well.
    static func unknown(in arguments: [String]) -> String? {
        arguments.prefix { $0 != "--" }.first { argument in
            let letters = argument.dropFirst()
            return argument.hasPrefix("-") && !argument.hasPrefix("--") && letters.contains("h")
                && !letters.allSatisfy { "qnh".contains($0) }
        }
    }

    /// Whether a word goes before no command: the next word is no command's name.
    private static func isAlone(_ argument: String) -> Bool {
        let alone = ["--help", "-h", "--version", "--", "--generate-completion-script"]
        return alone.contains(argument) || argument.hasPrefix("--generate-completion-script=")
    }

    /// The commands whose name has two words.
    private static let groups = Set(
        Syncctl.configuration.subcommands.filter { !$0.configuration.subcommands.isEmpty }
            .compactMap { $0.configuration.commandName })
}
