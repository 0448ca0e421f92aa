internal import SyncModel

/// One of the two programs of a git server.
enum GitService: String, Hashable {
    case upload = "git-upload-pack"
    case receive = "git-receive-pack"
}

/// What a git server says first: what it can, and before version 2 its references too.
/// Source: `gitprotocol-v2`, "Capability Advertisement"; `gitprotocol-pack`, "Reference
/// Discovery".
struct Advertisement: Equatable {
    /// 0 (which 1 differs from in nothing that counts here) or 2.
    var version = 0
    /// By name, with the value after `=` or nothing.
    var capabilities: [String: String] = [:]
    /// Those that were asked for; empty in version 2.
    var references: [String: ObjectID] = [:]

    /// Whether objects are named by SHA-1, as all of this program is.
    var hasOurObjects: Bool { (capabilities["object-format"] ?? "sha1") == "sha1" }
}

/// Reads an advertisement packet by packet.
struct AdvertisementReader {
    private(set) var advertisement = Advertisement()
    /// Whether its last packet came.
    private(set) var isDone = false
    private var isFirst = true
    private var isAnnounced = false
    private let wanted: (String) -> Bool

    /// - Parameter wanted: which references to remember.
    init(_ wanted: @escaping (String) -> Bool) { self.wanted = wanted }

    /// Takes the next packet.
    mutating func take(_ packet: Packet) throws(RemoteError) {
        guard case .data = packet, let line = packet.line else {
            // Over HTTP a line and a flush go before all else.
            if isAnnounced { isAnnounced = false } else { isDone = true }
            return
        }
        if isDone { throw .garbled("more than an advertisement") }
        if let words = line.rest(after: "ERR ") { throw .refused(words) }
        if isFirst, line.hasPrefix("# service=") {
            isAnnounced = true
            return
        }
        defer { isFirst = false }
        if isFirst, let version = line.rest(after: "version ") {
            if version != "1" && version != "2" {
                throw .garbled("protocol version \(RemoteWords.clean(version.utf8).prefix(40))")
            }
            advertisement.version = version == "2" ? 2 : 0
        } else if advertisement.version == 2 {
            note(Substring(line))
        } else {
            try takeReference(line)
        }
    }

    private mutating func note(_ capability: Substring) {
        // A server that says more than anybody needs to know is not remembered whole.
        guard capability.utf8.count <= 1 << 10,
            advertisement.capabilities.count < Limits.capabilities
        else { return }
        let name = capability.prefix { $0 != "=" }
        advertisement.capabilities[String(name)] = String(capability.dropFirst(name.count + 1))
    }

    private mutating func takeReference(_ line: String) throws(RemoteError) {
        if line.hasPrefix("shallow ") { return }
        let text = line.unicodeScalars.prefix { $0 != "\0" }
        if text.count < line.unicodeScalars.count {
            let rest = line.unicodeScalars.dropFirst(text.count + 1)
            for word in String(rest).split(separator: " ") { note(word) }
        }
        // Other names than ours are not ours to read: whoever asked is told so.
        if !advertisement.hasOurObjects { return }
        let (id, name) = try Reference.parse(String(text))
        let isOneMore = advertisement.references.count <= Limits.devices
        if id != .zero && !name.hasSuffix("^{}") && wanted(name) && isOneMore {
            advertisement.references[name] = id
        }
    }
}

/// A reference as a server writes it.
enum Reference {
    /// Reads a name in hexadecimal, a blank and a reference's full name; more words are let be.
    static func parse(_ line: String) throws(RemoteError) -> (ObjectID, String) {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let id = ObjectID(hex: words[0]) else {
            throw .garbled("a line that is no reference")
        }
        return (id, String(words[1]))
    }
}

extension String {
    /// What follows a beginning; nil for a text that begins otherwise.
    func rest(after beginning: String) -> String? {
        hasPrefix(beginning) ? String(dropFirst(beginning.count)) : nil
    }
}
