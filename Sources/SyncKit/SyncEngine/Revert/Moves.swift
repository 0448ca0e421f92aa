internal import SyncMerge
internal import SyncModel

/// Whether a content left one path and came to another in some commits.
struct Moves {
    private var before: [ObjectID: Set<TreePath>] = [:]
    private var after: [ObjectID: Set<TreePath>] = [:]
    private var (comes, goes, isShared) = (false, false, false)

    var mayRename: Bool { comes && goes && isShared }

    init(_ changes: [TreeChange]) { add(changes) }

    /// What a commit changed over its first parent.
    static func changes(
        by commit: Commit, _ stamps: CommitStamps, reading reader: any ObjectReader
    ) throws(RepositoryError) -> [TreeChange] {
        let before = try commit.parents.first.map { parent throws(RepositoryError) in
            try stamps.commit(parent).tree
        }
        return try TreeDiff.changes(from: before, to: commit.tree, reading: reader)
    }

    mutating func add(_ changes: [TreeChange]) {
        for change in changes {
            let path = change.path
            if let id = change.before?.id {
                before[id, default: []].insert(path)
                if after[id, default: []].contains(where: { $0 != path }) { isShared = true }
            } else {
                comes = true
            }
            if let id = change.after?.id {
                after[id, default: []].insert(path)
                if before[id, default: []].contains(where: { $0 != path }) { isShared = true }
            } else {
                goes = true
            }
        }
    }
}
