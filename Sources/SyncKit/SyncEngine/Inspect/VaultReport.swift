internal import SyncHistory
internal import SyncMerge
package import SyncModel

/// What a vault says of itself. Its truth comes from the repository and the state store, not from
/// the last thing that was logged.
package final class VaultReport {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock
    private let folders: [VaultFolder]
    private let branch: Branch
    private let conflicts: OpenConflicts
    private let tracker: RemoteTracker
    private let intake: IntakeGuard
    private let writer: CommitWriter
    private let joining: Joining
    private let rechecks: Rechecks
    private let gate: CaptureGate

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        folders: [VaultFolder], branch: Branch, conflicts: OpenConflicts, tracker: RemoteTracker,
        intake: IntakeGuard, writer: CommitWriter, joining: Joining, rechecks: Rechecks,
        gate: CaptureGate
    ) {
        (self.repository, self.store, self.clock) = (repository, store, clock)
        (self.folders, self.branch, self.conflicts) = (folders, branch, conflicts)
        (self.tracker, self.intake, self.writer) = (tracker, intake, writer)
        (self.joining, self.rechecks, self.gate) = (joining, rechecks, gate)
    }

    /// The most commits that are counted before the status says "at least".
    private static let countedCommits = 10_000

    /// Fills in all that the vault itself knows; state, watch and health are the service's.
    /// - Parameter remote: the head that a look at the remote found just now; nil where there was
    ///   none.
    package func describe(_ status: inout VaultStatus, seeing remote: ObjectID?? = nil) throws {
        status.head = try branch.head()
        let remembered = try store.fact(Vault.Fact.remoteHead).flatMap { ObjectID(hex: $0) }
        status.remoteHead = remote ?? (tracker.seen != nil ? tracker.seen?.head : remembered)
        status.lastSync.localToRemote = try store.fact(Vault.Fact.pushed)
        status.lastSync.remoteToLocal = try store.fact(Vault.Fact.pulled)
        status.conflicts = try conflicts.list(of: repository.tree(of: branch.head())).records.count
        status.quarantined = 0
        status.ignored = folders.reduce(0) { $0 + $1.temporaries.count }
        status.pending.changes = rechecks.count
        status.notices = []
        for folder in folders {
            status.quarantined += try store.quarantined(folder.id).count
            let held = folder.quarantinedDeletions
            status.pending.changes +=
                try folder.deferred(store).count { !held.contains($0.path) } + held.count
            if let notice = joining.notices[folder.id] { status.notices.append(notice) }
            if let stopped = folder.stopped { status.notices.append(SyncFailure(stopped).text) }
            if !held.isEmpty {
                status.notices.append(
                    "\(held.count) files of \(folder.id?.text ?? "the folder") are gone, more than "
                        + "max_deletes allows: \(QuarantinedPath.Reason.massDeletion.advice)")
            }
        }
        if let words = try writer.unsigned() {
            status.notices.append("\(words): see [commit] of the configuration")
        }
        if let words = intake.skippedWords(status.remoteHead) { status.notices.append(words) }
        let namesake = try Namesake(
            repository.reference(Revision.namesakeReference), of: writer.device,
            reading: repository)
        if let words = namesake?.words(now: clock.now()) {
            status.notices.append("\(words): \(Namesake.advice)")
        }
        if let head = status.head,
            let lead = ClockLead(
                of: try CommitStamps(reading: repository).time(of: head), now: clock.now())
        {
            status.notices.append("the clock is \(lead.words): \(ClockLead.advice)")
        }
        // Beside a history that was rewritten, or of which nothing is to be read, the last one
        // that was shared tells what waits.
        let isKeptOut = status.remoteHead.map(intake.keepsOut) ?? false
        try note(
            unpushed: tracker.change?.old ?? (isKeptOut ? tracker.lastSeen() : status.remoteHead),
            in: &status.pending)
    }

    /// Reads what the head leads to at once: a repository whose objects are gone is noticed
    /// although nothing has to be done.
    package func checkHead() throws(RepositoryError) {
        guard let tree = try repository.tree(of: branch.head()) else { return }
        _ = try repository.tree(tree)
    }

    /// Counts the commits that the remote lacks, and looks for the oldest of them.
    /// - Parameter remoteHead: what the remote is known to have.
    private func note(unpushed remoteHead: ObjectID?, in pending: inout VaultStatus.Pending) throws
    {
        (pending.commitsToPush, pending.oldestUnsyncedSeconds) = (0, nil)
        guard tracker.link != nil, let head = try branch.head(), head != remoteHead else { return }
        let known = remoteHead.flatMap { repository.contains($0) ? $0 : nil }
        let stamps = CommitStamps(reading: repository)
        let commits = try History(stamps)
            .commits(behind: head, notBehind: known, most: Self.countedCommits)
        pending.commitsToPush = commits.count
        let times = try commits.map { id throws(RepositoryError) in try stamps.time(of: id) }
        guard let oldest = times.min() else { return }
        pending.oldestUnsyncedSeconds = Int(max(0, clock.now().seconds - oldest.seconds))
    }

    /// The paths of the repository that a folder does not hold in the head's version, sorted, and
    /// for what each waits.
    package func waiting() throws -> [QuarantinedPath] {
        var result: [QuarantinedPath] = []
        for folder in folders {
            let deferred = try folder.deferred(store)
            if deferred.isEmpty { continue }
            let quarantined = Dictionary(
                try store.quarantined(folder.id).map { ($0.path, $0.reason) },
                uniquingKeysWith: { $1 })
            let failed = folder.applyFailure.map(Self.reason)
            for deferred in deferred {
                let path = folder.repositoryPath(deferred.path)
                let isGone = folder.quarantinedDeletions.contains(deferred.path)
                let reason = quarantined[path] ?? (isGone ? .massDeletion : failed ?? .busy)
                result.append(QuarantinedPath(path: path, reason: reason))
            }
        }
        return result.sorted { $0.path < $1.path }
    }

    /// Why files wait that an apply could not put there.
    private static func reason(_ failure: FolderError) -> QuarantinedPath.Reason {
        switch failure.code {
        case .noSpace: .noSpace
        case .readOnlyFileSystem: .readOnly
        default: .failed
        }
    }

    /// Those of some paths that wait, all of a folder that is not there too.
    func waiting(among paths: [TreePath], _ waiting: [QuarantinedPath]) -> [QuarantinedPath] {
        let stopped = folders.filter { $0.stopped != nil }
        let reasons = Dictionary(waiting.map { ($0.path, $0.reason) }) { first, _ in first }
        return paths.compactMap { path in
            let isStopped = stopped.contains { $0.localPath(path) != nil }
            let reason: QuarantinedPath.Reason? = isStopped ? .noFolder : reasons[path]
            return reason.map { QuarantinedPath(path: path, reason: $0) }
        }
    }

    /// What waits at some paths and below them, and those of the paths whose folder is not there.
    /// - Parameter places: empty is everything.
    func waiting(below places: [TreePath]) throws -> [QuarantinedPath] {
        let all = try waiting()
        if places.isEmpty { return all }
        let below = all.filter { waiting in places.contains { waiting.path.isAtOrBelow($0) } }
        let listed = Set(below.map(\.path))
        return below + waiting(among: places.filter { !listed.contains($0) }, [])
    }

    /// The files whose deletion is held.
    /// - Parameter isConcerned: whether a path was asked for.
    func quarantinedDeletions(_ isConcerned: (TreePath) -> Bool) -> [TreePath] {
        folders.flatMap { folder in
            folder.quarantinedDeletions.map(folder.repositoryPath).filter(isConcerned)
        }
    }

    /// The files that the head has and that stand in a folder as no commit has them: what is held
    /// back of them is not what was asked for, though nothing differs from the head by the state
    /// store.
    /// - Parameter isConcerned: whether a path was asked for.
    func held(_ isConcerned: (TreePath) -> Bool) throws -> [QuarantinedPath] {
        let head = try repository.tree(of: branch.head())
        return try quarantined(ignored: false).filter { held in
            guard held.isOfEdits, held.reason != .massDeletion, isConcerned(held.path) else {
                return false
            }
            return try TreeDiff.version(at: held.path, of: head, reading: repository) != nil
        }
    }

    /// What was asked for and no folder has as the head does: it waits, or something else stands
    /// there that no commit has.
    func missing(_ isConcerned: (TreePath) -> Bool) throws -> [QuarantinedPath] {
        try waiting().filter { isConcerned($0.path) } + held(isConcerned)
    }

    /// Whether every folder holds the head, nothing waits and the remote has it: what "in sync"
    /// means.
    package func isInSync() throws -> Bool {
        let head = try branch.head()
        for folder in folders {
            guard folder.stopped == nil, folder.quarantinedDeletions.isEmpty,
                try store.applied(folder.id) == head,
                try folder.deferred(store).isEmpty
            else { return false }
        }
        return rechecks.isEmpty
            && (tracker.link == nil || head == nil || tracker.seen?.head == head)
    }

    /// Every path that is not synced: what is held back, and what waits until a program closes it.
    /// - Parameter ignored: also what built-in patterns leave out, as last seen.
    package func unsynced(ignored: Bool) throws -> [QuarantinedPath] {
        let held = try quarantined(ignored: ignored)
        let listed = Set(held.map(\.path))
        return try held + waiting().filter { !listed.contains($0.path) }
    }

    /// What is held back in all folders.
    /// - Parameter ignored: also what built-in patterns leave out, as last seen.
    func quarantined(ignored: Bool) throws(StateStoreError) -> [QuarantinedPath] {
        var result: [QuarantinedPath] = []
        let words = try gate.heldWords()
        for folder in folders {
            result += try store.quarantined(folder.id).map { path in
                path.reason != .hook
                    ? path : .init(path: path.path, reason: .hook, words: words[path.path])
            }
            if !ignored { continue }
            result += folder.temporaries.paths.sorted().map {
                QuarantinedPath(path: folder.repositoryPath($0), reason: .ignored)
            }
        }
        return result
    }

    /// Held paths of a folder whose reason may go without any event that the watch sees.
    package func quarantinedToRecheck(in folder: VaultFolder) throws(StateStoreError)
        -> DirtyPaths
    {
        let passing: Set<QuarantinedPath.Reason> = [
            .unreadable, .failed, .mount, .inUse, .hook,
        ]
        let quarantined = try folder.quarantined(store).filter { passing.contains($0.value) }
        var dirty = DirtyPaths()
        dirty.paths = Set(quarantined.keys.sorted().prefix(Limits.recheckedPaths))
        return dirty
    }
}
