internal import Glibc
internal import SyncModel

/// The index of a pack, version 2.
/// Source: `Documentation/gitformat-pack`, "Version 2 pack-*.idx files".
struct PackIndex {
    /// Where an object's entry begins in the pack, and the entry's CRC-32.
    struct Row {
        let id: ObjectID
        let offset: Int
        let crc: UInt32
    }

    private(set) var rows: [Row] = []

    /// Notes one more entry.
    mutating func append(_ row: Row) { rows.append(row) }

    /// The index's bytes.
    /// - Parameter pack: the hash that the pack ends with.
    func serialized(of pack: ObjectID) -> [UInt8] {
        let sorted = rows.sorted { $0.id < $1.id }
        var bytes: [UInt8] = [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]
        bytes.reserveCapacity(8 + 1024 + sorted.count * 28 + 40)
        var counts = [UInt32](repeating: 0, count: 256)
        let names = sorted.map(\.id.bytes)
        for name in names { counts[Int(name[0])] += 1 }
        var total: UInt32 = 0
        for count in counts {
            total += count
            Self.append(total, to: &bytes)
        }
        for name in names { bytes.append(contentsOf: name) }
        for row in sorted { Self.append(row.crc, to: &bytes) }
        var large: [UInt64] = []
        for row in sorted {
            if row.offset < 1 << 31 {
                Self.append(UInt32(row.offset), to: &bytes)
            } else {
                Self.append(1 << 31 | UInt32(large.count), to: &bytes)
                large.append(UInt64(row.offset))
            }
        }
        for offset in large { Self.append(offset, to: &bytes) }
        bytes.append(contentsOf: pack.bytes)
        var hash = StreamingSHA1()
        hash.update(bytes)
        bytes.append(contentsOf: hash.value.bytes)
        return bytes
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// How many objects an index file says that its pack has.
    static func count(in path: String) throws(RepositoryError) -> Int {
        let descriptor: Int32
        do { descriptor = try RegularFile.open(path) } catch {
            throw RepositoryError(error, "open", path)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4)
        guard pread(descriptor, &bytes, 4, 8 + 255 * 4) == 4 else {
            throw RepositoryError(.corrupt, "read \(path)", "it is too short for an index")
        }
        return bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    /// Reads the names of all objects from an index file of version 2.
    /// - Throws: `.corrupt` when it is none or does not end with its own hash.
    static func names(in path: String) throws(RepositoryError) -> [ObjectID] {
        let bytes = try FileSystem.content(of: path)
        let table = 8 + 1024
        guard bytes.count >= table + 40, bytes.starts(with: [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2])
        else { throw RepositoryError(.corrupt, "read \(path)", "not a pack index, version 2") }
        let count = bytes[(table - 4)..<table].reduce(0) { $0 << 8 | Int($1) }
        var hash = StreamingSHA1()
        hash.update(Array(bytes.dropLast(ObjectID.byteCount)))
        guard hash.value == ObjectID(bytes.suffix(ObjectID.byteCount)),
            bytes.count >= table + count * 28 + 40
        else { throw RepositoryError(.corrupt, "read \(path)", "the index is damaged") }
        return (0..<count).compactMap { index in
            let start = table + index * ObjectID.byteCount
            return ObjectID(bytes[start..<(start + ObjectID.byteCount)])
        }
    }
}
