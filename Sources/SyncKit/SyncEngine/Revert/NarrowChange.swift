internal import SyncMerge
internal import SyncModel

/// A change of which it can be seen path by path what taking it back does, without a look at all
/// that came since: it only edited or added files that still stand under their names, and nothing
/// is open about them.
struct NarrowChange {
    /// What stands there as the change left it: it becomes what it was before.
    private(set) var plain: [TreePath: FileVersion?] = [:]
    /// What somebody changed since: as the change left it, and as it was before.
    private(set) var built: [TreePath: (made: FileVersion, before: FileVersion?)] = [:]

    /// - Parameters:
    ///   - made: the tree that the change left.
    ///   - before: the tree that it was made upon.
    ///   - tree: what is left of the head.
    /// - Returns: nil where names, directories or open conflicts come into it.
    init?(
        from made: ObjectID, to before: ObjectID, over tree: ObjectID,
        reading reader: any ObjectReader
    ) throws(RepositoryError) {
        let changes = try TreeDiff.changes(from: made, to: before, reading: reader)
        if changes.contains(where: { $0.hasDirectory || $0.before == nil }) { return nil }
        let paths = Set(changes.map(\.path))
        for state in [made, before, tree] {
            for record in try ConflictList(of: state, reading: reader).records {
                if !paths.isDisjoint(with: [record.path, record.copy ?? record.path]) {
                    return nil
                }
            }
        }
        for change in changes {
            guard let left = change.before, !ConflictRecord.isRecord(change.path),
                !change.path.name.elementsEqual(".gitattributes".utf8),
                let here = try TreeDiff.file(at: change.path, of: tree, reading: reader)
            else { return nil }
            if here == left {
                plain.updateValue(change.after, forKey: change.path)
            } else if here != change.after {
                built[change.path] = (left, change.after)
            }
        }
    }

    /// Puts what stood before in the place of what nobody changed since.
    /// - Returns: the tree, and two more of it to merge it with: as the change left it, and as it
    ///   was before; nil where nothing is left to merge.
    func trees(over tree: ObjectID, _ scratch: ScratchRepository) throws
        -> (plain: ObjectID, merge: (made: ObjectID, before: ObjectID)?)
    {
        let pack = try scratch.beginPack()
        let plain = try TreeEdit.apply(plain, to: tree, reading: scratch, writing: pack)
        try pack.finish()
        if built.isEmpty { return (plain, nil) }
        let made = try TreeEdit.apply(
            built.mapValues { .some($0.made) }, to: plain, reading: scratch, writing: pack)
        let before = try TreeEdit.apply(
            built.mapValues(\.before), to: plain, reading: scratch, writing: pack)
        try pack.finish()
        return (plain, (made, before))
    }
}
