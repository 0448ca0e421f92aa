internal import SyncEngine
internal import SyncMerge
internal import SyncModel

extension SimWorld {
    /// Whoever merges the same two commits makes the same commit.
    func checkMerges() throws {
        // An enemy makes merges in the programs' name.
        if traits.hasEnemy { return }
        var merges: [Set<ObjectID>: ObjectID] = [:]
        for device in devices {
            for id in device.repository.names.sorted()
            where try device.repository.header(id).kind == .commit {
                let commit = try device.repository.commit(id)
                // Merge bases that were folded have no version.
                guard MergeIdentity.made(commit),
                    commit.trailer(MergeIdentity.versionTrailer) != nil
                else { continue }
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
}
