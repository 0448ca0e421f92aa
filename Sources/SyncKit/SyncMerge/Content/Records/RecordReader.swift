internal import SyncModel

/// Numbers the identities of all versions' records.
struct RecordReader {
    let identity: RecordIdentity
    let isEvent: Bool
    private var ids = ByteInterner()
    /// By record: its identity's number, -1 where it was not asked for.
    private var known: [Int] = []

    init(identity: RecordIdentity, isEvent: Bool) {
        self.identity = identity
        self.isEvent = isEvent
    }

    /// Each identity's name by its number: a byte that says its kind, then canonical bytes.
    var names: [ArraySlice<UInt8>] { ids.strings }

    /// The identity of a record that `version` was given.
    func identity(of raw: Int) -> Int { known[raw] }

    /// Puts a version's records under their identities.
    mutating func version(
        _ raws: [Int], _ stamp: VersionStamp, _ table: inout RecordTable
    ) -> RecordVersion {
        var version = RecordVersion(stamp: stamp)
        version.reserve(raws.count)
        for raw in raws {
            let id = id(raw, &table)
            switch identity {
            case .place: version.append(id: id, raw: raw) { $0 == $1 }
            case _ where held(raw, table) != nil:
                version.append(id: id, raw: raw) { $0 == $1 || table.means($0, $1) }
            default:
                // An event is there or not; other records without an identity are counted.
                if isEvent, version.place(id) != nil { continue }
                version.count(id: id, raw: raw)
            }
        }
        return version
    }

    /// What a record has under the keys that identify it; nil where it is known by its content.
    private func held(_ raw: Int, _ table: RecordTable) -> [UInt8]? {
        if isEvent { return nil }
        return switch identity {
        case .key(let key): table.infos[raw].identity(key)
        case .typed(let names): names.indices.contains(raw) ? names[raw] : nil
        case .place, .content: nil
        }
    }

    private mutating func id(_ raw: Int, _ table: inout RecordTable) -> Int {
        while known.count <= raw { known.append(-1) }
        if known[raw] >= 0 { return known[raw] }
        let name: [UInt8] =
            if identity == .place {
                [0x70] + table.keys[raw]
            } else if let held = held(raw, table) {
                [0x6b] + held
            } else {
                [0x63] + table.canonical(raw)
            }
        known[raw] = ids.number(name[...])
        return known[raw]
    }

    /// Whether an identity is nothing but a record's meaning.
    static func isCounted(_ name: ArraySlice<UInt8>) -> Bool { name.first == 0x63 }
}
