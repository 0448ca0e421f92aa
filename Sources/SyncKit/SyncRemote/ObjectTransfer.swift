package import SyncModel

/// Copies what one repository has and another lacks, as one pack.
///
/// An object that the target contains is taken to be there with all it refers to: packs appear
/// whole, and a reference moves only after its pack is there.
package struct ObjectTransfer {
    private let source: any ObjectReader
    private let target: any ObjectRepository
    private var seen: Set<ObjectID> = []

    /// Copies from `source` to `target`.
    package init(from source: any ObjectReader, to target: any ObjectRepository) {
        self.source = source
        self.target = target
    }

    /// Copies the commits and everything they refer to.
    /// - Returns: how many objects the target lacked.
    /// - Throws: `.missing` or `.corrupt` with the object when the source is not whole, or what
    ///   the target's pack throws. The target has nothing of it then.
    @discardableResult package mutating func copy(_ tips: [ObjectID]) throws(RepositoryError)
        -> Int
    {
        seen = []
        var pending = lacking(tips)
        if pending.isEmpty { return 0 }
        let pack = try target.beginPack()
        var commits = 0
        while let id = pending.popLast() {
            commits += 1
            if commits > Limits.historyWalk {
                throw RepositoryError(.io, "copy history", object: id, "too long")
            }
            let stored = try object(id, .commit)
            try add(id, stored, to: pack)
            let commit: Commit
            do { commit = try Commit(parsing: stored.content) } catch {
                throw RepositoryError(.corrupt, "copy commit", object: id, "\(error)")
            }
            try copyTree(commit.tree, to: pack)
            pending.append(contentsOf: lacking(commit.parents))
        }
        try pack.finish()
        return seen.count
    }

    /// Copies a tree and what stands below it.
    private mutating func copyTree(_ root: ObjectID, to pack: any PackSink)
        throws(RepositoryError)
    {
        var pending = lacking([root])
        while let id = pending.popLast() {
            let stored = try object(id, .tree)
            try add(id, stored, to: pack)
            let tree: Tree
            do { tree = try Tree(parsing: stored.content) } catch {
                throw RepositoryError(.corrupt, "copy tree", object: id, "\(error)")
            }
            for entry in tree.entries where entry.mode != .submodule {
                guard let missing = lacking([entry.id]).first else { continue }
                if entry.mode == .directory {
                    pending.append(missing)
                } else {
                    try add(missing, try object(missing, .blob), to: pack)
                }
            }
        }
    }

    /// Those that neither the target has nor this copy has come upon before.
    private mutating func lacking(_ ids: [ObjectID]) -> [ObjectID] {
        var result: [ObjectID] = []
        for id in ids where !seen.contains(id) && !target.contains(id) {
            seen.insert(id)
            result.append(id)
        }
        return result
    }

    private func object(_ id: ObjectID, _ kind: ObjectKind) throws(RepositoryError)
        -> StoredObject
    {
        // The tree without entries need not be stored anywhere.
        if id == Tree.emptyID { return StoredObject(kind: .tree, content: []) }
        let stored = try source.object(id)
        if stored.kind == kind { return stored }
        throw RepositoryError(
            .corrupt, "copy \(kind)", object: id, "it is a \(stored.kind)")
    }

    private func add(_ id: ObjectID, _ stored: StoredObject, to pack: any PackSink)
        throws(RepositoryError)
    {
        let added = try pack.add(stored.kind, stored.content)
        if added == id { return }
        throw RepositoryError(
            .corrupt, "copy \(stored.kind)", object: id, "its bytes hash to \(added.hex)")
    }
}
