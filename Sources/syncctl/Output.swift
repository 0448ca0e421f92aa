import FoundationEssentials
import Glibc
import SyncEngine
import SyncModel

/// Data to standard output, messages to standard error.
struct Output {
    private let options: CommonOptions
    private let hasColour: Bool
    /// Whether standard output was a terminal when the command began.
    let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Where lines wait to go out together; nil where each goes at once.
    private var waiting: CollectedLines?

    init(_ options: CommonOptions) {
        self.options = options
        hasColour =
            !options.noColor && isTerminal
            && (Machine().environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Writes one line, whatever the text holds. What came from a commit, a file or a server may
    /// hold anything: nothing but our own colours reaches the terminal unescaped.
    func line(_ text: String = "") {
        var safe = SafeText.escaped(text, keeping: ["\t"])
        for colour in hasColour ? Colour.allCases : [] {
            safe = safe.replacing(colour.mark, with: "\u{1b}[\(colour.rawValue)m")
        }
        safe = hasColour ? safe.replacing(Colour.end, with: "\u{1b}[0m") : safe
        put((safe + "\n").utf8)
    }

    /// Writes a line of a file: into a pipe or a file byte for byte, as `git apply` takes it.
    func line(_ mark: String, _ bytes: ArraySlice<UInt8>, _ colour: Colour?) {
        if !isTerminal { return put(Array(mark.utf8) + bytes + [0x0a]) }
        let text = mark + String(decoding: bytes, as: UTF8.self)
        line(colour.map { paint(text, $0) } ?? text)
    }

    /// Writes a file: into a pipe or a file byte for byte, to a terminal its lines.
    func content(_ bytes: [UInt8]) {
        if !isTerminal { return put(bytes) }
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for text in lines { line("", text, nil) }
    }

    /// Lets all lines of a listing go out together, as far as nobody looks on: a call of the system
    /// for each would take as long as to make it.
    func together(_ list: (Output) throws -> Void) throws {
        if isTerminal { return try list(self) }
        let lines = CollectedLines()
        defer { lines.flush() }
        var output = self
        output.waiting = lines
        try list(output)
    }

    private func put(_ bytes: some Collection<UInt8>) {
        if let waiting { waiting.add(bytes) } else { Self.write(Array(bytes)) }
    }

    /// Lines that were not written yet.
    private final class CollectedLines {
        private var bytes: [UInt8] = []

        func add(_ more: some Collection<UInt8>) {
            bytes += more
            if bytes.count >= Limits.collectedLines { flush() }
        }

        func flush() {
            Output.write(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
    }

    /// Writes a line for a person, unless that was not wanted.
    func remark(_ text: String) {
        if !options.quiet && !options.json { line(text) }
    }

    /// Writes a value as JSON.
    func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        json(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Writes a line of JSON, or several. A terminal is shown no character that changes what stands
    /// around it.
    func json(_ text: String) {
        put(((isTerminal ? SafeText.escaped(json: text) : text) + "\n").utf8)
    }

    /// Takes the numbers of standard files that are closed, so that no other file gets them and
    /// with it what is written there: writing to a standard output that was closed fails.
    static func keepPlaces() {
        for file in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(file, F_GETFD) < 0 {
            _ = open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes a message to standard error, one line.
    static func message(_ text: String) {
        let safe = SafeText.escaped(text, keeping: ["\t"])
        write(Array("syncctl: \(safe)\n".utf8), to: STDERR_FILENO)
    }

    /// Writes all bytes; a reader that went away ends the program as it ends any other, and so does
    /// a place that takes no more, with words.
    static func write(_ bytes: [UInt8], to file: Int32 = STDOUT_FILENO) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 {
                let number = errno
                if file != STDERR_FILENO && number != EPIPE {
                    let why = String(cString: strerror(number))
                    message("cannot write to standard output: \(why)")
                }
                exit(Exit.failed)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// The colours of the terminal.
    enum Colour: Int, CaseIterable {
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
        case bold = 1
        case grey = 90

        /// Stands for the colour until the line is written. No text holds it: nobody knows the
        /// digits of a run before it.
        var mark: String { Self.mark(rawValue) }
        static let end = mark(0)

        private static let digits = String(UInt64.random(in: .min ... .max), radix: 36)
        private static func mark(_ number: Int) -> String {
            "\u{f0000}\(digits):\(number)\u{f0001}"
        }
    }

    /// A text in colour, where that is wanted.
    func paint(_ text: String, _ colour: Colour) -> String {
        hasColour ? "\(colour.mark)\(text)\(Colour.end)" : text
    }
}
