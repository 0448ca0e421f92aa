internal import SyncModel

/// How many merges of one stamp stand behind a merge, one upon the other: a merge has its later
/// parent's stamp, so that of two merges with one stamp only this tells which is the newer.
struct MergeDepths<Key: Hashable> {
    private var known: [Key: Int] = [:]

    /// The depth of a merge, from 0.
    /// - Parameter below: of a merge those of its parents that are merges of its stamp.
    mutating func depth(
        of merge: Key, below: (Key) throws(RepositoryError) -> [Key]
    ) throws(RepositoryError) -> Int {
        var pending = [merge]
        while let top = pending.last {
            if known[top] != nil {
                pending.removeLast()
                continue
            }
            let parents = try below(top)
            let unknown = parents.filter { known[$0] == nil }
            if unknown.isEmpty {
                known[top] = parents.compactMap { known[$0] }.max().map { $0 + 1 } ?? 0
            }
            pending += unknown
        }
        return known[merge] ?? 0
    }
}
