internal import SyncMerge
package import SyncModel

/// An edit that somebody made over what was taken back: it stays.
package struct KeptEdit: Sendable, Codable, Equatable {
    /// In the repository.
    package let path: TreePath
    /// The records of a file of records; empty where the whole file stays as it is.
    package let records: [String]

    package init(_ path: TreePath, _ records: [String]) {
        self.path = path
        self.records = records
    }
}

/// What a change of the vault comes to before it is made: versions to put over the head.
struct Reversal {
    /// What to put over the head's tree, the records of conflicts among it; nil takes a path out.
    private(set) var versions: [TreePath: FileVersion?] = [:]
    /// Contents that are new.
    private(set) var contents: [[UInt8]] = []
    /// Conflicts that it opens.
    let opened: [ConflictRecord]
    /// What stays since somebody went on from it.
    let kept: [KeptEdit]

    /// - Parameters:
    ///   - old: the head's tree.
    ///   - new: the tree that is to stand.
    ///   - scratch: has what is new in it.
    init(
        from old: ObjectID, to new: ObjectID, in scratch: ScratchRepository,
        kept: [KeptEdit] = []
    ) throws {
        for change in try TreeDiff.changes(from: old, to: new, reading: scratch) {
            versions.updateValue(change.after, forKey: change.path)
            if let id = change.after?.id, let content = scratch.madeBlob(id) {
                contents.append(content)
            }
        }
        let before = Set(try ConflictList(of: old, reading: scratch).records.map(\.id))
        opened = try ConflictList(of: new, reading: scratch).records
            .filter { !before.contains($0.id) }
        self.kept = kept
    }
}
