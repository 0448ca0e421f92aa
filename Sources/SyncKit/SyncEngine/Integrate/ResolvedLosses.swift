internal import SyncMerge
internal import SyncModel

/// The list of versions that rules set aside, as this device sees them. The messages of merge
/// commits say it to all devices, whichever of them merged.
final class ResolvedLosses {
    private let device: String
    private let repository: any ObjectRepository
    private let store: any StateStore
    /// Whether they are listed at all; not while a choice is only tried.
    var isListing = true

    init(device: String, _ repository: any ObjectRepository, _ store: any StateStore) {
        (self.device, self.repository, self.store) = (device, repository, store)
    }

    /// Lists what a merge of this device's lost.
    func list(_ losses: [MergeLoss], in id: ObjectID) throws {
        if losses.isEmpty { return }
        let open = try openSides(in: repository.commit(id))
        try add(
            losses.filter { !open.contains(Side(path: $0.path, blob: $0.loser?.id)) }.map { loss in
                resolved(
                    loss.path, loss.type.rawValue, loser: (loss.loser?.id, loss.loserStamp),
                    winner: loss.winnerStamp, in: id)
            })
    }

    /// A version of a file; nil for its deletion.
    private struct Side: Hashable {
        let path: TreePath
        let blob: ObjectID?
    }

    /// What stands against something in a conflict that a merge opened: a person settles that, and
    /// no rule did.
    private func openSides(in commit: Commit) throws(RepositoryError) -> Set<Side> {
        let records = try ConflictList(of: commit.tree, reading: repository).records
        return Set(
            records.flatMap { record in
                record.sides.map { Side(path: record.path, blob: $0.blob) }
            })
    }

    /// Lists what other devices' merges lost.
    /// - Parameters:
    ///   - head: the remote's head.
    ///   - known: the local head; what it reaches was listed before.
    func list(of head: ObjectID, since known: ObjectID) throws {
        let stamps = CommitStamps(reading: repository)
        var resolved: [ResolvedConflict] = []
        for (id, commit) in try History(stamps).news(in: head, since: known)
        where MergeIdentity.made(commit) {
            let losses = MergeMessage.losses(in: commit.message)
            let open = losses.isEmpty ? [] : try openSides(in: commit)
            for loss in losses
            where repository.contains(loss.commit)
                && !open.contains(Side(path: loss.path, blob: loss.blob))
            {
                let lost = try stamps.commit(loss.commit)
                let stamp = VersionStamp(
                    milliseconds: try stamps.time(of: loss.commit).milliseconds,
                    device: CommitStamps.device(of: lost), commit: loss.commit, blob: loss.blob)
                resolved.append(
                    self.resolved(
                        loss.path, loss.type, loser: (loss.blob, stamp),
                        winner: try stamps.origin(of: loss.path, at: id), in: id))
            }
        }
        try add(resolved)
    }

    private func resolved(
        _ path: TreePath, _ type: String, loser: (blob: ObjectID?, stamp: VersionStamp),
        winner: VersionStamp, in id: ObjectID
    ) -> ResolvedConflict {
        let localLost = loser.stamp.device == device
        let (local, remote) = localLost ? (loser.stamp, winner) : (winner, loser.stamp)
        return ResolvedConflict(
            file: path, type: type,
            localTimestamp: Timestamp(milliseconds: local.milliseconds).iso8601,
            remoteTimestamp: Timestamp(milliseconds: remote.milliseconds).iso8601,
            winner: localLost ? "remote" : "local",
            action: localLost ? "overwrite_local" : "overwrite_remote", loser: loser.blob,
            commit: id)
    }

    private func add(_ resolved: [ResolvedConflict]) throws {
        if resolved.isEmpty || !isListing { return }
        // A merge that is made again over a newer remote head loses the same versions again. One
        // of another time with the same content is another loss.
        func key(_ lost: ResolvedConflict) -> [String?] {
            let time = lost.winner == "remote" ? lost.localTimestamp : lost.remoteTimestamp
            return [lost.file.text, lost.loser?.hex, time]
        }
        var known = Set(try store.resolved().map(key))
        let news = resolved.filter { known.insert(key($0)).inserted }
        if !news.isEmpty { try store.addResolved(news) }
    }
}
