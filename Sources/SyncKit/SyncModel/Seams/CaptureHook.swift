/// Is asked before changes are committed, and may hold paths back. Calls come from one thread at a
/// time and may take `Limits.preCommitWait` for each `Limits.hookPaths` changes.
package protocol CaptureHook: Sendable {
    /// Whether there is anybody to be asked, at this moment.
    var isThere: Bool { get }

    /// Asks about changes whose contents are in the repository already.
    /// - Returns: of each path to hold back why, in one line for a person.
    func held(_ changes: [CapturedChange]) -> [TreePath: String]
}

/// A change that is about to be committed.
package struct CapturedChange: Sendable {
    /// In the repository, with what stood there and what stands there.
    package let change: TreeChange
    /// Where the folder's files stand in the repository.
    package let folder: FolderID
    /// Below the folder's root.
    package let local: TreePath

    package init(change: TreeChange, folder: FolderID, local: TreePath) {
        self.change = change
        self.folder = folder
        self.local = local
    }
}
