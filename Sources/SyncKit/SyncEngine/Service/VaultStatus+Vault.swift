internal import SyncMerge
package import SyncModel

/// What a vault says of itself. Its truth comes from the repository and the state store, not from
/// the last thing that was logged.
extension Vault {
    /// Names under which the state store keeps facts for the status.
    enum Fact {
        static let paused = "paused"
        static let scope = "scope"
        static let remoteHead = "remote-head"
        static let remoteURL = "remote-url"
        static let remoteChange = "remote-change"
        static let unsigned = "unsigned"
        static let verified = "admitted"
        static let refused = "refused"
        static let pushes = "pushes"
        static let pushed = "last-local-to-remote"
        static let pulled = "last-remote-to-local"
        static let hookWords = "hook-words"
        static let hookHead = "hook-head"
    }

    /// The most commits that are counted before the status says "at least".
    private static let countedCommits = 10_000

    /// Fills in all that the vault itself knows; state, watch and health are the service's.
    package func describe(_ status: inout VaultStatus) throws {
        status.head = try head()
        let remembered = try store.fact(Fact.remoteHead).flatMap { ObjectID(hex: $0) }
        status.remoteHead = tracker.seen != nil ? tracker.seen?.head : remembered
        status.lastSync.localToRemote = try store.fact(Fact.pushed)
        status.lastSync.remoteToLocal = try store.fact(Fact.pulled)
        status.conflicts = try conflicts().records.count
        status.quarantined = 0
        status.ignored = folders.reduce(0) { $0 + $1.leftOut.count + $1.leftOutBeyond }
        status.pending.changes = again.values.reduce(0) { $0 + $1.count }
        status.notices = []
        for folder in folders {
            status.quarantined += try store.quarantined(folder.id).count
            status.pending.changes += try deferred(folder).count + folder.quarantinedDeletions
            if let notice = joinNotices[folder.id] { status.notices.append(notice) }
            if let stopped = folder.stopped { status.notices.append(SyncFailure(stopped).text) }
            let gone = folder.quarantinedDeletions
            if gone > 0 {
                status.notices.append(
                    "\(gone) files of \(folder.id?.text ?? "the folder") are gone, more than "
                        + "max_deletes allows: \(QuarantinedPath.Reason.massDeletion.advice)")
            }
        }
        if let words = try writer.unsigned() {
            status.notices.append("\(words): see [commit] of the configuration")
        }
        if let words = intake.skippedWords(status.remoteHead) { status.notices.append(words) }
        // Beside a history that was rewritten, or of which nothing is to be read, the last one
        // that was shared tells what waits.
        let isKeptOut = status.remoteHead.map(intake.keepsOut) ?? false
        status.pending.commitsToPush = try commitsToPush(
            tracker.change?.old ?? (isKeptOut ? tracker.lastSeen() : status.remoteHead))
        status.pending.oldestUnsyncedSeconds = try oldestUnpushed(status)
    }

    private func commitsToPush(_ remoteHead: ObjectID?) throws -> Int {
        guard tracker.link != nil, let head = try head(), head != remoteHead else { return 0 }
        let known = remoteHead.flatMap { repository.contains($0) ? $0 : nil }
        return try History(CommitStamps(reading: repository))
            .count(from: head, notIn: known, most: Self.countedCommits)
    }

    private func oldestUnpushed(_ status: VaultStatus) throws -> Int? {
        guard status.pending.commitsToPush > 0, let head = status.head else { return nil }
        let stamps = CommitStamps(reading: repository)
        var current = head
        for _ in 1..<max(1, status.pending.commitsToPush) {
            guard let parent = try stamps.commit(current).parents.first else { break }
            if parent == status.remoteHead { break }
            current = parent
        }
        let seconds = clock.now().seconds - (try stamps.time(of: current).seconds)
        return Int(max(0, seconds))
    }
}
