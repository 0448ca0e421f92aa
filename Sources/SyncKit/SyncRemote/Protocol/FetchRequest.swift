internal import SyncModel

/// The requests to `git-upload-pack`.
/// Source: `gitprotocol-v2`, "ls-refs" and "fetch"; `gitprotocol-pack`, "Packfile Negotiation".
struct FetchRequest {
    /// What the server said of itself.
    let server: Advertisement

    /// Asks for references, in version 2.
    /// - Parameter prefixes: with which their full names begin.
    func references(_ prefixes: [String]) -> [UInt8] {
        var writer = begin("ls-refs")
        for prefix in prefixes { writer.line("ref-prefix \(prefix)") }
        writer.flush()
        return writer.bytes
    }

    /// Asks for objects, in one go: what we have is named by a sample of our history, and what
    /// the server does not recognise it sends once more.
    /// - Parameters:
    ///   - wanted: at least one.
    ///   - named: commits that are here with all they refer to.
    ///   - shallow: commits behind which not all is here: the server takes them for the first.
    func objects(
        _ wanted: [ObjectID], having named: [ObjectID], behind shallow: [ObjectID] = []
    ) -> [UInt8] {
        server.version == 2
            ? second(wanted, named, shallow) : first(wanted, named, shallow)
    }

    private func second(
        _ wanted: [ObjectID], _ named: [ObjectID], _ shallow: [ObjectID]
    ) -> [UInt8] {
        var writer = begin("fetch")
        for word in ["thin-pack", "no-progress", "ofs-delta"] { writer.line(word) }
        for id in wanted { writer.line("want \(id.hex)") }
        for id in shallow { writer.line("shallow \(id.hex)") }
        for id in named { writer.line("have \(id.hex)") }
        writer.line("done")
        writer.flush()
        return writer.bytes
    }

    /// Asks whether the server has some objects, in version 2: it ends with an error where it lacks
    /// one. It sends none of them, as it does not know the commit that is said to be here.
    func question(_ wanted: [ObjectID]) -> [UInt8] {
        let nobodys = ObjectID(hashing: Array(Agent.name.utf8), as: .commit)
        var writer = begin("fetch")
        for id in wanted { writer.line("want \(id.hex)") }
        writer.line("have \(nobodys.hex)")
        writer.flush()
        return writer.bytes
    }

    private func begin(_ command: String) -> PacketWriter {
        var writer = PacketWriter()
        writer.line("command=\(command)")
        if server.capabilities["agent"] != nil { writer.line("agent=\(Agent.name)") }
        if server.capabilities["object-format"] != nil { writer.line("object-format=sha1") }
        writer.delimiter()
        return writer
    }

    /// Before version 2. Several acknowledgments are not asked for: the sample is sent whole.
    private func first(
        _ wanted: [ObjectID], _ named: [ObjectID], _ shallow: [ObjectID]
    ) -> [UInt8] {
        let ours = ["side-band-64k", "thin-pack", "no-progress", "ofs-delta"]
        var words = ours.filter { server.capabilities[$0] != nil }
        if server.capabilities["agent"] != nil { words.append("agent=\(Agent.name)") }
        var writer = PacketWriter()
        for (index, id) in wanted.enumerated() {
            writer.line("want \(id.hex)" + (index == 0 ? " " + words.joined(separator: " ") : ""))
        }
        for id in shallow { writer.line("shallow \(id.hex)") }
        writer.flush()
        for id in named { writer.line("have \(id.hex)") }
        writer.line("done")
        return writer.bytes
    }
}

/// How this program names itself to servers.
enum Agent {
    static let name = "syncd/1"
}

/// Reads the answer to `ls-refs`.
struct ReferencesReader {
    private(set) var references: [String: ObjectID] = [:]
    private let wanted: (String) -> Bool

    /// - Parameter wanted: which references to remember; a prefix may give more.
    init(_ wanted: @escaping (String) -> Bool) { self.wanted = wanted }

