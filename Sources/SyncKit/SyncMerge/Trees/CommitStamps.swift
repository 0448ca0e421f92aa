package import SyncModel

/// The author of every merge commit: the same on all devices, so that they agree on its name.
package enum MergeIdentity {
    /// No device can have it: names of devices have no blanks.
    package static let name = "syncd merge"
    /// Tells our merges from those of other programs; `.invalid` reaches nobody.
    package static let email = "merge@syncd.invalid"
    /// The version of the merge rules, in the trailer `Sync-Merge-Version`; 2: data by key,
    /// sentences, records known by type and name, twins that one side made stay.
    package static let version = 2
    /// Those that can be followed: merges of before are made again to see that they are right.
    package static let versions = 1...version

    /// The trailer that carries it.
    package static let versionTrailer = "Sync-Merge-Version"

    /// Whether a commit is one of ours that can be made again from its parents.
    package static func made(_ commit: Commit) -> Bool {
        commit.committer.email == email && commit.parents.count == 2
    }
}

/// Reads commits and says when each, and each file's version, was made. Remembers what it read:
/// one value serves one merge.
package final class CommitStamps {
    private let reader: any ObjectReader
    private var commits: [ObjectID: Commit] = [:]
    private var ranks: [ObjectID: Rank] = [:]

    /// A stamp and how many merges of ours stand on it: merges issue no stamps of their own.
    struct Rank: Comparable {
        let time: Timestamp
        let merges: Int

        init(time: Timestamp, merges: Int) {
            self.time = time
            self.merges = merges
        }

        /// Ranks a commit without a stamp by its latest parent.
        init(of commit: Commit, after parent: Rank?) {
            if MergeIdentity.made(commit), let parent {
                self.init(time: parent.time, merges: parent.merges + 1)
                return
            }
            let date = commit.committer.seconds.multipliedReportingOverflow(by: 1000)
            let own = date.overflow ? 0 : date.partialValue
            let least = parent.map { $0.time.milliseconds + 1 } ?? own
            self.init(time: Timestamp(milliseconds: max(own, least)), merges: 0)
        }

        static func < (left: Rank, right: Rank) -> Bool {
            (left.time, left.merges) < (right.time, right.merges)
        }
    }

    /// Reads from `reader`.
    package init(reading reader: any ObjectReader) { self.reader = reader }

    /// Reads a commit, once.
    package func commit(_ id: ObjectID) throws(RepositoryError) -> Commit {
        if let known = commits[id] { return known }
        let commit = try reader.commit(id)
        commits[id] = commit
        return commit
    }

    /// The stamp of a commit: its `Sync-HLC`; of a merge of ours the later parent's; of a commit
    /// by another program its date, but later than every parent.
    package func time(of id: ObjectID) throws(RepositoryError) -> Timestamp {
        try rank(of: id).time
    }

    /// A commit's place in history: greater than every ancestor's.
    func rank(of id: ObjectID) throws(RepositoryError) -> Rank {
        var pending = [id]
        while let top = pending.last {
            if ranks[top] != nil {
                pending.removeLast()
                continue
            }
            let commit = try commit(top)
            if let text = commit.trailer("Sync-HLC"), let value = Int64(text) {
                ranks[top] = Rank(time: Timestamp(milliseconds: value), merges: 0)
                continue
            }
            let unknown = commit.parents.filter { ranks[$0] == nil }
            guard unknown.isEmpty else {
                pending.append(contentsOf: unknown)
                if pending.count > Limits.historyWalk {
                    throw RepositoryError(.io, "date a commit", object: id, "history too long")
                }
                continue
            }
            ranks[top] = Rank(of: commit, after: commit.parents.compactMap { ranks[$0] }.max())
        }
        return ranks[id] ?? Rank(time: Timestamp(milliseconds: 0), merges: 0)
    }

    /// Where the version at `path` of commit `side` comes from: the newest leaf commit that put
    /// it there, or, for nothing, the one that took it away.
    package func origin(of path: TreePath, at side: ObjectID) throws(RepositoryError)
        -> VersionStamp
    {
        let wanted = try version(at: path, of: side)
        var best: VersionStamp?
        var seen: Set<ObjectID> = [side]
        var pending = [side]
        while let id = pending.popLast() {
            let commit = try commit(id)
            var same: [ObjectID] = []
            for parent in commit.parents where try version(at: path, of: parent) == wanted {
                same.append(parent)
            }
            if !same.isEmpty && (commit.parents.count == 1 || MergeIdentity.made(commit)) {
                for parent in same where seen.insert(parent).inserted { pending.append(parent) }
            } else if MergeIdentity.made(commit) {
                // The merge wrote this content itself: it counts as the newest thing it was
                // made of.
                for parent in commit.parents where seen.insert(parent).inserted {
                    let origin = try self.origin(of: path, at: parent)
                    best = best.map { max($0, origin) } ?? origin
                }
            } else {
                let stamp = VersionStamp(
                    milliseconds: try time(of: id).milliseconds, device: Self.device(of: commit),
                    commit: id, blob: wanted?.id)
                best = best.map { max($0, stamp) } ?? stamp
            }
            if seen.count > Limits.historyWalk {
                throw RepositoryError(.io, "find a version's origin", object: side, "too far back")
            }
        }
        if let best { return best }
        return VersionStamp(
            milliseconds: try time(of: side).milliseconds,
            device: Self.device(of: try commit(side)), commit: side, blob: wanted?.id)
    }

    /// The device that made a leaf commit.
    package static func device(of commit: Commit) -> String {
        commit.trailer("Sync-Device") ?? commit.author.name
    }

    /// What a commit has at a path; nil for nothing.
    func version(at path: TreePath, of id: ObjectID) throws(RepositoryError)
        -> FileVersion?
    {
        try TreeDiff.version(at: path, of: try commit(id).tree, reading: reader)
    }
}
