import ArgumentParser
import Glibc
import SyncModel

/// The words of a command line, before the parser reads them.
enum CommandWords {
    /// The process's arguments. Bytes that are no text are written as git writes them, as whoever
    /// reads a PATH takes it.
    static func given() -> [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { word in
                self.word(UnsafeRawBufferPointer(start: word, count: strlen(word)).map(\.self))
            }
        }
    }

    /// One of them.
    static func word(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        guard bytes.starts(with: "--".utf8), let equals = bytes.firstIndex(of: 0x3d) else {
            return QuotedPath.quoted(bytes)
        }
        let option = String(decoding: bytes[...equals], as: UTF8.self)
        return option + QuotedPath.quoted(bytes[(equals + 1)...])
    }

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
