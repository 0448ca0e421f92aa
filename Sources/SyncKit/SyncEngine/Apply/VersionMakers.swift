internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// The devices that made the versions which an apply brings to a folder.
struct VersionMakers {
    private var devices: [TreePath: String] = [:]
    /// Whoever made the head.
    private let other: String
    private let own: String

    /// Looks for the newest commit that made each version, in the newest of the head's history.
    /// - Parameters:
    ///   - steps: of the folder.
    ///   - device: this one's name.
    init(
        of steps: [ApplyStep], in folder: VaultFolder, at head: ObjectID, device: String,
        reading reader: any ObjectReader
    ) throws(RepositoryError) {
        own = device
        other = CommitStamps.device(of: try reader.commit(head))
        var wanted: [TreePath: FileVersion] = [:]
        for step in steps {
            if let want = step.want { wanted[folder.repositoryPath(step.path)] = want }
        }
        // What is not to be had of the past tells nothing: whoever made the head is named then.
        do throws(RepositoryError) {
            try look(for: &wanted, below: folder.id, from: head, reading: reader)
        } catch { return }
    }

    private mutating func look(
        for wanted: inout [TreePath: FileVersion], below folder: FolderID, from head: ObjectID,
        reading reader: any ObjectReader
    ) throws(RepositoryError) {
        var walk = try HistoryWalk(from: head, reading: reader)
        for _ in 0..<Limits.makerCommits where !wanted.isEmpty {
            guard let step = try walk.next() else { return }
            // A merge has its versions from those behind it, or made them itself.
            if step.commit.parents.count > 1 { continue }
            let before = try step.commit.parents.first.map { id throws(RepositoryError) in
                try reader.commit(id).tree
            }
            let device = CommitStamps.device(of: step.commit)
            for change in try TreeDiff.changes(
                from: before, to: step.commit.tree, below: folder, reading: reader)
            where change.after != nil && wanted[change.path] == change.after {
                devices[change.path] = device
                wanted[change.path] = nil
            }
        }
    }

    /// The device that made the version at a path of the repository; nil when that is this one.
    subscript(path: TreePath) -> String? {
        let device = devices[path] ?? other
        return device == own ? nil : device
    }
}
