internal import SyncModel

/// What a commit stands upon, as far as it can be read: where the contents of a parent were
/// thinned, the nearest commits behind it that have theirs. So a commit that was kept shows what
/// changed since the last one that was, and one that was not shows nothing.
struct WholeParents {
    private let reader: any ObjectReader
    private let isWhole: Bool

    init(reading reader: any ObjectReader) {
        self.reader = reader
        isWhole = reader.thinnedBehind.isEmpty
    }

    /// Whether what a commit holds was thinned.
    func isThinned(_ commit: Commit) -> Bool { !isWhole && reader.isThinned(commit.tree) }

    /// The commits that a commit is compared with, each once.
    func of(_ commit: Commit) throws(RepositoryError) -> [ObjectID] {
        if isWhole { return commit.parents }
        var found: [ObjectID] = []
        var seen: Set<ObjectID> = []
        var pending = Array(commit.parents.reversed())
        while let id = pending.popLast() {
            guard seen.insert(id).inserted else { continue }
            let parent = try reader.commit(id)
            if isThinned(parent) {
                pending += parent.parents.reversed()
            } else {
                found.append(id)
            }
        }
        return found
    }
}
