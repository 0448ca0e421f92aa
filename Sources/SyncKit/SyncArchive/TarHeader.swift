/// The header of one entry of a tar archive, and how it is written.
/// Source: POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Extended Header".
struct TarHeader: Equatable {
    /// Bytes of a block: what headers and contents are filled up to.
    static let block = 512

    /// What an entry is; others are passed over.
    enum Kind: UInt8 {
        case file = 0x30, link = 0x32, extended = 0x78
    }

    /// From the archive's root, without a slash at either end.
    var path: [UInt8]
    var kind: Kind
    /// The permission bits.
    var mode: Int
    /// Of the content, in bytes.
    var size: Int
    /// Seconds since 1970.
    var modified: Int64
    /// Of a symbolic link.
    var target: [UInt8] = []

    /// As blocks: an extended header before it where a field does not fit.
    var blocks: [UInt8] {
        var records: [UInt8] = []
        if path.count > 100 { records += Self.record("path", path) }
        if target.count > 100 { records += Self.record("linkpath", target) }
        if size >= 1 << 33 { records += Self.record("size", Array("\(size)".utf8)) }
        if !Self.plainTimes.contains(modified) {
            records += Self.record("mtime", Array("\(modified)".utf8))
        }
        if records.isEmpty { return plain(size: size) }
        var extended = self
        (extended.path, extended.target, extended.kind) = (Array("pax".utf8), [], .extended)
        return extended.plain(size: records.count) + records + Self.padding(records.count)
            + plain(size: size >= 1 << 33 ? 0 : size)
    }

    /// What eleven octal digits hold: 1970 to 2242.
    private static let plainTimes: Range<Int64> = 0..<(1 << 33)

    /// The zeros after a content of so many bytes.
    static func padding(_ size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (block - size % block) % block)
    }

    private func plain(size: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.block)
        func put(_ field: some Collection<UInt8>, at start: Int) {
            bytes.replaceSubrange(start..<(start + field.count), with: field)
        }
        func number(_ value: Int64, digits: Int) -> [UInt8] {
            let text = String(max(0, value), radix: 8).suffix(digits)
            return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
        }
        put(path.prefix(100), at: 0)
        put(number(Int64(mode), digits: 7), at: 100)
        put(number(0, digits: 7), at: 108)
        put(number(0, digits: 7), at: 116)
        put(number(Int64(size), digits: 11), at: 124)
        // What does not fit is said by the extended header.
        let (first, last) = (Self.plainTimes.lowerBound, Self.plainTimes.upperBound - 1)
        put(number(min(max(first, modified), last), digits: 11), at: 136)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        bytes[156] = kind.rawValue
        put(target.prefix(100), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        let sum = bytes.reduce(0) { $0 + Int64($1) }
        put(number(sum, digits: 6) + [0, 0x20], at: 148)
        return bytes
    }

    /// A record of an extended header: its own length is part of it.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = [0x20] + Array(key.utf8) + [0x3d] + value + [0x0a]
        var length = rest.count + 1
        while "\(length)".utf8.count + rest.count != length {
            length = "\(length)".utf8.count + rest.count
        }
        return Array("\(length)".utf8) + rest
    }
}

extension TarHeader {
    /// Reads a block.
    /// - Returns: nil for one that is no header of a file, a link or an extended header.
    init?(_ block: [UInt8]) {
        guard block.count == Self.block, let kind = Kind(rawValue: block[156]),
            let sum = Self.number(block[148..<156]), let size = Self.number(block[124..<136]),
            let mode = Self.number(block[100..<108]), let modified = Self.number(block[136..<148])
        else { return nil }
        var plain = block
        plain.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        if plain.reduce(0, { $0 + Int64($1) }) != sum { return nil }
        self.init(
            path: Self.text(block[0..<100]), kind: kind, mode: Int(mode) & 0o777, size: Int(size),
            modified: modified, target: Self.text(block[157..<257]))
    }

    /// Takes over what an extended header says.
    /// - Returns: false for records that are none.
    mutating func extend(_ records: [UInt8]) -> Bool {
        var rest = records[...]
        while !rest.isEmpty {
            guard let blank = rest.firstIndex(of: 0x20),
                let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
                length > blank - rest.startIndex + 1, length <= rest.count
            else { return false }
            let record = rest[rest.index(after: blank)..<(rest.startIndex + length)].dropLast()
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: 0x3d) else { return false }
            let value = Array(record[record.index(after: equals)...])
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": path = value
            case "linkpath": target = value
            case "size":
                guard let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else {
                    return false
                }
                size = number
            case "mtime":
                // Whole seconds; what stands after a point is passed over.
                let seconds = value.prefix { $0 != 0x2e }
                guard let number = Int64(String(decoding: seconds, as: UTF8.self)) else {
                    return false
                }
                modified = number
            default: break
            }
        }
        return true
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
        Array(field.prefix { $0 != 0 })
    }

    /// An octal number; at most 11 digits, so that nothing overflows.
    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        let digits = field.filter { $0 != 0 && $0 != 0x20 }
        guard digits.count <= 12, digits.allSatisfy({ (0x30...0x37).contains($0) }) else {
            return nil
        }
        return digits.reduce(0) { $0 << 3 | Int64($1 - 0x30) }
    }
}
