internal import SyncMerge
package import SyncModel
internal import SyncRemote

/// What goes out of a device's own repository where it keeps less of the past: trees and blobs that
/// only thinned commits lead to. The commits themselves stay, so that history has its whole shape.
package struct ThinningPlan: Sendable {
    /// The head that it was made for.
    let head: ObjectID
    /// The commits whose contents go, or went before, sorted by name.
    package let commits: [ObjectID]
    /// The objects that go, of those that are here.
    package let objects: Set<ObjectID>
    /// As `ObjectReader.thinnedBehind` once they are gone.
    package let boundary: [ObjectID]

    /// Reads all of the history: have a handle and a thread of its own for it.
    /// - Parameter days: how many are kept whole: 1 to `Limits.keptDays`.
    /// - Throws: `RepositoryError`, also when something that is to stay cannot be read.
    package init(keeping days: Int, on ground: ThinningGround, reading reader: any ObjectReader)
        throws(RepositoryError)
    {
        head = ground.head
        let history = try ThinnedCommits(
            keeping: days, at: ground.now, past: ground.past, tips: ground.tips, reading: reader)
        commits = history.thinned.sorted()
        boundary = history.boundary
        var walk = TreeWalk(reader)
        for tree in history.keptTrees {
            try walk.add(tree)
            try walk.addConflicts(of: tree)
        }
        let kept = walk.seen
        for tree in history.thinnedTrees { try walk.add(tree) }
        objects = walk.seen.subtracting(kept).filter { reader.contains($0) }
    }

    /// Whether a head that came since brings back nothing of what is to go: a capture names what
    /// is here already, and does not write it again.
    /// - Throws: `RepositoryError`.
    package func allows(_ head: ObjectID, reading reader: any ObjectReader) throws(RepositoryError)
        -> Bool
    {
        if head == self.head { return true }
        let news = try History(CommitStamps(reading: reader))
            .commits(behind: head, notBehind: [self.head])
        return try objects.isDisjoint(with: MissingObjects.ids(of: news, reading: reader))
    }
}

/// What trees lead to. What was thinned before, or was never here, leads nowhere.
private struct TreeWalk {
    private let reader: any ObjectReader
    private(set) var seen: Set<ObjectID> = [Tree.emptyID]
    private var lists: Set<ObjectID> = []

    init(_ reader: any ObjectReader) { self.reader = reader }

    /// A record of a conflict names contents, which may stand in no other tree that is kept.
    mutating func addConflicts(of tree: ObjectID) throws(RepositoryError) {
        do throws(RepositoryError) {
            guard let directory = try ConflictList.directory(of: tree, reading: reader),
                lists.insert(directory).inserted
            else { return }
            for record in try ConflictList(of: tree, reading: reader).records {
                seen.formUnion(record.namedBlobs)
            }
        } catch {
            if error.code != .thinned && error.code != .missing { throw error }
        }
    }

    mutating func add(_ root: ObjectID) throws(RepositoryError) {
        var pending = seen.insert(root).inserted ? [root] : []
        while let id = pending.popLast() {
            let tree: Tree
            do throws(RepositoryError) { tree = try reader.tree(id) } catch {
                if error.code == .thinned || error.code == .missing { continue }
                throw error
            }
            for entry in tree.entries
            where entry.mode != .submodule && seen.insert(entry.id).inserted {
                if entry.mode == .directory { pending.append(entry.id) }
            }
        }
    }
}
