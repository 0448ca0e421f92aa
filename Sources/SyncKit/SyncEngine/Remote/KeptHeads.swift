internal import SyncHistory
internal import SyncMerge
package import SyncModel

/// Commits that the branch may not reach any more and that are kept all the same: heads that a
/// rewrite left behind, and captures that came into the head without their history.
package struct KeptHeads {
    let repository: any ObjectRepository

    package init(repository: any ObjectRepository) { self.repository = repository }

    /// Where they are kept.
    package static let references = Revision.keptReferences

    /// The references that keep them.
    package func names() throws(RepositoryError) -> [String] {
        try repository.references(Self.references).map(\.name)
    }

    /// Keeps a commit, with all that it leads to, from being collected.
    package func keep(_ id: ObjectID) throws(RepositoryError) {
        for name in [String(id.hex.prefix(12)), id.hex] {
            let reference = Self.references + name
            let there = try repository.reference(reference)
            if there == id { return }
            if there == nil {
                return try repository.setReference(reference, to: id, expecting: nil)
            }
        }
    }

    /// Under these names, by the head that an accept came to, is the head that it left.
    static let acceptedReferences = "refs/sync/accepted/"

    /// Notes what an accept left, for `undo`. It is for this device alone, as the accept is.
    func note(_ before: ObjectID, acceptedAs head: ObjectID) throws(RepositoryError) {
        let reference = Self.acceptedReferences + head.hex
        try repository.setReference(
            reference, to: before, expecting: try repository.reference(reference))
    }

    /// What each accept left, by the head that it came to.
    func accepted() throws(RepositoryError) -> [ObjectID: ObjectID] {
        var found: [ObjectID: ObjectID] = [:]
        for (name, before) in try repository.references(Self.acceptedReferences) {
            guard let head = ObjectID(hex: name.dropFirst(Self.acceptedReferences.count)) else {
                continue
            }
            found[head] = before
        }
        return found
    }

    /// Whether a commit is one of them, or is behind such a one.
    func contain(_ id: ObjectID, _ history: History) throws(RepositoryError) -> Bool {
        for (_, kept) in try repository.references(Self.references)
        where repository.contains(kept) {
            if try history.isAncestor(id, of: kept) { return true }
        }
        return false
    }
}
