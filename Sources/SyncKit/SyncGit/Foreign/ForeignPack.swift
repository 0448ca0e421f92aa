internal import SyncModel

/// A pack that somebody else made, and its index: read entry by entry, nothing believed.
/// Source: `Documentation/gitformat-pack`.
final class ForeignPack {
    private let path: String
    /// The index as a whole where there is room for it.
    private let loaded: [UInt8]?
    private let fanout: [Int]
    private var pack: ForeignFile?

    /// Opens a pack.
    /// - Parameters:
    ///   - path: without its ending.
    ///   - room: for indexes in memory, in bytes; what this one takes goes off.
    /// - Returns: nil when it is gone.
    /// - Throws: `.corrupt` for an index that is none of version 2.
    init?(_ path: String, room: inout Int) throws(RepositoryError) {
        self.path = path
        guard let table = try ForeignFile.open(path + ".idx") else { return nil }
        let head = try table.read(8 + 1024, at: 0)
        guard head.count == 8 + 1024, head.starts(with: [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]) else {
            throw Self.damaged(path, "its index is none of version 2")
        }
        fanout = (0..<256).map { Self.number(head, 8 + 4 * $0, 4) }
        let count = fanout[255]
        guard zip(fanout, fanout.dropFirst()).allSatisfy({ $0 <= $1 }),
            table.size >= 8 + 1024 + count * 28 + 40
        else { throw Self.damaged(path, "its index is damaged") }
        loaded = table.size <= room ? try table.read(table.size, at: 0) : nil
        room -= loaded?.count ?? 0
    }

    /// How many objects it has.
    var count: Int { fanout[255] }

    /// Where an object's entry begins; nil when it is not in this pack.
    func offset(of id: ObjectID) throws(RepositoryError) -> Int? {
        let name = id.bytes
        let first = Int(name[0])
        var (low, high) = (first == 0 ? 0 : fanout[first - 1], fanout[first])
        if low == high { return nil }
        let base = low
        let names = 8 + 1024
        let part = try bytes((high - low) * 20, at: names + low * 20)
        while low < high {
            let middle = (low + high) / 2
            let start = (middle - base) * 20
            guard start + 20 <= part.count else { throw Self.damaged(path, "its index is damaged") }
            let found = part[(part.startIndex + start)..<(part.startIndex + start + 20)]
            if found.elementsEqual(name) { return try offset(at: middle) }
            if found.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Where all entries begin that the index names.
    func offsets() throws(RepositoryError) -> Set<Int> {
        var offsets: Set<Int> = []
        for row in 0..<count { offsets.insert(try offset(at: row)) }
        return offsets
    }

    private func offset(at row: Int) throws(RepositoryError) -> Int {
        let offsets = 8 + 1024 + count * 24
        let value = Self.number(try bytes(4, at: offsets + row * 4), 0, 4)
        if value < 1 << 31 { return value }
        let large = offsets + count * 4 + (value & 0x7fff_ffff) * 8
        let wide = Self.number(try bytes(8, at: large), 0, 8)
        if wide < 0 { throw Self.damaged(path, "its index is damaged") }
        return wide
    }

    private func bytes(_ count: Int, at offset: Int) throws(RepositoryError) -> ArraySlice<UInt8> {
        guard let loaded else {
            // Not kept open: there may be many packs.
            return try ForeignFile.open(path + ".idx")?.read(count, at: offset)[...] ?? []
        }
        let start = min(offset, loaded.count)
        return loaded[start..<min(start + count, loaded.count)]
    }

    /// One entry, without what it inflates to.
    struct Entry {
        enum Content {
            case whole(ObjectKind)
            /// By the offset of its base.
            case delta(Int)
        }

        let content: Content
        /// Inflated.
        let size: Int
        /// Where its deflated bytes begin.
        let data: Int
    }

    /// Reads the beginning of an entry.
    /// - Throws: `.corrupt` for one that is malformed, `.tooLarge` past
    ///   `Limits.receivedObjectBytes`.
    func entry(at offset: Int) throws(RepositoryError) -> Entry {
        let file = try file()
        let head = try file.read(64, at: offset)
        var cursor = EntryCursor(head)
        guard offset >= 12, let start = cursor.sizeAndType() else { throw malformed(offset) }
        if start.size > Limits.receivedObjectBytes {
            throw RepositoryError(
                .tooLarge, "read \(path)",
                "an object of it is larger than \(Limits.receivedObjectBytes >> 20) MiB")
        }
        let content: Entry.Content
        switch start.type {
        case 1: content = .whole(.commit)
        case 2: content = .whole(.tree)
        case 3: content = .whole(.blob)
        case 4: content = .whole(.tag)
        case 6:
            guard let back = cursor.distance(), back > 0, back < offset else {
                throw malformed(offset)
            }
            content = .delta(offset - back)
        case 7:
            guard let id = cursor.name(), let base = try self.offset(of: id) else {
                throw malformed(offset)
            }
            content = .delta(base)
        default: throw malformed(offset)
        }
        return Entry(content: content, size: start.size, data: offset + cursor.position)
    }

    /// Inflates an entry's bytes.
    func inflate(_ entry: Entry, by inflater: ForeignInflater) throws(RepositoryError) -> [UInt8] {
        let most = ForeignInflater.mostDeflated(entry.size)
        let deflated = try file().read(most, at: entry.data)
        guard let bytes = inflater.inflate(deflated[...], size: entry.size) else {
            throw malformed(entry.data)
        }
        return bytes
    }

    /// Closes the pack's own file until it is wanted again.
    func rest() { pack = nil }

    private func file() throws(RepositoryError) -> ForeignFile {
        if let pack { return pack }
        guard let opened = try ForeignFile.open(path + ".pack") else {
            throw RepositoryError(.missing, "read \(path).pack")
        }
        pack = opened
        return opened
    }

    private func malformed(_ offset: Int) -> RepositoryError {
        Self.damaged(path, "its entry at byte \(offset) is malformed")
    }

    private static func damaged(_ path: String, _ cause: String) -> RepositoryError {
        RepositoryError(.corrupt, "read \(path).pack", cause)
    }

    /// A number of up to eight bytes; negative for one of 2^63 or more, and for one that is cut.
    private static func number(_ bytes: some Collection<UInt8>, _ start: Int, _ count: Int) -> Int {
        let part = bytes.dropFirst(start).prefix(count)
        if part.count < count { return -1 }
        return Int(truncatingIfNeeded: part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
