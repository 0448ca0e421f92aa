internal import SyncModel

/// The heads that were being brought into a folder when the process ended, or still are: what
/// stands in a file may be of any of them before the record has learnt it.
extension Vault {
    private func fact(_ folder: VaultFolder) -> String {
        "applying \(folder.id?.description ?? "")"
    }

    /// Notes a head before the first file changes.
    func begin(_ head: ObjectID, in folder: VaultFolder) throws(RecordError) {
        if folder.begun.last == head { return }
        let begun = Array((folder.begun + [head]).suffix(Limits.arrivals))
        try record.setFact(fact(folder), begun.map(\.hex).joined(separator: " "))
        folder.begun = begun
        folder.needsScan = true
    }

    /// The record has learnt what every file holds, those that could not be read left out.
    func end(in folder: VaultFolder) throws(RecordError) {
        if folder.begun.isEmpty || !folder.unread.isEmpty { return }
        try record.setFact(fact(folder), nil)
        folder.begun = []
        folder.needsScan = false
    }

    /// Reads at the start what was noted.
    func recallBegun(_ folder: VaultFolder) throws(RecordError) {
        let names = try record.fact(fact(folder))?.split(separator: " ") ?? []
        let begun = names.compactMap { ObjectID(hex: $0) }
        // The last came to its end, and only the note outlived it.
        let isOver = try record.applied(folder.id) == begun.last
        // A record of another repository says nothing about this one.
        folder.begun = isOver ? [] : begun.filter { repository.contains($0) }
        folder.needsScan = !folder.begun.isEmpty
    }
}
