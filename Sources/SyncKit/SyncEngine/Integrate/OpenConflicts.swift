package import SyncMerge
internal import SyncModel

/// The conflicts that are open in a tree; the list that was read last is kept.
package final class OpenConflicts {
    private let repository: any ObjectRepository
    private var known: (directory: ObjectID?, list: ConflictList)?
    private var standing: Standing?

    /// What stood on the sides of a tree's conflicts.
    private struct Standing {
        let tree: ObjectID?
        /// As they were recorded, by path.
        let recorded: [ConflictRecord]
        /// The same, as they stood.
        let records: [ConflictRecord]
    }

    init(_ repository: any ObjectRepository) { self.repository = repository }

    /// Those of a tree; none for no tree.
    func list(of tree: ObjectID?) throws(RepositoryError) -> ConflictList {
        let directory = try ConflictList.directory(of: tree, reading: repository)
        if let known, known.directory == directory { return known.list }
        let list = try ConflictList(
            of: tree, all: true, knowing: known?.list, reading: repository)
        known = (directory, list)
        return list
    }

    /// The same conflicts by path, with what stands on their sides by now.
    func standing(in tree: ObjectID?) throws(RepositoryError) -> [ConflictRecord] {
        if let standing, standing.tree == tree { return standing.records }
        let recorded = try list(of: tree).records
        let sides = StandingSides(of: tree, recorded, reading: repository)
        let known = try standing.map { before throws(RepositoryError) in
            try untouched(before, in: tree)
        }
        var records: [ConflictRecord] = []
        for record in recorded {
            if let (old, now) = known?[record.recordPath], old == record {
                records.append(now)
            } else {
                records.append(try sides.record(record))
            }
        }
        standing = Standing(tree: tree, recorded: recorded, records: records)
        return records
    }

    /// The conflicts of which nothing changed since another tree: of those of whole versions only
    /// where none came and none went, for what is whose hangs on the others of its path.
    private func untouched(_ before: Standing, in tree: ObjectID?) throws(RepositoryError)
        -> [TreePath: (old: ConflictRecord, now: ConflictRecord)]
    {
        let changes = try TreeDiff.changes(from: before.tree, to: tree, reading: repository)
        let changed = Set(changes.map(\.path))
        let rules = TypeRules.attributes(in: nil).name
        if changed.contains(where: { $0.name == rules }) { return [:] }
        let isSame = !changed.contains(where: ConflictRecord.isRecord)
        var found: [TreePath: (old: ConflictRecord, now: ConflictRecord)] = [:]
        for (old, now) in zip(before.recorded, before.records)
        where old.isText || isSame {
            let isTouched = changed.contains(old.path) || old.copy.map(changed.contains) ?? false
            if !isTouched { found[old.recordPath] = (old, now) }
        }
        return found
    }
}
