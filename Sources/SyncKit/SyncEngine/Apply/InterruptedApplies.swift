internal import SyncModel

/// The heads that were being brought into a folder when the process ended, or still are: what
/// stands in a file may be of any of them before the state store has learnt it.
extension Vault {
    private func fact(_ folder: VaultFolder) -> String {
        "applying \(folder.id?.description ?? "")"
    }

    /// Notes a head before the first file changes.
    func begin(_ head: ObjectID, in folder: VaultFolder) throws(StateStoreError) {
        var interrupted = folder.interrupted
        if interrupted.last != head {
            interrupted = Array((interrupted + [head]).suffix(Limits.interruptedApplies))
        }
        let text = Self.text(interrupted, nil)
        if folder.notedInterrupted != text { try store.setFact(fact(folder), text) }
        folder.notedInterrupted = text
        folder.interrupted = interrupted
        folder.needsScan = true
    }

    /// The state store learns what every file holds, those that could not be read left out.
    /// - Returns: what it has to note in the same transaction as what the files hold: a note that
    ///   outlived it would make an edit back to an older version none. Nil when that stays.
    func end(in folder: VaultFolder) -> StateChange? {
        let unread = stillUnread(folder)
        let text = unread.isEmpty ? nil : Self.text(folder.interrupted, unread)
        return text == folder.notedInterrupted ? nil : .fact(fact(folder), text)
    }

    /// The state store has learnt it.
    func hasEnded(in folder: VaultFolder) {
        if folder.interrupted.isEmpty { return }
        let unread = stillUnread(folder)
        (folder.unread, folder.readAtLast, folder.needsScan) = (Set(unread), [], false)
        if unread.isEmpty { folder.interrupted = [] }
        folder.notedInterrupted = unread.isEmpty ? nil : Self.text(folder.interrupted, unread)
    }

    private func stillUnread(_ folder: VaultFolder) -> [TreePath] {
        Array(folder.unread.subtracting(folder.readAtLast).sorted().prefix(Limits.unreadPaths))
    }

    /// Reads at the start what was noted.
    func recallInterrupted(_ folder: VaultFolder) throws(StateStoreError) {
        folder.notedInterrupted = try store.fact(fact(folder))
        let lines = folder.notedInterrupted?.split(separator: "\n") ?? []
        let interrupted = lines.first?.split(separator: " ").compactMap { ObjectID(hex: $0) } ?? []
        // A state store of another repository says nothing about this one.
        folder.interrupted = interrupted.filter { repository.contains($0) }
        let unread = lines.dropFirst().compactMap { Hex.bytes($0).flatMap { TreePath($0) } }
        folder.unread = folder.interrupted.isEmpty ? [] : Set(unread)
        folder.needsScan = !folder.interrupted.isEmpty && folder.unread.isEmpty
    }

    /// The heads, and what of their apply is still to be read; nil is all.
    private static func text(_ heads: [ObjectID], _ unread: [TreePath]?) -> String {
        let lines = (unread ?? []).map { Hex.string($0.bytes) }
        return ([heads.map(\.hex).joined(separator: " ")] + lines).joined(separator: "\n")
    }
}
