internal import SyncEngine
internal import SyncMerge
internal import SyncModel

extension SimWorld {
    /// Whoever merges the same two commits makes the same commit.
    func checkMerges() throws {
        // An enemy makes merges in the programs' name.
        if traits.hasEnemy { return }
        var merges: [Set<ObjectID>: ObjectID] = [:]
        var remade = 0
        for device in devices {
            for id in device.repository.names.sorted()
            where try device.repository.header(id).kind == .commit {
                let commit = try device.repository.commit(id)
                // Merge bases that were folded have no version.
                guard MergeIdentity.made(commit),
                    commit.trailer(MergeIdentity.versionTrailer) != nil
                else { continue }
                if commit.parents.count == 2, remade < Self.remadeMerges {
                    remade += 1
                    try remake(id, commit.parents, device.repository.whole())
                }
                let known = merges.updateValue(id, forKey: Set(commit.parents))
                if let known, known != id {
                    violate(
                        "equal merges",
                        "\(known.short) and \(id.short) of \(commit.parents.map(\.short))")
                }
            }
        }
        try check()
    }

    /// How many of a history's merges are made again.
    private static let remadeMerges = 4

    /// From the other side a merge is the same.
    private func remake(
        _ id: ObjectID, _ parents: [ObjectID], _ repository: InMemoryRepository
    ) throws {
        let again = try CommitMerge(repository).merge(parents[1], parents[0]).commit
        if again != id {
            violate("equal merges", "\(id.short) is \(again.short) from its other side")
        }
    }
}
