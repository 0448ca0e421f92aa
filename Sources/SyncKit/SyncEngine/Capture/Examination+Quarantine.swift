internal import SyncModel

/// What an examination holds back, and lets go.
extension Examination {
    /// Holds a path back that could not be looked at.
    /// - Throws: what concerns more than this path.
    mutating func quarantine(_ path: TreePath?, _ error: FolderError) throws(FolderError) {
        guard let path, let reason = error.code.reason else { throw error }
        findings.quarantines.append((path, reason))
        findings.unread.append(path)
        unseen.append(path)
    }

    /// Holds a directory back whose name servers refuse: one that stands above the path, or at it.
    /// - Returns: false for all others, and where nothing stands there any more.
    mutating func quarantineRefused(_ path: TreePath, _ stat: FileStat?) throws(FolderError) -> Bool
    {
        let ancestors = stat?.kind == .directory ? [path] + path.ancestors : path.ancestors
        for directory in ancestors.reversed()
        where TreeName.isRefused(Array(directory.name), as: .directory) {
            if try folder.ignore.isIgnored(directory, isDirectory: true) { return false }
            guard try folder.access.stat(directory) != nil else { return false }
            findings.quarantines.append((directory, .refused))
            unseen.append(directory)
            return true
        }
        return false
    }

    /// Takes away the reasons that are gone: of what was looked at and not found held again. What
    /// is read is decided by the reading, what waits to be applied by the apply, and what a tree
    /// holds by the next one.
    mutating func release(all: Bool) {
        folder.temporaries.note(findings.temporaries, instead: all ? nil : covered)
        if quarantined.isEmpty { return }
        var again = Set(findings.quarantines.map(\.path))
        again.formUnion(findings.toRead.map(\.path))
        for (path, reason) in quarantined where !reason.isOfTree && reason != .massDeletion {
            let isCovered =
                all || covered.contains(path)
                || path.ancestors.contains(where: covered.contains)
            let isUnseen = unseen.contains { path.isAtOrBelow($0) }
            if isCovered, !isUnseen, !again.contains(path), !tracked.contains(path) {
                findings.quarantines.append((path, nil))
            }
        }
    }
}
