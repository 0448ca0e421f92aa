internal import SyncGit
internal import SyncHTTP
internal import SyncModel

/// A reference that a push shall move, and where it has to stand for that.
struct PushCommand: Equatable {
    let reference: String
    /// Nil: it must not be there.
    let old: ObjectID?
    /// Nil: it is deleted.
    let new: ObjectID?
}

/// What is sent to a server: bytes, and a pack after them where there is one.
final class GitRequest: HTTPBodySource {
    /// Whether no objects move: such an answer is small and comes soon.
    let isQuestion: Bool
    private let beginning: [UInt8]
    private let pack: OutgoingPack?
    private let count: (_ bytes: Int, _ objects: Int) -> Void
    private var piece: [UInt8]
    private var given = 0
    /// Why the pack could not be made.
    private(set) var failure: RepositoryError?

    /// - Parameter count: told the bytes that were given since it was last told, and how many
    ///   objects were given in all.
    init(
        _ beginning: [UInt8], _ pack: OutgoingPack? = nil, isQuestion: Bool = false,
        count: @escaping (_ bytes: Int, _ objects: Int) -> Void = { _, _ in }
    ) {
        self.isQuestion = isQuestion
        self.count = count
        (self.beginning, self.pack, piece) = (beginning, pack, beginning)
    }

    /// Asks to move references; where all are deleted there is no pack. Source:
    /// `gitprotocol-pack`, "Reference Update Request and Packfile Transfer".
    convenience init(
        _ commands: [PushCommand], _ pack: OutgoingPack?, to server: Advertisement,
        count: @escaping (_ bytes: Int, _ objects: Int) -> Void = { _, _ in }
    ) {
        // All or nothing: a device is not to be ahead of the branch.
        let ours =
            ["report-status", "side-band-64k", "quiet"] + (commands.count > 1 ? ["atomic"] : [])
        var words = ours.filter { server.capabilities[$0] != nil }
        if server.capabilities["object-format"] != nil { words.append("object-format=sha1") }
        if server.capabilities["agent"] != nil { words.append("agent=\(Agent.name)") }
        var writer = PacketWriter()
        for (index, command) in commands.enumerated() {
            let move =
                "\((command.old ?? .zero).hex) \((command.new ?? .zero).hex) \(command.reference)"
            // Without a line end: some servers took it for part of the name.
            writer.data(
                Array((index == 0 ? "\(move)\0 \(words.joined(separator: " "))" : move).utf8))
        }
        writer.flush()
        self.init(writer.bytes, pack, count: count)
    }

    func rewind() {
        pack?.rewind()
        (piece, given) = (beginning, 0)
    }

    func read(into room: UnsafeMutableRawBufferPointer) -> Int? {
        do throws(RepositoryError) {
            while given == piece.count {
                guard let next = try pack?.piece() else { return 0 }
                (piece, given) = (next, 0)
            }
        } catch {
            failure = error
            return nil
        }
        let count = min(room.count, piece.count - given)
        room.copyBytes(from: piece[given..<(given + count)])
        given += count
        self.count(count, pack?.next ?? 0)
        return count
    }

    /// The whole request if it has at most `most` bytes; nil, rewound, if it has more.
    func whole(most: Int) throws(RepositoryError) -> [UInt8]? {
        var bytes = beginning
        while let next = try pack?.piece() {
            bytes += next
            if bytes.count > most {
                rewind()
                return nil
            }
        }
        count(bytes.count, pack?.next ?? 0)
        return bytes
    }
}

/// What a server says of a push. Source: `gitprotocol-pack`, "Report Status".
struct PushReport {
    /// Nil: the pack was taken.
    private(set) var unpackFailure: String?
    /// By reference: nil for one that was moved, else why it was not.
    private(set) var outcomes: [String: String?] = [:]
    private(set) var words = RemoteWords()
    private(set) var isDone = false
    private let hasBands: Bool
    private var inner = PacketReader()

    /// - Parameter server: what the server said of itself.
    init(_ server: Advertisement) { hasBands = server.capabilities["side-band-64k"] != nil }

    /// Takes the next packet.
    mutating func take(_ packet: Packet) throws(RemoteError) {
        guard hasBands else { return try takeReport(packet) }
        guard case .data(let bytes) = packet else { return }
        var content: [UInt8] = []
        try SideBand.take(bytes, &words) { piece throws(RemoteError) in content += piece }
        var lines: [String?] = []
        let result = content.withUnsafeBytes { bytes in
            Result { () throws(RemoteError) in
                try inner.feed(bytes) { packet throws(RemoteError) in lines.append(packet.line) }
            }
        }
        try result.get()
        for line in lines { try takeLine(line) }
    }

    private mutating func takeReport(_ packet: Packet) throws(RemoteError) {
        try takeLine(packet.line)
    }

    private mutating func takeLine(_ line: String?) throws(RemoteError) {
        guard let line else {
            isDone = true
            return
        }
        if let words = line.rest(after: "ERR ") { throw .refused(words) }
        let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
        // Few were asked about; what else is said is not remembered.
        if parts.first != "unpack" && outcomes.count >= Limits.capabilities { return }
        switch parts.first {
        case "unpack":
            let rest = parts.dropFirst().joined(separator: " ")
            unpackFailure = rest == "ok" ? nil : RemoteWords.clean(rest.utf8)
        case "ok" where parts.count > 1: outcomes[parts[1]] = .some(nil)
        case "ng" where parts.count > 1:
            let reason = parts.count > 2 ? RemoteWords.clean(parts[2].utf8) : "no reason given"
            outcomes[parts[1]] = .some(reason)
        default: break
        }
    }
}
