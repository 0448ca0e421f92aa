internal import Crypto

/// A git object name: the SHA-1 of the object's header and content, 20 bytes, held inline.
package struct ObjectID: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt32

    /// Number of bytes of an object name.
    package static let byteCount = 20

    /// Reads a name from exactly 20 raw bytes.
    /// - Parameter bytes: the raw name; any other count gives nil.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        // Read in place: a generic walk costs microseconds where it is not specialised.
        let read = bytes.withContiguousStorageIfAvailable { Self(raw: UnsafeRawBufferPointer($0)) }
        self = read ?? Array(bytes).withUnsafeBytes { Self(raw: $0) }
    }

    /// Reads a name from the 20 raw bytes that begin at an offset; nil where there are fewer.
    package init?(_ bytes: Span<UInt8>, at offset: Int) {
        guard offset >= 0, bytes.count - offset >= Self.byteCount else { return nil }
        let raw = bytes.bytes
        first = UInt64(bigEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        second = UInt64(
            bigEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        third = UInt32(
            bigEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset + 16, as: UInt32.self))
    }

    private init(raw bytes: UnsafeRawBufferPointer) {
        first = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        second = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        third = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// Reads a name from exactly 40 hexadecimal digits, either case; anything else gives nil.
    package init?(hex: some StringProtocol) {
        let digits = hex.utf8
        let read = digits.withContiguousStorageIfAvailable { Self(digits: $0[...]) }
        guard let id = read ?? Self(digits: Array(digits)[...]) else { return nil }
        self = id
    }

    /// The same of the digits' bytes.
    package init?(digits: some Collection<UInt8>) {
        var parts: (UInt64, UInt64, UInt32) = (0, 0, 0)
        var count = 0
        for unit in digits {
            guard let digit = Self.digit(unit), count < 2 * Self.byteCount else { return nil }
            switch count {
            case ..<16: parts.0 = parts.0 << 4 | UInt64(digit)
            case ..<32: parts.1 = parts.1 << 4 | UInt64(digit)
            default: parts.2 = parts.2 << 4 | UInt32(digit)
            }
            count += 1
        }
        if count < 2 * Self.byteCount { return nil }
        (first, second, third) = parts
    }

    /// Names an object as git does: SHA-1 of `"<kind> <length>\0"` and the content.
    package init(hashing content: some Collection<UInt8>, as kind: ObjectKind) {
        var hash = Insecure.SHA1()
        hash.update(data: Array("\(kind.rawValue) \(content.count)\0".utf8))
        let contiguous: Void? = content.withContiguousStorageIfAvailable {
            hash.update(bufferPointer: UnsafeRawBufferPointer($0))
        }
        if contiguous == nil { hash.update(data: Array(content)) }
        self = hash.finalize().withUnsafeBytes { ObjectID($0) } ?? .zero
    }

    /// The name of nothing: twenty zero bytes, as git writes an absent reference.
    package static let zero = ObjectID(first: 0, second: 0, third: 0)

    private init(first: UInt64, second: UInt64, third: UInt32) {
        (self.first, self.second, self.third) = (first, second, third)
    }

    /// The 20 raw bytes, in order.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        withUnsafeBytes(of: first.bigEndian) { result.append(contentsOf: $0) }
        withUnsafeBytes(of: second.bigEndian) { result.append(contentsOf: $0) }
        withUnsafeBytes(of: third.bigEndian) { result.append(contentsOf: $0) }
        return result
    }

    /// The 40 lower-case hexadecimal digits.
    package var hex: String { Hex.string(bytes) }

    /// The first eight hexadecimal digits: what a label or a conflict copy's name shows.
    package var short: String { String(hex.prefix(8)) }

    private static func digit(_ unit: UInt8) -> UInt8? {
        switch unit {
        case 0x30...0x39: unit - 0x30
        case 0x41...0x46: unit - 0x41 + 10
        case 0x61...0x66: unit - 0x61 + 10
        default: nil
        }
    }
}

extension ObjectID: Comparable {
    /// Orders names as their bytes.
    package static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.first, left.second, left.third) < (right.first, right.second, right.third)
    }
}

extension ObjectID: CustomStringConvertible {
    package var description: String { hex }
}

extension ObjectID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = ObjectID(hex: try container.decode(String.self)) else {
            throw DecodingError.unreadable(
                "40 hexadecimal digits", at: container.codingPath)
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
