internal import SyncModel

/// Blobs that a remote's commits name and this device did not bring, for their size: the paths that
/// have them are held back, and everything else goes on.
struct TooLargeBlobs {
    let store: any StateStore

    /// Remembers some, before anything is applied that names them; past `Limits.tooLargeBlobs` the
    /// oldest are forgotten.
    func add(_ blobs: Set<ObjectID>) throws(StateStoreError) {
        if blobs.isEmpty { return }
        let known = try all()
        let more = blobs.subtracting(known).sorted()
        let kept = (known + more).suffix(Limits.tooLargeBlobs)
        try store.setFact(Vault.Fact.tooLarge, kept.map(\.hex).joined(separator: " "))
    }

    /// Whether it is such a one.
    func contains(_ blob: ObjectID) throws(StateStoreError) -> Bool {
        try all().contains(blob)
    }

    private func all() throws(StateStoreError) -> [ObjectID] {
        try store.fact(Vault.Fact.tooLarge)?.split(separator: " ").compactMap {
            ObjectID(hex: String($0))
        } ?? []
    }
}
