internal import Glibc
package import Logging
internal import SyncAPI
internal import SyncModel

/// One line a message, for people: `17:45:03 captured notes/todo.md  (1a2b3c4d, 3 ms)`; to
/// standard error and to the log of the state directory.
package struct ReadableLog: LogHandler {
    /// Goes with every message; what comes with a message wins.
    package var metadata: Logger.Metadata = [:]
    /// What is below it is not written at all.
    package var logLevel = Logger.Level.info
    private let file: LogFile?

    /// - Parameter file: the log's path; nil writes to standard error alone.
    package init(file: String?) { self.file = file.map(LogFile.init) }

    /// One entry of the metadata, as the logging library asks for it.
    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes at once: a daemon that is killed leaves its last words.
    package func log(event: LogEvent) {
        let text = Self.text(
            event.message.description, event.level,
            metadata.merging(event.metadata ?? [:]) { $1 })
        let now = Self.now()
        let start = Journal.isStandardError ? Journal.mark(event.level) : "\(now.time) "
        Self.writeToStandardError(Self.line(start + text))
        file?.write(Self.line("\(now.date) \(now.time) \(text)"))
    }

    /// The message with its level where that matters, and what goes with it in brackets.
    static func text(
        _ message: String, _ level: Logger.Level, _ metadata: Logger.Metadata
    ) -> String {
        let mark =
            switch level {
            case .warning: "warning: "
            case .error, .critical: "error: "
            default: ""
            }
        // What the engine says of a step reads without names, in this order.
        var details = ["commit", "paths", "took"].compactMap { key -> String? in
            guard let value = metadata[key]?.description else { return nil }
            if key == "paths" { return value == "1" ? nil : "\(value) paths" }
            return value
        }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key })
        where !["commit", "paths", "took"].contains(key) { details.append("\(key)=\(value)") }
        return mark + message + (details.isEmpty ? "" : "  (\(details.joined(separator: ", ")))")
    }

    /// One line of bounded length whose control characters are escaped: names of files come from
    /// anywhere.
    static func line(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in SafeText.escaped(text).unicodeScalars {
            if bytes.count >= Limits.logLineBytes {
                bytes += Array(" ...".utf8)
                break
            }
            bytes += Array(String(scalar).utf8)
        }
        return bytes + [0x0a]
    }

    private static func now() -> (date: String, time: String) {
        var seconds = Glibc.time(nil)
        var local = tm()
        localtime_r(&seconds, &local)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return (
            "\(local.tm_year + 1900)-\(two(local.tm_mon + 1))-\(two(local.tm_mday))",
            "\(two(local.tm_hour)):\(two(local.tm_min)):\(two(local.tm_sec))"
        )
    }

    private static func writeToStandardError(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            // Nobody reads it any more.
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}
