internal import SyncModel

/// Files that a built-in pattern leaves out, as last seen.
struct TemporaryFiles {
    /// At most `Limits.temporaryFiles`.
    private(set) var paths: Set<TreePath> = []
    private var beyond = 0

    /// How many there are.
    var count: Int { paths.count + beyond }

    /// Takes what was seen just now.
    /// - Parameter places: what was looked at, with all below it; nil for the whole folder.
    mutating func note(_ seen: [TreePath], instead places: Set<TreePath>?) {
        if let places {
            if paths.isEmpty && seen.isEmpty { return }
            paths = paths.filter { path in
                !places.contains(path) && !path.ancestors.contains(where: places.contains)
            }
        } else {
            paths = []
            beyond = 0
        }
        for path in seen where !paths.contains(path) {
            if paths.count < Limits.temporaryFiles { paths.insert(path) } else { beyond += 1 }
        }
    }
}
