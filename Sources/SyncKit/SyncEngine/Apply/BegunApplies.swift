internal import SyncModel

/// The heads that were being brought into a folder when the process ended, or still are: what
/// stands in a file may be of any of them before the record has learnt it.
extension Vault {
    private func fact(_ folder: VaultFolder) -> String {
        "applying \(folder.id?.description ?? "")"
    }

    /// Notes a head before the first file changes.
    func begin(_ head: ObjectID, in folder: VaultFolder) throws(RecordError) {
        var begun = folder.begun
        if begun.last != head { begun = Array((begun + [head]).suffix(Limits.arrivals)) }
        let text = Self.text(begun, nil)
        if folder.notedBegun != text { try record.setFact(fact(folder), text) }
        folder.notedBegun = text
        folder.begun = begun
        folder.needsScan = true
    }

    /// The record learns what every file holds, those that could not be read left out.
    /// - Returns: what it has to note in the same transaction as what the files hold: a note that
    ///   outlived it would make an edit back to an older version none. Nil when that stays.
    func end(in folder: VaultFolder) -> RecordChange? {
        let unread = stillUnread(folder)
        let text = unread.isEmpty ? nil : Self.text(folder.begun, unread)
        return text == folder.notedBegun ? nil : .fact(fact(folder), text)
    }

    /// The record has learnt it.
    func hasEnded(in folder: VaultFolder) {
        if folder.begun.isEmpty { return }
        let unread = stillUnread(folder)
        (folder.unread, folder.readAtLast, folder.needsScan) = (Set(unread), [], false)
        if unread.isEmpty { folder.begun = [] }
        folder.notedBegun = unread.isEmpty ? nil : Self.text(folder.begun, unread)
    }

    private func stillUnread(_ folder: VaultFolder) -> [TreePath] {
        Array(folder.unread.subtracting(folder.readAtLast).sorted().prefix(Limits.unreadArrivals))
    }

    /// Reads at the start what was noted.
    func recallBegun(_ folder: VaultFolder) throws(RecordError) {
        folder.notedBegun = try record.fact(fact(folder))
        let lines = folder.notedBegun?.split(separator: "\n") ?? []
        let begun = lines.first?.split(separator: " ").compactMap { ObjectID(hex: $0) } ?? []
        // A record of another repository says nothing about this one.
        folder.begun = begun.filter { repository.contains($0) }
        let unread = lines.dropFirst().compactMap { Hex.bytes($0).flatMap { TreePath($0) } }
        folder.unread = folder.begun.isEmpty ? [] : Set(unread)
        folder.needsScan = !folder.begun.isEmpty && folder.unread.isEmpty
    }

    /// The heads, and what of their apply is still to be read; nil is all.
    private static func text(_ heads: [ObjectID], _ unread: [TreePath]?) -> String {
        let lines = (unread ?? []).map { Hex.string($0.bytes) }
        return ([heads.map(\.hex).joined(separator: " ")] + lines).joined(separator: "\n")
    }
}
