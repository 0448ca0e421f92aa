package import SyncModel

/// The author of every merge commit: the same on all devices, so that they agree on its name.
package enum MergeIdentity {
    /// No device can have it: names of devices have no blanks.
    package static let name = "syncd merge"
    /// Tells our merges from those of other programs; `.invalid` reaches nobody.
    package static let email = "merge@syncd.invalid"
    /// The version of the merge rules, in the trailer `Sync-Merge-Version`; 2: data by key,
    /// sentences, records known by type and name, twins that one side made stay; 3: empty
    /// directories; 4: a conflict is listed as long as its markers are in the file; 5: what of the
    /// past cannot be read is nothing; 6: a file that both sides renamed is one file; 7: what a
    /// merge of records, or of two resolutions of one conflict, sets aside is named; 8: what two
    /// add beside a conflict that stands is a part of that conflict; 9: a copy replaces no file
    /// that neither side touched, two opposite decisions about whole versions open the conflict
    /// again, a conflict in a file without markers outlives who did not see it, a name that one
    /// side gave is followed through its merges, a conflict of a file that is kept beside names the
    /// version that both were made from, and a memory that is one block is a document.
    package static let version = 9
    /// Those that can be followed: merges of before are made again to see that they are right.
    package static let versions = 1...version

    /// The trailer that carries it.
    package static let versionTrailer = "Sync-Merge-Version"

    /// Whether a commit is one of ours that can be made again from its parents.
    package static func made(_ commit: Commit) -> Bool {
        commit.committer.email == email && commit.parents.count == 2
    }

    /// The version of the rules by which a commit says that it was merged; nil for one that is no
    /// merge of ours by its form. Anybody can write a trailer.
    package static func rules(of commit: Commit) -> Int? {
        guard made(commit), commit.committer.name == name, commit.author == commit.committer,
            commit.message.hasPrefix(
                "merged \(commit.parents[0].short) and \(commit.parents[1].short)")
        else { return nil }
        return commit.trailer(versionTrailer).flatMap { Int($0) }
    }
}

