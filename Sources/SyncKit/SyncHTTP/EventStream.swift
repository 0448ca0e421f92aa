internal import SyncModel

/// One server-sent event.
package struct ServerEvent: Sendable, Equatable {
    /// The last id that the stream gave; nil before the first.
    package let id: String?
    /// The event's name, `message` where it has none.
    package let name: String
    /// Its data; lines are joined.
    package let data: String
}

/// Reads a stream of server-sent events as it comes (WHATWG HTML, 9.2.6).
package struct EventStreamReader {
    private var line: [UInt8] = []
    private var id: String?
    private var name = ""
    private var data: [String] = []
    private var bytes = 0

    /// Begins before the first byte.
    package init() {}

    /// Takes a piece.
    /// - Returns: the events that it completes; nil when one has more than
    ///   `Limits.requestBytes`.
    package mutating func take(_ piece: some Sequence<UInt8>) -> [ServerEvent]? {
        var events: [ServerEvent] = []
        for byte in piece {
            bytes += 1
            if bytes > Limits.requestBytes { return nil }
            if byte == 0x0a {
                if let event = end() { events.append(event) }
            } else if byte != 0x0d {
                line.append(byte)
            }
        }
        return events
    }

    /// Takes the line that ended.
    private mutating func end() -> ServerEvent? {
        let text = String(decoding: line, as: UTF8.self)
        line = []
        if text.isEmpty {
            defer { (name, data, bytes) = ("", [], 0) }
            if data.isEmpty { return nil }
            return ServerEvent(
                id: id, name: name.isEmpty ? "message" : name,
                data: data.joined(separator: "\n"))
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count == 2 ? parts[1] : ""
        if value.hasPrefix(" ") { value.removeFirst() }
        switch parts[0] {
        case "id": id = String(value)
        case "event": name = String(value)
        case "data": data.append(String(value))
        // A comment, or a field that says nothing here. Comments end nothing and are not kept.
        default: if parts[0].isEmpty { bytes = max(0, bytes - text.utf8.count - 1) }
        }
        return nil
    }
}