    /// Takes the next packet.
    mutating func take(_ packet: Packet) throws(RemoteError) {
        guard let line = packet.line else { return }
        if let words = line.rest(after: "ERR ") { throw .refused(words) }
        if line.hasPrefix("unborn ") { return }
        let (id, name) = try Reference.parse(line)
        if wanted(name) && references.count <= Limits.devices { references[name] = id }
    }
}

/// Takes apart what comes in three bands: content, words for people, a last word.
/// Source: `gitprotocol-pack`, "Packfile Data" and "side-band-64k".
enum SideBand {
    /// Gives content to `take` and words to `words`.
    /// - Throws: the server's last word, and what `take` throws.
    static func take(
        _ bytes: UnsafeRawBufferPointer, _ words: inout RemoteWords,
        _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        guard let band = bytes.first else { throw .garbled("an empty packet") }
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        switch band {
        case 1: try take(rest)
        case 2: words.append(rest)
        case 3:
            words.append(rest)
            throw .refused(words.text)
        default: throw .garbled("a packet of band \(band)")
        }
    }
}

/// Reads the answer to a request for objects, before version 2 and in it.
struct ObjectsReader {
    private(set) var words = RemoteWords()
    /// Whether content has begun.
    private(set) var isBegun: Bool
    private let isSecond: Bool
    private let hasBands: Bool

    /// - Parameter server: what the server said of itself.
    init(_ server: Advertisement) {
        isSecond = server.version == 2
        hasBands = isSecond || server.capabilities["side-band-64k"] != nil
        isBegun = false
    }

    /// Takes the next packet and gives what it holds of the pack.
    mutating func take(
        _ packet: Packet, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        guard case .data(let bytes) = packet else { return }
        if !isBegun {
            let isContent = !isSecond && (bytes.first ?? 0) < 4
            if !isContent { return try takeLine(packet.line ?? "") }
            isBegun = true
        }
        try SideBand.take(bytes, &words, take)
    }

    private mutating func takeLine(_ line: String) throws(RemoteError) {
        if let words = line.rest(after: "ERR ") { throw .refused(words) }
        if isSecond {
            // Sections that were not asked for are let be.
            isBegun = line == "packfile"
        } else if !hasBands {
            throw RemoteError(
                .io, "fetch", "the remote's git is too old: it has no side-band-64k")
        } else if !line.hasPrefix("ACK ") && line != "NAK" {
            throw .garbled("neither an acknowledgment nor content")
        }
    }
}

/// Reads what a server answers when it is asked whether it has some objects. Source:
/// `gitprotocol-v2`, "fetch"; the words are those of git's upload-pack.
struct PossessionAnswer {
    private var isAcknowledged = false

    /// - Parameter line: of text; nil for any other packet.
    mutating func take(_ line: String?) throws(RemoteError) {
        guard let line else { return }
        if let words = line.rest(after: "ERR ") {
            throw words.contains("not our ref") ? .lacks(words) : .refused(words)
        }
        if line == "acknowledgments" { isAcknowledged = true }
    }

    /// - Throws: where the server said nothing of what it was asked.
    func finish() throws(RemoteError) {
        if !isAcknowledged { throw .garbled("it does not say whether it has what was asked for") }
    }
}

extension RemoteError {
    /// What is asked for is not all at the remote.
    /// - Parameter words: the object, or what the remote says.
    static func lacks(_ words: String) -> RemoteError {
        RemoteError(
            .corrupt, "look for objects", "the remote lacks some: \(RemoteWords.clean(words.utf8))",
            hint: RemoteError.howToGiveBack)
    }

    /// The server ends the conversation with words of its own.
    static func refused(_ words: String) -> RemoteError {
        RemoteError(.io, "talk to the remote", "it says: \(RemoteWords.clean(words.utf8))")
    }
}
