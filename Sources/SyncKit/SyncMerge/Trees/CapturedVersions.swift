internal import SyncModel

/// Finds the versions that capture commits made of a file since the merge base: what a side that is
/// itself a merge was made of.
final class CapturedVersions {
    private let stamps: CommitStamps
    private let history: History
    private let bases: [ObjectID]
    /// The version of the rules: before 5 an empty directory counted as a content.
    private let version: Int
    /// The commits of a side since the bases, by the side's own.
    private var lines: [ObjectID: Set<ObjectID>] = [:]

    init(stamps: CommitStamps, history: History, bases: [ObjectID], version: Int) {
        (self.stamps, self.history) = (stamps, history)
        (self.bases, self.version) = (bases, version)
    }

    /// A version, and whether the conflict that was asked about is listed beside it no more.
    typealias Version = (stamp: VersionStamp, resolves: Bool)

    /// The newest versions of a file on a side, one for each line of history.
    /// - Parameters:
    ///   - path: where the side's commit has the file.
    ///   - names: where a commit may have it that has no such file, the likeliest first.
    ///   - record: of a conflict that the file may show nothing of: to resolve it is a version,
    ///     too. Nil asks about none.
    ///   - side: the side's commit.
    /// - Returns: empty when the side's version is one capture commit's, or there are more than
    ///   `Limits.mergedCaptures`.
    func versions(
        of path: TreePath, or names: [TreePath], beside record: TreePath?, at side: ObjectID
    ) throws(RepositoryError) -> [Version] {
        var looked: [ObjectID: Here] = [:]
        func look(_ commit: ObjectID) throws(RepositoryError) -> Here {
            if let known = looked[commit] { return known }
            let here = try version(of: path, or: names, beside: record, at: commit)
            looked[commit] = here
            return here
        }
        var found: [Version] = []
        let own = try line(of: side)
        var seen: Set<ObjectID> = [side]
        var pending = [side]
        // Commits whose file under another name was renamed, as it was, to the new one.
        var renamed: Set<ObjectID> = []
        while let id = pending.popLast() {
            if !own.contains(id) { continue }
            let commit = try stamps.commit(id)
            let here = try look(id)
            var parents = commit.parents
            if !MergeIdentity.made(commit) {
                parents = []
                for parent in commit.parents where try isSame(look(parent), here) {
                    parents.append(parent)
                    if !here.isOld || renamed.contains(id) { renamed.insert(parent) }
                }
                // What came to another name when the file was gone from there is another one.
                var isOther = here.isOld && parents.isEmpty && !commit.parents.isEmpty
                if renamed.contains(id) { isOther = false }
                for parent in commit.parents where isOther {
                    isOther = try look(parent).file == nil
                }
                if parents.isEmpty, !isOther {
                    let isContent = version < 5 || here.file?.mode.isFile ?? false
                    let stamp = VersionStamp(
                        milliseconds: try stamps.time(of: id).milliseconds,
                        device: CommitStamps.device(of: commit), commit: id,
                        blob: isContent ? here.file?.id : nil)
                    found.append((stamp, record != nil && !here.isListed))
                }
            }
            for parent in parents where seen.insert(parent).inserted { pending.append(parent) }
            if found.count > Limits.mergedCaptures || seen.count > Limits.historyWalk { return [] }
        }
        if found.count < 2 { return [] }
        let newest = try withoutAncestors(found, among: own)
        return newest.count > 1 ? newest : []
    }

    private func line(of side: ObjectID) throws(RepositoryError) -> Set<ObjectID> {
        if let known = lines[side] { return known }
        let line = Set(try history.commits(behind: side, notBehind: bases))
        lines[side] = line
        return line
    }

    /// What a commit has, whether the conflict is listed there, and whether it has the file under
    /// another name.
    private typealias Here = (file: FileVersion?, isListed: Bool, isOld: Bool)

    private func isSame(_ one: Here, _ other: Here) -> Bool {
        one.file == other.file && one.isListed == other.isListed
    }

    private func version(
        of path: TreePath, or names: [TreePath], beside record: TreePath?, at commit: ObjectID
    ) throws(RepositoryError) -> Here {
        func version(at path: TreePath) throws(RepositoryError) -> FileVersion? {
            try stamps.pastVersion(at: path, of: commit)
        }
        var isListed = false
        if let record { isListed = try version(at: record) != nil }
        if let here = try version(at: path) { return (here, isListed, false) }
        for name in names where name != path {
            if let here = try version(at: name) { return (here, isListed, true) }
        }
        return (nil, isListed, false)
    }

    /// A version that was edited further is no version of its own.
    private func withoutAncestors(_ found: [Version], among own: Set<ObjectID>)
        throws(RepositoryError) -> [Version]
    {
        var behind: Set<ObjectID> = []
        var pending: [ObjectID] = []
        for version in found { pending += try stamps.commit(version.stamp.commit).parents }
        while let id = pending.popLast() {
            guard own.contains(id), behind.insert(id).inserted else { continue }
            pending += try stamps.commit(id).parents
        }
        return found.filter { !behind.contains($0.stamp.commit) }.sorted { $0.stamp < $1.stamp }
    }
}
