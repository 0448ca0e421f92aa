package import SyncModel

extension ConflictRecord {
    /// The same conflict with its texts as the file has them by now: somebody may have edited it
    /// between the markers, or around them. The base keeps its name. Sides that stand between no
    /// markers, as they disagree with nobody, are left out.
    /// - Parameter content: the file's.
    /// - Returns: the record as it is where the markers are broken.
    package func standing(
        in content: [UInt8], as rule: FileRule, reading reader: any ObjectReader
    ) throws(RepositoryError) -> ConflictRecord {
        guard let terms = try terms(reading: reader),
            let now = ContentMerge.standing(terms, in: content, as: rule, path: named)
        else { return self }
        var record = self
        if now.isEdited {
            for (index, text) in now.bases.enumerated() { record.setBase(index, text) }
            for (index, text) in now.sides.enumerated() {
                record.setSide(index, ObjectID(hashing: text, as: .blob), text: text)
            }
        }
        record.keepSides(now.shown)
        return record
    }
}
