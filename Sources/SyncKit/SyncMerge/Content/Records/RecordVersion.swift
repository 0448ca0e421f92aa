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
