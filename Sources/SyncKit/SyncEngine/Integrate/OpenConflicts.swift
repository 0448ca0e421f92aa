package import SyncMerge
internal import SyncModel

/// The conflicts that are open in a tree; the list that was read last is kept.
package final class OpenConflicts {
    private let repository: any ObjectRepository
    private var known: (directory: ObjectID?, list: ConflictList)?

    init(_ repository: any ObjectRepository) { self.repository = repository }

    /// Those of a tree; none for no tree.
    func list(of tree: ObjectID?) throws(RepositoryError) -> ConflictList {
        let directory = try ConflictList.directory(of: tree, reading: repository)
        if let known, known.directory == directory { return known.list }
        let list = try ConflictList(of: tree, all: true, reading: repository)
        known = (directory, list)
        return list
    }
}
