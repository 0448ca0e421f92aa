internal import SyncGit
internal import SyncMerge
package import SyncModel
internal import SyncStore

/// Fills a vault's index of its history, commit by commit, parents first.
package struct HistoryIndexer {
    private let reader: any ObjectReader
    private let index: HistoryIndex
    private let most: Int
    private let atOnce: Int
    private let latest: Timestamp
    private let whole: WholeParents

    /// Where a vault's index stands.
    package static func path(_ configuration: Configuration) -> String {
        configuration.stateDirectory + "/history.db"
    }

    /// - Parameters:
    ///   - latest: as for `CommitStamps`.
    ///   - most: how many changed paths the index holds.
    ///   - atOnce: how many commits come into it in one transaction; at least 1.
    init(
        reading reader: any ObjectReader, into index: HistoryIndex,
        latest: Timestamp = .latest, most: Int = Limits.indexedPaths,
        atOnce: Int = Limits.indexedAtOnce
    ) {
        (self.reader, self.index) = (reader, index)
        (self.latest, self.most, self.atOnce) = (latest, most, atOnce)
        whole = WholeParents(reading: reader)
    }

    /// Brings a vault's index up to its head, with handles of its own.
    /// - Parameters:
    ///   - now: what the clock shows: a time that a commit claims far ahead of it is not kept.
    ///   - limit: the most commits that it takes in; the rest is left to the next call.
    ///   - few: where it lacks more than so many commits nothing is taken in.
    /// - Returns: how many it took in.
    /// - Throws: `RepositoryError`; `StateStoreError`, after `.corrupt` the next call begins anew.
    @discardableResult
    package static func fill(
        _ configuration: Configuration, now: Timestamp, limit: Int = .max,
        ifAtMost few: Int = .max
    ) throws -> Int {
        let repository = try GitRepository(opening: configuration.repository)
        guard let head = try repository.reference("refs/heads/\(configuration.branch)")
        else { return 0 }
        let path = path(configuration)
        do {
            var index = try HistoryIndex.filling(path)
            if let refused = try index.earliestRefused(), refused <= now.latestClaim {
                // What was not believed of a commit is by now: stamps in it are others.
                try HistoryIndex.discard(path)
                index = try HistoryIndex.filling(path)
            }
            return try HistoryIndexer(reading: repository, into: index, latest: now.latestClaim)
                .fill(to: head, limit: limit, ifAtMost: few)
        } catch let error as StateStoreError where error.code == .corrupt {
            try HistoryIndex.discard(path)
            throw error
        }
    }

    /// Takes in what is behind a head and not in the index yet. Past `Limits.indexedPaths`, and
    /// from a commit on that changes more than `Limits.indexedCommitBytes`, nothing is taken in;
    /// from one on whose time is believed within `Limits.claimsWait`, nothing until then.
    /// - Returns: how many commits it took in.
    package func fill(to head: ObjectID, limit: Int = .max, ifAtMost few: Int = .max) throws
        -> Int
    {
        if try index.find(head) != nil { return 0 }
        var room = try most - index.pathCount()
        var trees: [ObjectID: ObjectID] = [:]
        var times: [ObjectID: Timestamp] = [:]
        var batch: [HistoryIndex.Entry] = []
        var count = 0
        for id in try missing(behind: head, limit: limit, few: few) {
            let commit = try reader.commit(id)
            let refused = CommitStamps.refusedClaim(of: commit, latest: latest)
            if let refused, refused <= latest.later(by: Limits.claimsWait) { break }
            trees[id] = commit.tree
            var stamps: [Timestamp] = []
            for parent in commit.parents {
                stamps.append(try times[parent] ?? stamp(of: parent))
            }
            var parents: [ObjectID] = []
            for parent in try whole.of(commit) {
                parents.append(try trees[parent] ?? reader.commit(parent).tree)
            }
            let time = CommitStamps.time(of: commit, parents: stamps, latest: latest)
            times[id] = time
            let touched =
                try whole.isUnread(commit)
                ? []
                : try TouchedPaths.list(of: commit.tree, parents: parents, reading: reader)
            guard let paths = touched, paths.count <= room else { break }
            room -= paths.count
            batch.append(
                HistoryIndex.Entry(
                    id: id, time: time.milliseconds, isMerge: MergeIdentity.made(commit),
                    parents: commit.parents, paths: paths, refused: refused))
            count += 1
            if batch.count == atOnce {
                try index.add(batch)
                batch = []
            }
        }
        try index.add(batch)
        return count
    }

    private func stamp(of id: ObjectID) throws -> Timestamp {
        guard let known = try index.find(id) else { return Timestamp(milliseconds: 0) }
        return Timestamp(milliseconds: known.time)
    }

    /// The commits behind a head that the index lacks, each after its parents.
    /// - Parameters:
    ///   - limit: the most that are listed, the oldest.
    ///   - few: where there are more than so many, none is listed.
    private func missing(behind head: ObjectID, limit: Int, few: Int) throws -> [ObjectID] {
        var found: [ObjectID] = []
        var seen: Set<ObjectID> = []
        var pending: [(id: ObjectID, isDone: Bool)] = [(head, false)]
        while let (id, isDone) = pending.popLast() {
            if isDone {
                found.append(id)
                if found.count == limit { return found }
                continue
            }
            // Noted when it is come to, not when it is met: another way may come to it earlier.
            guard seen.insert(id).inserted else { continue }
            if seen.count > few { return [] }
            pending.append((id, true))
            for parent in try reader.commit(id).parents
            where try !seen.contains(parent) && index.find(parent) == nil {
                pending.append((parent, false))
            }
            if seen.count > Limits.historyWalk {
                throw RepositoryError(.io, "index the history", object: head, "it is too long")
            }
        }
        return found
    }
}
