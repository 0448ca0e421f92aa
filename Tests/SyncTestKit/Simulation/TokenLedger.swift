internal import SyncModel

/// Every content that a user wrote is unique. The ledger knows which must still be found.
struct TokenLedger {
    private var next = 0
    /// By blob: where it was written and whether its writer still wants it.
    private(set) var wanted: [ObjectID: String] = [:]
    private(set) var written: Set<ObjectID> = []
    /// Every line that somebody wrote.
    private(set) var lines: Set<ArraySlice<UInt8>> = []

    /// A content that nobody wrote before: one line without an end.
    mutating func content(by device: SimDevice, of path: TreePath) -> [UInt8] {
        let line = line(by: device)
        note(line, by: device, of: path)
        return line
    }

    /// A line that nobody wrote before.
    mutating func line(by device: SimDevice) -> [UInt8] {
        next += 1
        // Equal lengths, so that a change is not seen by its size.
        let number = String(next)
        let zeros = String(repeating: "0", count: 6 - number.count)
        let text = "\(device.name) wrote " + zeros + number
        return Array(text.utf8)
    }

    /// A user wrote this content.
    mutating func note(_ content: [UInt8], by device: SimDevice, of path: TreePath) {
        let id = ObjectID(hashing: content, as: .blob)
        if written.insert(id).inserted {
            wanted[id] = "\(path) by \(device.name): \(String(decoding: content, as: UTF8.self))"
        }
        lines.formUnion(content.split(separator: 0x0a))
    }

    /// The user replaced or removed the content before it was ever committed: it is gone by the
    /// user's own will.
    mutating func drop(_ id: ObjectID) { wanted[id] = nil }
}
