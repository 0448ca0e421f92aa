import SyncModel

@testable import Wire

/// The readers of what a remote says, each with what must hold of whatever it reads.
enum WireTargets {
    /// However the bytes are cut, the packets are the same, and no reader of them traps.
    @Sendable static func packets(_ bytes: [UInt8]) {
        let whole = read(bytes, cut: bytes.count)
        for cut in [1, 3, 7] { require(read(bytes, cut: cut) == whole, "cut at \(cut)") }
    }

    /// The packets in words, with how the reading ended.
    private static func read(_ bytes: [UInt8], cut: Int) -> [String] {
        var told: [String] = []
        var packets = PacketReader()
        var advertisement = AdvertisementReader { _ in true }
        var references = ReferencesReader { _ in true }
        for start in stride(from: 0, to: bytes.count, by: max(1, cut)) {
            let piece = bytes[start..<min(start + cut, bytes.count)]
            let result = piece.withUnsafeBytes { raw in
                Result { () throws(RemoteError) in
                    try packets.feed(raw) { packet throws(RemoteError) in
                        told.append(packet.line ?? "-")
                        try advertisement.take(packet)
                        try references.take(packet)
                    }
                }
            }
            if case .failure(let error) = result {
                let isSafe = error.cause.unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && $0.value != 0x7f
                }
                require(isSafe, "unsafe words")
                told.append("\(error)")
                break
            }
        }
        require(advertisement.advertisement.references.count <= Limits.devices + 1, "too many")
        require(advertisement.advertisement.capabilities.count <= Limits.capabilities, "too many")
        return told
    }

    /// A delta makes what it says or nothing; an entry's beginning says a size or nothing.
    @Sendable static func deltas(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        let base = Array(rest.prefix(Int(first)))
        let delta = Array(rest.dropFirst(base.count))
        if let made = Delta.apply(delta, to: base, most: 1 << 20) {
            var cursor = EntryCursor(delta)
            require(cursor.size() == base.count && cursor.size() == made.count, "its sizes")
        }
        var cursor = EntryCursor(rest)
        if let head = cursor.sizeAndType() {
            require(head.size >= 0 && head.type < 8, "an entry's beginning")
        }
        require((cursor.distance() ?? 0) >= 0, "a distance")
        _ = cursor.name()
        require(cursor.position <= rest.count, "past the end")
    }

    /// A time to stay away is never negative, whatever the header says and the clock.
    @Sendable static func rests(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        for now in [Int.min, -1, 0, 1_790_000_000, .max] {
            for header in ["retry-after", "x-ratelimit-reset"] {
                let seconds = RetryAfter.seconds([header: text], now: now)
                require((seconds ?? 0) >= 0, "\(header): \(seconds ?? 0)")
            }
        }
    }
}
