internal import SyncModel

/// The last remote that this device went along with, from when the configuration names another one
/// until the device goes along with that.
struct FormerRemote {
    let store: any StateStore

    private static let fact = "former-remote"

    /// Its head then, and its URL; nil while there is none.
    func known() throws(StateStoreError) -> (head: ObjectID, url: String)? {
        let words = try store.fact(Self.fact)?.split(separator: " ", maxSplits: 1)
        guard let words, words.count == 2, let head = ObjectID(hex: words[0]) else { return nil }
        return (head, String(words[1]))
    }

    func remember(_ head: ObjectID, at url: String) throws(StateStoreError) {
        try store.setFact(Self.fact, "\(head.hex) \(url)")
    }

    func forget() throws(StateStoreError) {
        if try store.fact(Self.fact) != nil { try store.setFact(Self.fact, nil) }
    }
}
