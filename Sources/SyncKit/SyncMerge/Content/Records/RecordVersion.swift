internal import SyncModel

/// One version's records by identity.
struct RecordVersion {
    /// The records of one identity.
    struct Entry: Equatable {
        let id: Int
        /// The first record.
        var raw: Int
        /// Further records of the same identity, in order: a damaged file's duplicates, or equal
        /// records that have no identity and are counted.
        var more: [Int] = []

        var raws: [Int] { [raw] + more }
        var isAlone: Bool { more.isEmpty }
    }

    private(set) var entries: [Entry] = []
    /// By identity: where it stands among the entries, -1 where it does not.
    private var places: [Int32] = []
    let stamp: VersionStamp

    init(stamp: VersionStamp) { self.stamp = stamp }

    /// The records of an identity; nil when there are none.
    subscript(id: Int) -> Entry? { place(id).map { entries[$0] } }

    /// Where an identity stands among the entries.
    func place(_ id: Int) -> Int? {
        id < places.count && places[id] >= 0 ? Int(places[id]) : nil
    }

    mutating func reserve(_ count: Int) {
        entries.reserveCapacity(count)
        places.reserveCapacity(count)
    }

    mutating func append(id: Int, raw: Int, collapsing means: (Int, Int) -> Bool) {
        guard let place = place(id) else {
            while places.count <= id { places.append(-1) }
            places[id] = Int32(entries.count)
            entries.append(Entry(id: id, raw: raw))
            return
        }
        // Only the nearest are compared: a million duplicates must not cost their square.
        if means(entries[place].raw, raw) { return }
        if entries[place].more.suffix(16).contains(where: { means($0, raw) }) { return }
        entries[place].more.append(raw)
    }

    mutating func count(id: Int, raw: Int) {
        append(id: id, raw: raw) { _, _ in false }
    }
}

/// What makes two records of two versions the same record.
enum RecordIdentity: Equatable {
    /// The key of a map, or the one record of a file.
    case place
    /// An index into `RecordFields.identities`.
    case key(Int)
    /// Meaning: equal records are counted.
    case content

    /// The first key that every object of the base has and that is unique in each version;
    /// failing that, the first but `hash` that every object of the base has (its duplicates then
    /// make groups, which are merged whole); failing that, content. An object that comes without
    /// the key is known by its content, and changes nothing for the others: were all versions
    /// asked, what one more version adds would decide how the others are merged. Where the base
    /// has no objects, a key that any object has will do: what a merge gives has the same ones.
    static func choose(_ versions: [[Int]], _ table: inout RecordTable) -> RecordIdentity {
        func keys(_ raws: [Int]) -> [UInt8] {
            raws.map { table.infos[$0] }.filter(\.isObject).map(\.identityKeys)
        }
        let base = keys(versions[0])
        let shared =
            base.isEmpty
            ? versions.dropFirst().joined().reduce(0) { $0 | table.infos[$1].identityKeys }
            : base.reduce(~0, &)
        guard shared != 0 else { return .content }
        let candidates = RecordFields.identities.indices.filter { shared & (1 << $0) != 0 }
        for key in candidates where isUnique(key, versions, &table) { return .key(key) }
        let last = RecordFields.identities.count - 1
        return candidates.first { $0 != last }.map { .key($0) } ?? .content
    }

    /// Whether no version has two objects of one identity that mean different things.
    private static func isUnique(
        _ key: Int, _ versions: [[Int]], _ table: inout RecordTable
    ) -> Bool {
        var interner = ByteInterner()
        let ids = table.infos.map { info in
            info.identity(key).map { interner.number($0[...]) } ?? -1
        }
        for raws in versions {
            var seen = Array(repeating: -1, count: interner.strings.count)
            for raw in raws where ids[raw] >= 0 {
                let other = seen[ids[raw]]
                if other >= 0, !table.means(other, raw) { return false }
                seen[ids[raw]] = raw
            }
        }
        return true
    }
}
