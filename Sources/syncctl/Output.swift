import FoundationEssentials
import Glibc
import SyncEngine

/// Data to standard output, messages to standard error.
struct Output {
    private let options: CommonOptions
    private let hasColour: Bool

    init(_ options: CommonOptions) {
        self.options = options
        hasColour =
            !options.noColor && isatty(STDOUT_FILENO) == 1
            && (Machine().environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Writes a line of data.
    func line(_ text: String = "") { Self.write(Array((text + "\n").utf8)) }

    /// Writes a line for a person, unless that was not wanted.
    func remark(_ text: String) {
        if !options.quiet && !options.json { line(text) }
    }

    /// Writes a value as JSON.
    func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Self.write(Array(try encoder.encode(value)) + [0x0a])
    }

    /// Writes a message to standard error.
    static func message(_ text: String) {
        write(Array("syncctl: \(text)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes all bytes; a reader that went away ends the program as it ends any other.
    static func write(_ bytes: [UInt8], to file: Int32 = STDOUT_FILENO) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { exit(Exit.failed) }
            rest = rest.dropFirst(count)
        }
    }

    /// The colours of the terminal.
    enum Colour: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case grey = 90
    }

    /// A text in colour, where that is wanted.
    func paint(_ text: String, _ colour: Colour) -> String {
        hasColour ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }
}
