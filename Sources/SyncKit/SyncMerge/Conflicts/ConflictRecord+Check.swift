internal import SyncModel

extension ConflictRecord {
    /// Whether a record is what it says: its id the hash of its terms, one side more than bases
    /// where it is of texts, and the bytes that it holds those of the blobs that it names. Anybody
    /// may put a file among the records.
    var isConsistent: Bool {
        guard sides.count >= 2, sides.count <= Limits.mergedCaptures, holdsItsBytes else {
            return false
        }
        if isText {
            return bases.count == sides.count - 1
                && id
                    == ConflictTerms.id(
                        path: named, bases: bases.map { $0.blob ?? .emptyBlob },
                        sides: sides.map { $0.blob ?? .emptyBlob })
        }
        return bases.count < 2
            && id == Self.id(path, kind, base: bases.first?.blob, sides: sides.map(\.stamp))
    }

    private var holdsItsBytes: Bool {
        let held =
            bases.compactMap { base in base.text.map { ($0, base.blob) } }
            + sides.compactMap { side in side.text.map { ($0, side.blob) } }
        return held.allSatisfy { ObjectID(hashing: $0, as: .blob) == $1 }
    }
}
