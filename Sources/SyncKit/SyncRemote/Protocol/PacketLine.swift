internal import SyncModel

/// One piece of git's conversation. Source: `gitprotocol-common`, "pkt-line Format".
enum Packet {
    /// `0000`: the end of a message.
    case flush
    /// `0001`: the end of a section.
    case delimiter
    /// `0002`: the end of an answer.
    case end
    /// Up to 65,516 bytes, valid until the call returns.
    case data(UnsafeRawBufferPointer)

    /// The most bytes of one packet with its length.
    static let mostBytes = 65_520

    /// A text packet's text, without the line end; nil for any other.
    var line: String? {
        guard case .data(let bytes) = self else { return nil }
        let isEnded = bytes.last == 0x0a
        return String(
            decoding: isEnded ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes,
            as: UTF8.self)
    }
}

/// Writes packets.
struct PacketWriter {
    private(set) var bytes: [UInt8] = []

    /// Adds a line; its end is written too.
    mutating func line(_ text: String) { data(Array("\(text)\n".utf8)) }

    /// Adds a packet of at most 65,516 bytes.
    mutating func data(_ content: [UInt8]) {
        let length = String(content.count + 4, radix: 16)
        precondition(content.count + 4 <= Packet.mostBytes, "a packet holds 65,516 bytes")
        bytes += Array((String(repeating: "0", count: 4 - length.count) + length).utf8)
        bytes += content
    }

    mutating func flush() { bytes += Array("0000".utf8) }
    mutating func delimiter() { bytes += Array("0001".utf8) }
}

/// Cuts what comes into packets, wherever the pieces end.
struct PacketReader {
    private var pending: [UInt8] = []

    /// Whether nothing of a packet is left over.
    var isWhole: Bool { pending.isEmpty }

    /// Takes a piece and gives each packet that is whole.
    /// - Throws: `.corrupt` for what is no packet, and what `take` throws.
    mutating func feed(
        _ piece: UnsafeRawBufferPointer, _ take: (Packet) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        pending.append(contentsOf: piece)
        let result = pending.withUnsafeBytes { bytes in
            Result { () throws(RemoteError) in try Self.cut(bytes, take) }
        }
        pending.removeFirst(try result.get())
    }

    /// Gives the whole packets; returns how many bytes they take.
    private static func cut(
        _ bytes: UnsafeRawBufferPointer, _ take: (Packet) throws(RemoteError) -> Void
    ) throws(RemoteError) -> Int {
        var start = 0
        while bytes.count - start >= 4 {
            let length = try length(of: bytes[start..<(start + 4)])
            if length < 4 {
                try take([Packet.flush, .delimiter, .end][length])
                start += 4
                continue
            }
            if bytes.count - start < length { break }
            try take(.data(UnsafeRawBufferPointer(rebasing: bytes[(start + 4)..<(start + length)])))
            start += length
        }
        return start
    }

    private static func length(of digits: Slice<UnsafeRawBufferPointer>) throws(RemoteError) -> Int
    {
        var length = 0
        for byte in digits {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw RemoteError.garbled("a packet without length")
            }
            length = length << 4 | Int(digit)
        }
        if length == 3 || length > Packet.mostBytes {
            throw RemoteError.garbled("a packet of length \(length)")
        }
        return length
    }
}

extension RemoteError {
    /// The other side does not say what a git server says.
    static func garbled(_ cause: String) -> RemoteError {
        RemoteError(.corrupt, "read the remote's answer", cause)
    }
}
