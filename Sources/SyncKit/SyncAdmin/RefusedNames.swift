internal import SyncModel

/// Looks through a history for names that servers refuse when they check a push. What is committed
/// today has none, but an older version of the program, or another one, may have made some.
struct RefusedNames {
    /// Such a name, as it is shown, and the newest commit that has it.
    struct Place: Equatable {
        let path: String
        let commit: ObjectID
    }

    /// The newest commit's first, at most `Limits.listedPaths`.
    private(set) var places: [Place] = []
    /// Whether older commits were not looked at.
    private(set) var isCut = false
    private var seen: Set<ObjectID> = []

    /// - Parameter commits: the history, the newest first.
    init(_ commits: [ObjectID], reading reader: any ObjectReader) throws(RepositoryError) {
        for commit in commits {
            var pending = [(try reader.commit(commit).tree, "")]
            while let (tree, path) = pending.popLast() {
                guard seen.insert(tree).inserted else { continue }
                if reader.isThinned(tree) {
                    isCut = true
                    continue
                }
                for entry in try entries(of: tree, reader) {
                    let shown = path + String(decoding: entry.name, as: UTF8.self)
                    let isRefused =
                        TreeName.fault(entry.name) == .repository
                        || TreeName.isRefused(entry.name, as: entry.mode)
                    if isRefused, !places.contains(where: { $0.path == shown }) {
                        places.append(Place(path: shown, commit: commit))
                    }
                    if entry.mode == .directory { pending.append((entry.id, shown + "/")) }
                }
                if places.count >= Limits.listedPaths { return }
            }
            if seen.count > Limits.checkedTrees {
                isCut = true
                return
            }
        }
    }

    /// What stands in a tree; nothing in one that is no tree, as git fsck tells.
    private func entries(of tree: ObjectID, _ reader: any ObjectReader) throws(RepositoryError)
        -> [TreeEntry]
    {
        do { return try reader.tree(tree).entries } catch {
            if error.code == .corrupt { return [] }
            throw error
        }
    }

    /// What `doctor` says.
    var finding: Finding {
        guard let first = places.first else {
            return .ok(
                "names",
                isCut
                    ? "none that servers refuse in the newest commits"
                    : "the history has none that servers refuse")
        }
        let path = TreePath(first.path)?.description ?? first.path.debugDescription
        let more = places.count > 1 ? " and \(places.count - 1) more" : ""
        return .warn(
            "names",
            "\(path)\(more), in \(first.commit.short): a server that checks pushes "
                + "(receive.fsckObjects) refuses this history",
            mend: "rename it with git and push to a server that does not check, or begin a new "
                + "history: see docs/reference/status.md, names that servers refuse")
    }
}
