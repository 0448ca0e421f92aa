package import SyncModel

/// The synced branch of the device's own repository.
package final class Branch {
    let repository: any ObjectRepository
    /// The full reference name.
    package let reference: String
    /// How often the head moved since somebody last set this to zero.
    var moves = 0

    /// Without `refs/heads/`.
    var name: String { String(reference.dropFirst("refs/heads/".count)) }

    init(_ reference: String, of repository: any ObjectRepository) {
        (self.reference, self.repository) = (reference, repository)
    }

    /// The head; nil before the first commit.
    package func head() throws(RepositoryError) -> ObjectID? {
        try repository.reference(reference)
    }

    /// Moves the head.
    /// - Parameter prepared: the same move, written down before.
    func move(
        to id: ObjectID, from old: ObjectID?, _ prepared: (any PreparedReference)? = nil
    ) throws(RepositoryError) {
        if id == old { return }
        moves += 1
        if let prepared, try prepared.finish() { return }
        try repository.setReference(reference, to: id, expecting: old)
    }
}
