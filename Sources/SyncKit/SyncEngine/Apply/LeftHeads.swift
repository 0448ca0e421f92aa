internal import SyncMerge
internal import SyncModel

/// Heads that a folder held and that its branch left: merges that were made again over a newer
/// head of the remote's. A file that apply moved away may be written to until much later, and that
/// is an edit of such a head's version, which nothing behind the new head has.
struct LeftHeads {
    let repository: any ObjectRepository
    let store: any StateStore

    private func leftFact(_ folder: VaultFolder) -> String { "left \(folder.id?.text ?? "")" }

    /// Notes the commit that a folder holds, durably and before the first file changes, where the
    /// head that is about to be applied does not descend from it.
    func noteLeft(_ applied: ObjectID?, for head: ObjectID, in folder: VaultFolder) throws {
        guard let applied, applied != head, repository.contains(applied),
            try !History(CommitStamps(reading: repository)).isAncestor(applied, of: head)
        else { return }
        let known = try leftHeads(folder).filter { $0 != applied }
        let latest = (known + [applied]).suffix(Limits.leftHeads)
        try store.setFact(leftFact(folder), latest.map(\.hex).joined(separator: " "))
    }

    /// Those heads, as far as they are still here; the newest last.
    func leftHeads(_ folder: VaultFolder) throws(StateStoreError) -> [ObjectID] {
        let words = try store.fact(leftFact(folder))?.split(separator: " ") ?? []
        return words.compactMap { ObjectID(hex: $0) }.filter { repository.contains($0) }
    }
}