/// Reads commits and says when each, and each file's version, was made. Remembers what it read:
/// one value serves one merge.
package final class CommitStamps {
    private let reader: any ObjectReader
    private let latest: Timestamp
    private var commits: [ObjectID: Commit] = [:]
    private var times: [ObjectID: Timestamp] = [:]

    /// Takes what to read from.
    /// - Parameter latest: what claims to be later counts as not said. A merge believes all, as
    ///   another device does at another time; whoever asks by time believes what can be true now,
    ///   and a trailer only of who captured the commit.
    package init(reading reader: any ObjectReader, latest: Timestamp = .latest) {
        self.reader = reader
        self.latest = latest
    }

    /// Reads a commit, once.
    package func commit(_ id: ObjectID) throws(RepositoryError) -> Commit {
        if let known = commits[id] { return known }
        let commit = try reader.commit(id)
        commits[id] = commit
        return commit
    }

    /// The stamp of a commit: its `Sync-HLC`; of a merge of ours the later parent's; of a commit
    /// by another program its date, but later than every parent. What is out of a time's range
    /// counts as not said.
    package func time(of id: ObjectID) throws(RepositoryError) -> Timestamp {
        var pending = [id]
        while let top = pending.last {
            if times[top] != nil {
                pending.removeLast()
                continue
            }
            let commit = try commit(top)
            if let time = Self.claim(of: commit, latest) {
                times[top] = time
                continue
            }
            let unknown = commit.parents.filter { times[$0] == nil }
            guard unknown.isEmpty else {
                pending.append(contentsOf: unknown)
                if pending.count > Limits.historyWalk {
                    throw RepositoryError(.io, "date a commit", object: id, "history too long")
                }
                continue
            }
            let parent = commit.parents.compactMap { times[$0] }.max()
            times[top] = Self.time(of: commit, after: parent, latest)
        }
        return times[id] ?? Timestamp(milliseconds: 0)
    }

    /// What a commit says of its time, whatever came before it: good for an order in which commits
    /// are looked at, and for nothing else.
    func claim(of id: ObjectID) throws(RepositoryError) -> Timestamp {
        let commit = try commit(id)
        return Self.claim(of: commit, latest) ?? Timestamp(seconds: commit.committer.seconds)
    }

    /// Who made a commit, and when.
    func stamp(of id: ObjectID) throws(RepositoryError) -> VersionStamp {
        VersionStamp(
            milliseconds: try time(of: id).milliseconds, device: Self.device(of: try commit(id)),
            commit: id, blob: nil)
    }

    /// The stamp of a commit, for whoever knows those of its parents.
    /// - Parameter latest: as for a value.
    package static func time(
        of commit: Commit, parents: [Timestamp], latest: Timestamp = .latest
    ) -> Timestamp {
        claim(of: commit, latest) ?? time(of: commit, after: parents.max(), latest)
    }

    /// The earliest time that a commit claims for itself, and that is not believed yet: once it
    /// is, the commit and what stands upon it have other stamps. Nil where there is none.
    /// - Parameter latest: as for a value.
    package static func refusedClaim(of commit: Commit, latest: Timestamp) -> Timestamp? {
        if MergeIdentity.made(commit) || claim(of: commit, latest) != nil { return nil }
        let said = capturer(of: commit).flatMap { _ in commit.trailer("Sync-HLC") }
            .flatMap { Timestamp(claimed: $0) }
        let date = Timestamp(claimedSeconds: commit.committer.seconds)
        return [said, date].compactMap { $0 }.filter { $0 > latest }.min()
    }

    private static func claim(of commit: Commit, _ latest: Timestamp) -> Timestamp? {
        if MergeIdentity.made(commit) { return nil }
        // Asked by time, a copy that another program made of a commit is as old as it is itself.
        if latest != .latest, capturer(of: commit) == nil { return nil }
        let said = commit.trailer("Sync-HLC").flatMap { Timestamp(claimed: $0) }
        return said.flatMap { $0 <= latest ? $0 : nil }
    }

    private static func time(
        of commit: Commit, after parent: Timestamp?, _ latest: Timestamp
    ) -> Timestamp {
        if MergeIdentity.made(commit), let parent { return parent }
        let said = Timestamp(claimedSeconds: commit.committer.seconds)
        let own = said.flatMap { $0 <= latest ? $0 : nil }
        guard let parent else { return own ?? Timestamp(milliseconds: 0) }
        return max(own ?? parent.next, parent.next)
    }

    /// Where the version at `path` of commit `side` comes from: the newest capture commit that put
    /// it there, or, for nothing, the one that took it away. Each commit is visited once; past
    /// `Limits.originCommits` the newest found so far counts, the same on every device.
    package func origin(of path: TreePath, at side: ObjectID) throws(RepositoryError)
        -> VersionStamp
    {
        var best: VersionStamp?
        var seen: Set<ObjectID> = [side]
        var pending = [side]
        while let id = pending.popLast(), seen.count <= Limits.originCommits {
            let commit = try commit(id)
            let here = try id == side ? version(at: path, of: id) : pastVersion(at: path, of: id)
            var same: [ObjectID] = []
            for parent in commit.parents where try pastVersion(at: path, of: parent) == here {
                same.append(parent)
            }
            let isMerge = MergeIdentity.made(commit)
            if !same.isEmpty && (commit.parents.count == 1 || isMerge) {
                for parent in same where seen.insert(parent).inserted { pending.append(parent) }
            } else if isMerge {
                // The merge wrote this content itself: it counts as the newest thing it was
                // made of.
                for parent in commit.parents where seen.insert(parent).inserted {
                    pending.append(parent)
                }
            } else {
                let stamp = VersionStamp(
                    milliseconds: try time(of: id).milliseconds, device: Self.device(of: commit),
                    commit: id, blob: here?.id)
                best = best.map { max($0, stamp) } ?? stamp
            }
        }
        if let best { return best }
        return VersionStamp(
            milliseconds: try time(of: side).milliseconds,
            device: Self.device(of: try commit(side)), commit: side,
            blob: try version(at: path, of: side)?.id)
    }

    /// The device that made a capture commit; of another program's commit whoever committed it. A
    /// cherry-pick carries the trailers of the commit that it copies.
    package static func device(of commit: Commit) -> String {
        if let device = capturer(of: commit) { return device }
        let isCopy = commit.trailer("Sync-Device") != nil
        return isCopy ? commit.committer.name : commit.author.name
    }

    /// The device that captured a commit; nil for one that another program made.
    package static func capturer(of commit: Commit) -> String? {
        guard let device = commit.trailer("Sync-Device"),
            commit.committer.email == "\(device)@syncd.invalid"
        else { return nil }
        return device
    }

    /// What an ancestor has at a path: one whose trees cannot be read has nothing that is known.
    func pastVersion(at path: TreePath, of id: ObjectID) throws(RepositoryError) -> FileVersion? {
        do { return try version(at: path, of: id) } catch {
            if error.code == .corrupt || error.code == .missing { return nil }
            throw error
        }
    }

    /// What a commit has at a path; nil for nothing.
    func version(at path: TreePath, of id: ObjectID) throws(RepositoryError)
        -> FileVersion?
    {
        try TreeDiff.version(at: path, of: try commit(id).tree, reading: reader)
    }
}
