import ArgumentParser

/// The words of a command line that name the command.
enum CommandWords {
    /// The words that stand where a command's name has to, and are none.
    static func unknown(in arguments: [String]) -> String? {
        var commands = Syncctl.configuration.subcommands
        var words: [String] = []
        for word in arguments.prefix(2) where !word.hasPrefix("-") && word != "help" {
            words.append(word)
            let found = commands.first { $0.configuration.commandName == word }
            guard let found else { return words.joined(separator: " ") }
            commands = found.configuration.subcommands
            if commands.isEmpty { return nil }
        }
        return nil
    }

    /// Whether common options are all there is.
    static func areMissing(in arguments: [String]) -> Bool {
        if arguments.isEmpty { return false }
        // What else is wrong with them the parser says.
        return (try? CommonOptions.parse(arguments)) != nil
    }
}
