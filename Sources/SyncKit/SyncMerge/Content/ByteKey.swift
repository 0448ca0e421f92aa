#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A range of bytes as a dictionary's key, hashed and compared as memory.
struct ByteKey: Hashable {
    let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    static func == (left: ByteKey, right: ByteKey) -> Bool {
        guard left.bytes.count == right.bytes.count else { return false }
        guard !left.bytes.isEmpty else { return true }
        return left.bytes.withUnsafeBytes { first in
            right.bytes.withUnsafeBytes { second in
                guard let one = first.baseAddress, let two = second.baseAddress else {
                    return true
                }
                return memcmp(one, two, first.count) == 0
            }
        }
    }
}

/// Numbers byte strings in order of first appearance.
///
/// An open hash table that keeps each string's hash: a string is hashed once, however large the
/// table grows, and most strings that differ are told apart without being looked at.
struct ByteInterner {
    private(set) var strings: [ArraySlice<UInt8>] = []
    private var hashes: [Int] = []
    /// Numbers of strings by hash, a power of two of places; -1 where there is none.
    private var places = Array(repeating: Int32(-1), count: 16)

    /// The string's number, a new one when it was not seen before.
    mutating func number(_ bytes: ArraySlice<UInt8>) -> Int {
        let key = ByteKey(bytes)
        var hasher = Hasher()
        key.hash(into: &hasher)
        let hash = hasher.finalize()
        var place = hash & (places.count - 1)
        while places[place] >= 0 {
            let known = Int(places[place])
            if hashes[known] == hash, ByteKey(strings[known]) == key { return known }
            place = (place + 1) & (places.count - 1)
        }
        places[place] = Int32(strings.count)
        strings.append(bytes)
        hashes.append(hash)
        if strings.count * 2 > places.count { grow() }
        return strings.count - 1
    }

    private mutating func grow() {
        places = Array(repeating: -1, count: places.count * 4)
        let mask = places.count - 1
        for (number, hash) in hashes.enumerated() {
            var place = hash & mask
            while places[place] >= 0 { place = (place + 1) & mask }
            places[place] = Int32(number)
        }
    }
}
