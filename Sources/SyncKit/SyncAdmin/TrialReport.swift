package import SyncModel

/// What came of a commit that was restored into a scratch directory.
package struct TrialReport {
    /// What is wrong, in words.
    package var problems: [String] = []
    /// What no file system here takes: a longer name than any may have, a link to nothing.
    package var impossible: [TreePath] = []
    /// Why it could not be tried to its end, in words: there is no room for it; nil where it was.
    package var untried: String?
    /// What is at the remote alone, for its size.
    package var leftOut: [TreePath] = []

    package init(problems: [String] = []) { self.problems = problems }

    /// Whether a version can stand at a path, and counts it where it cannot.
    /// - Parameter bytes: what the version says; of a link where it leads.
    package mutating func takes(_ path: TreePath, _ version: FileVersion, _ bytes: [UInt8]) -> Bool
    {
        let isLink = version.mode == .symbolicLink
        if path.fits, !isLink || LinkTarget.fault(bytes) == nil { return true }
        impossible.append(path)
        return false
    }
}
