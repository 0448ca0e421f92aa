import SyncModel

@testable import Wire

/// What a server sends in place of a pack: what is looked at before libgit2 makes room for it.
///
/// The input says what entries there are, so that more than the first check is met: the pack around
/// them, and what each deflates to, is made here.
enum PackTarget {
    private static let most = 1 << 16
    private static let trailer = [UInt8](repeating: 0, count: ObjectID.byteCount)

    /// However it is cut the answer is the same; what passes is what it says to be, within bounds.
    @Sendable static func packs(_ bytes: [UInt8]) {
        let pack = bytes.first == 0x50 ? bytes : made(of: bytes)
        let whole = sent(pack, cut: pack.count)
        for cut in [1, 5, 13] { require(sent(pack, cut: cut) == whole, "cut at \(cut)") }
        guard let whole else { return }
        require(whole == pack, "what came is what was sent")
        guard let offsets = accepted(whole) else { return }
        var cursors =
            zip(offsets, offsets.dropFirst())
            .allSatisfy { $0 < $1 } && offsets.first ?? 12 == 12
        cursors = cursors && offsets.allSatisfy { $0 < whole.count }
        require(cursors, "entries one after the other")
        var found: [Int: [UInt8]] = [:]
        for offset in offsets {
            guard let content = entry(whole, at: offset, found) else { continue }
            found[offset] = content
            refer(content)
        }
    }

    /// Sends it in pieces into a sink that only keeps them; nil when it was refused on the way.
    private static func sent(_ pack: [UInt8], cut: Int) -> [UInt8]? {
        var gauge = PackGauge(mostBytes: 4 << 10, mostObjects: 64)
        var sink: [UInt8] = []
        for start in stride(from: 0, to: pack.count, by: max(1, cut)) {
            let piece = pack[start..<min(start + cut, pack.count)]
            let isTaken = piece.withUnsafeBytes { raw in
                do throws(RepositoryError) {
                    try gauge.take(raw)
                    return true
                } catch {
                    require(error.code == .tooLarge, "what a server sends is too much")
                    return false
                }
            }
            if !isTaken { return nil }
            sink += piece
        }
        require(gauge.bytes == pack.count, "all of it is counted")
        return sink
    }

    private static func accepted(_ pack: [UInt8]) -> [Int]? {
        pack.withUnsafeBytes { raw in
            do throws(RepositoryError) {
                return try PackBounds.check(raw, mostBytes: most)
            } catch {
                require(
                    [.corrupt, .tooLarge].contains(error.code), "what a server sends is refused")
                return nil
            }
        }
    }

    /// Reads an entry that passed with the reader of packs on a path.
    private static func entry(_ pack: [UInt8], at offset: Int, _ found: [Int: [UInt8]]) -> [UInt8]?
    {
        var cursor = EntryCursor(Array(pack[offset...]))
        guard let start = cursor.sizeAndType() else {
            require(false, "two readers of an entry disagree")
            return nil
        }
        require(start.size <= most && start.size >= 0, "a size past the bound")
        var base: Int?
        switch start.type {
        case 6: base = cursor.distance().map { offset - $0 }
        case 7: _ = cursor.name()
        default: require((1...4).contains(start.type), "a type there is not")
        }
        do throws(RepositoryError) {
            let inflater = try ForeignInflater()
            let rest = pack[(offset + cursor.position)...]
            // A distance that is too long for this reader is refused by it.
            if start.type == 6 && base == nil { return nil }
            guard let bytes = inflater.inflate(rest, size: start.size) else {
                require(false, "what passed does not inflate to its size")
                return nil
            }
            if start.type < 6 { return bytes }
            guard let base, let before = found[base],
                let result = Delta.apply(bytes, to: before, most: most)
            else { return nil }
            require(result.count <= most, "a delta past the bound")
            return result
        } catch { return nil }
    }

    /// What an object refers to is what the readers of commits and trees say.
    private static func refer(_ content: [UInt8]) {
        let (entries, lines) = content.withUnsafeBytes {
            (NamedObjects.inTree($0), NamedObjects.inLines($0))
        }
        do throws(FormatError) {
            let tree = try Tree(parsing: content)
            let ids = tree.entries.filter { $0.mode != .submodule }.map(\.id)
            require(entries == ids, "a tree names its entries' objects")
        } catch {}
        do throws(FormatError) {
            let commit = try Commit(parsing: content)
            require(lines?.first == commit.tree, "a commit names its tree")
        } catch {}
    }

    // The pack that an input stands for.

    /// Entries, each a byte that says what it is, and then its content.
    private static func made(of bytes: [UInt8]) -> [UInt8] {
        let parts = bytes.split(separator: 0x1e, omittingEmptySubsequences: false)
        var pack =
            Array("PACK".utf8) + [0, 0, 0, 2, 0, 0, 0, UInt8(truncatingIfNeeded: parts.count)]
        var previous = pack.count
        for part in parts {
            let what = part.first ?? 0x33
            var content = Array(part.dropFirst())
            let start = pack.count
            let type = what & 7
            // Some lie about their size.
            let size = what & 0x88 == 0x88 ? content.count ^ Int(what) : content.count
            pack += header(type, size)
            if type == 6 {
                let back = start - previous
                pack += what & 0x40 != 0 ? Array(content.prefix(2)) : distance(back)
            } else if type == 7 {
                pack += ObjectID(hashing: [what], as: .blob).bytes
            }
            if what & 0x80 != 0, what & 8 == 0 { content += content }
            pack += stored(content)
            previous = start
        }
        return pack + trailer
    }

    private static func header(_ type: UInt8, _ size: Int) -> [UInt8] {
        var result = [type << 4 | UInt8(size & 15)]
        var rest = size >> 4
        while rest > 0 {
            result[result.count - 1] |= 0x80
            result.append(UInt8(rest & 0x7f))
            rest >>= 7
        }
        return result
    }

    private static func distance(_ back: Int) -> [UInt8] {
        var result = [UInt8(back & 0x7f)]
        var rest = back >> 7
        while rest > 0 {
            rest -= 1
            result.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
            rest >>= 7
        }
        return result
    }

    /// A zlib stream that stores the bytes. Source: RFC 1950, RFC 1951 section 3.2.4.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt16(truncatingIfNeeded: bytes.count)
        var result: [UInt8] = [0x78, 0x01, 1]
        for value in [count, ~count] { result += [UInt8(value & 0xff), UInt8(value >> 8)] }
        result += bytes
        var (a, b) = (UInt32(1), UInt32(0))
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        let sum = b << 16 | a
        return result + [24, 16, 8, 0].map { UInt8(sum >> $0 & 0xff) }
    }
}
