internal import SyncModel

/// Reads the variable numbers of a pack's entry and of a delta. What is too large for a number,
/// or cut, is nil.
struct EntryCursor {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// The type and the inflated size.
    mutating func sizeAndType() -> (type: UInt8, size: Int)? {
        guard let first = next() else { return nil }
        let low = Int(first & 15)
        if first & 0x80 == 0 { return (first >> 4 & 7, low) }
        guard let more = size(), more < 1 << 52 else { return nil }
        return (first >> 4 & 7, more << 4 | low)
    }

    /// Seven bits a byte, the lowest first.
    mutating func size() -> Int? {
        var (value, shift) = (0, 0)
        while shift < 56, let byte = next() {
            value |= Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// How far back a delta's base begins.
    mutating func distance() -> Int? {
        guard var byte = next() else { return nil }
        var value = Int(byte & 0x7f)
        while byte & 0x80 != 0 {
            guard value < 1 << 48, let more = next() else { return nil }
            byte = more
            value = (value + 1) << 7 | Int(byte & 0x7f)
        }
        return value
    }

    mutating func name() -> ObjectID? {
        guard bytes.count - position >= ObjectID.byteCount else { return nil }
        defer { position += ObjectID.byteCount }
        return ObjectID(bytes[position..<(position + ObjectID.byteCount)])
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return bytes[position..<(position + count)]
    }
}

/// Applies deltas. Source: `Documentation/gitformat-pack`, "Deltified representation".
enum Delta {
    /// Makes the object that a delta describes.
    /// - Parameter most: bytes of the result.
    /// - Returns: nil for a delta that is malformed, of another base, or makes more.
    static func apply(_ delta: [UInt8], to base: [UInt8], most: Int) -> [UInt8]? {
        var cursor = EntryCursor(delta)
        guard let baseSize = cursor.size(), let size = cursor.size(), baseSize == base.count,
            size <= most
        else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(size)
        while let command = cursor.next() {
            if command & 0x80 != 0 {
                guard let copy = copy(command, &cursor), copy.offset <= base.count,
                    copy.count <= base.count - copy.offset, copy.count <= size - result.count
                else { return nil }
                result += base[copy.offset..<(copy.offset + copy.count)]
            } else {
                let count = Int(command)
                guard count > 0, count <= size - result.count, let bytes = cursor.take(count) else {
                    return nil
                }
                result += bytes
            }
        }
        return result.count == size ? result : nil
    }

    private static func copy(_ command: UInt8, _ cursor: inout EntryCursor)
        -> (offset: Int, count: Int)?
    {
        var values = [0, 0]
        for bit in 0..<7 where command & 1 << UInt8(bit) != 0 {
            guard let byte = cursor.next() else { return nil }
            if bit < 4 {
                values[0] |= Int(byte) << (8 * bit)
            } else {
                values[1] |= Int(byte) << (8 * (bit - 4))
            }
        }
        return (values[0], values[1] == 0 ? 0x10000 : values[1])
    }
}
