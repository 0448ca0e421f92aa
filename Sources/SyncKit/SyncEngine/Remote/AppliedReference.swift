package import SyncModel

/// Where the repository itself says what the folders hold: a step behind the state store, for when
/// that is lost. The remote has a copy, so that other devices see how far this one is.
package final class AppliedReference {
    private let repository: any ObjectRepository
    private let store: any StateStore
    let name: String
    /// What folders without rows held, as far as is known; nil but after a loss of the state store.
    private(set) var recalled: ObjectID?
    /// Whether what the state store knew of the folders was lost, or is not there yet.
    private(set) var isRecalled = false

    init(device: String, of repository: any ObjectRepository, _ store: any StateStore) {
        name = "refs/sync/devices/\(device)"
        (self.repository, self.store) = (repository, store)
    }

    /// The commit that it names.
    package func commit() throws(RepositoryError) -> ObjectID? { try repository.reference(name) }

    /// Says that the folders hold a commit.
    /// - Throws: `RepositoryError`, `StateStoreError`.
    func set(_ applied: ObjectID) throws {
        let known = try commit()
        if known != applied {
            try repository.setReference(name, to: applied, expecting: known)
        }
        try endRecall()
    }

    /// All folders hold a commit that the state store knows: nothing is recalled any more.
    func endRecall() throws(StateStoreError) {
        if isRecalled { try store.setFact(Vault.Fact.recalled, nil) }
        (recalled, isRecalled) = (nil, false)
    }

    /// The state store was lost: until it is made anew the folders count as edits of the commit
    /// that they held when the remote was last told. They may have gone on since, and an older
    /// base never undoes anything; without one every edited file would stand against its own past.
    /// - Throws: `RepositoryError`, `StateStoreError`.
    package func recall() throws {
        isRecalled = true
        try store.setFact(Vault.Fact.recalled, "1")
        recalled = try commit().flatMap { repository.contains($0) ? $0 : nil }
    }
}
