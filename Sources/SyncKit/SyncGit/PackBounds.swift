internal import CDeflate
internal import SyncModel

/// How large the objects of a pack are before anybody makes room for them. A few bytes of a pack
/// can claim, or hold, gigabytes: a delta names its result's size, and repeats what it copies.
/// Source: `Documentation/gitformat-pack`.
enum PackBounds {
    /// Looks at every entry.
    /// - Parameters:
    ///   - path: a whole pack, with or without more after it.
    ///   - mostBytes: of one object, inflated, and of what a delta makes.
    /// - Returns: where the entries begin.
    /// - Throws: `.tooLarge` for an object that is larger, and for more in all than is taken;
    ///   `.corrupt` for what is no pack.
    @discardableResult
    static func check(_ path: String, mostBytes: Int = Limits.receivedObjectBytes)
        throws(RepositoryError) -> [Int]
    {
        try FileSystem.mapped(path) { (bytes) throws(RepositoryError) in
            try check(bytes, mostBytes: mostBytes)
        }
    }

    /// The same of a pack in memory.
    static func check(_ bytes: UnsafeRawBufferPointer, mostBytes: Int) throws(RepositoryError)
        -> [Int]
    {
        guard bytes.count >= 12 + ObjectID.byteCount else { throw malformed(0) }
        let inflater = try Inflater()
        var cursor = 12
        let count = bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
        var total = Total(bytes.count)
        var offsets: [Int] = []
        for _ in 0..<count {
            var entry = Entry(bytes, at: cursor)
            guard let header = entry.header() else { throw malformed(cursor) }
            if header.size > mostBytes { throw tooLarge(cursor, header.size) }
            try total.inflated(header.size)
            guard let used = inflater.inflate(bytes[entry.position...], size: header.size) else {
                throw malformed(cursor)
            }
            if header.isDelta {
                guard let sizes = inflater.deltaSizes(header.size) else { throw malformed(cursor) }
                if max(sizes.base, sizes.result) > mostBytes {
                    throw tooLarge(cursor, max(sizes.base, sizes.result))
                }
                try total.made(sizes.result)
            }
            offsets.append(cursor)
            cursor = entry.position + used
        }
        return offsets
    }

    /// What all entries come to. Each is at most `Limits.receivedObjectBytes`, and there are fewer
    /// than 2^32.
    private struct Total {
        private let mostInflated: Int
        private var inflated = 0
        private var results = 0

        init(_ packBytes: Int) {
            let (many, isOver) = packBytes.multipliedReportingOverflow(by: Limits.receivedInflation)
            mostInflated = max(Limits.receivedInflatedBytes, isOver ? .max : many)
        }

        mutating func inflated(_ size: Int) throws(RepositoryError) {
            inflated += size
            if inflated > mostInflated { throw PackBounds.bomb(mostInflated) }
        }

        mutating func made(_ size: Int) throws(RepositoryError) {
            results += size
            if results > Limits.receivedResultBytes {
                throw PackBounds.bomb(Limits.receivedResultBytes)
            }
        }
    }

    private static func bomb(_ most: Int) -> RepositoryError {
        RepositoryError(
            .tooLarge, "receive objects", "the pack inflates to more than \(most >> 20) MiB")
    }

    private static func malformed(_ offset: Int) -> RepositoryError {
        RepositoryError(.corrupt, "receive objects", "the entry at byte \(offset) is malformed")
    }

    private static func tooLarge(_ offset: Int, _ size: Int) -> RepositoryError {
        RepositoryError(
            .tooLarge, "receive objects",
            "the entry at byte \(offset) makes an object of \(size >> 20) MiB, more than "
                + "\(Limits.receivedObjectBytes >> 20)")
    }

    /// Reads the beginning of an entry.
    private struct Entry {
        private let bytes: UnsafeRawBufferPointer
        private(set) var position: Int

        init(_ bytes: UnsafeRawBufferPointer, at position: Int) {
            (self.bytes, self.position) = (bytes, position)
        }

        /// Type, inflated size, and past the base that a delta names.
        mutating func header() -> (isDelta: Bool, size: Int)? {
            guard let first = next() else { return nil }
            var size = Int(first & 15)
            var shift = 4
            var byte = first
            while byte & 0x80 != 0 {
                guard let more = next(), shift < 53 else { return nil }
                size |= Int(more & 0x7f) << shift
                shift += 7
                byte = more
            }
            switch first >> 4 & 7 {
            case 1...4: return (false, size)
            case 6:
                repeat {
                    guard let more = next() else { return nil }
                    byte = more
                } while byte & 0x80 != 0
                return (true, size)
            case 7:
                position += ObjectID.byteCount
                return position < bytes.count ? (true, size) : nil
            default: return nil
            }
        }

        private mutating func next() -> UInt8? {
            guard position < bytes.count else { return nil }
            defer { position += 1 }
            return bytes[position]
        }
    }
}

/// Inflates the entries of a pack, one after the other into the same room.
private final class Inflater {
    private let decompressor: OpaquePointer
    private var room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    init() throws(RepositoryError) {
        guard let made = libdeflate_alloc_decompressor() else {
            throw RepositoryError(.io, "inflate", "out of memory")
        }
        decompressor = made
    }

    deinit {
        libdeflate_free_decompressor(decompressor)
        room.deallocate()
    }

    /// Inflates what begins here.
    /// - Returns: how many bytes that took; nil when it does not inflate to exactly `size`.
    func inflate(_ bytes: Slice<UnsafeRawBufferPointer>, size: Int) -> Int? {
        if room.count < size {
            room.deallocate()
            room = .allocate(byteCount: size, alignment: 16)
        }
        let source = UnsafeRawBufferPointer(rebasing: bytes)
        var used = 0
        let result = libdeflate_zlib_decompress_ex(
            decompressor, source.baseAddress, source.count, room.baseAddress, size, &used, nil)
        return result == LIBDEFLATE_SUCCESS ? used : nil
    }

    /// What the delta that was inflated last says of its base's and its result's size.
    func deltaSizes(_ count: Int) -> (base: Int, result: Int)? {
        var position = 0
        func number() -> Int? {
            var (value, shift) = (0, 0)
            while position < count, shift < 56 {
                let byte = room[position]
                position += 1
                value |= Int(byte & 0x7f) << shift
                shift += 7
                if byte & 0x80 == 0 { return value }
            }
            return nil
        }
        guard let base = number(), let result = number() else { return nil }
        return (base, result)
    }
}
