internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// Taking back what stands in the history, in a new commit over the head.
final class Reversals {
    private let repository: any ObjectRepository
    private let clock: any WallClock
    private let branch: Branch
    private let writer: CommitWriter
    private let commits: ChangeCommits
    private var known: KnownNames { KnownNames(repository: repository) }

    init(
        _ repository: any ObjectRepository, _ clock: any WallClock, branch: Branch,
        writer: CommitWriter, commits: ChangeCommits
    ) {
        (self.repository, self.clock, self.branch) = (repository, clock, branch)
        (self.writer, self.commits) = (writer, commits)
    }

    /// Takes the vault back to a commit or a time, or takes back what one device or agent did
    /// since then and keeps everybody else's work.
    /// - Throws: `ChangeRefusal`, or what reading and writing throws; nothing has changed then.
    func rollback(_ request: RollbackRequest) throws -> ChangeReport {
        let head = try headOrRefuse()
        let patterns = request.paths.isEmpty ? nil : PathPatterns(request.paths)
        if patterns == nil && !request.paths.isEmpty {
            throw ChangeRefusal(.wrong, "expected paths or patterns of paths, such as notes/**")
        }
        if request.device != nil || request.agent != nil {
            return try rollback(request, from: head, only: patterns)
        }
        let now = clock.now()
        let scratch = ScratchRepository(over: repository)
        let sides = try branch.revisions(behind: head).sidesOrRefuse(request.to, now: now)
        let past = try PastState(request.to, sides, now: now, in: scratch)
        let (here, then) = (try scratch.commit(head).tree, try scratch.commit(past.commit).tree)
        try KnownNames(repository: scratch).refuseUnmatched(
            request.paths, in: [here, then], changed: [(here, then)])
        let tree = try tree(past.commit, over: head, only: patterns, scratch)
        let reversal = try Reversal(from: repository.commit(head).tree, to: tree, in: scratch)
        let what = request.paths.isEmpty ? "" : " \(request.paths.joined(separator: ", "))"
        let words = ChangeWords("rolled back\(what) to \(past.words)", action: .rollback)
        return try commit(reversal, words, isDryRun: request.dryRun)
    }

    /// Takes back the last restore, rollback, resolve, accept or undo, or the commit that is named.
    /// - Throws: as `rollback`.
    func undo(_ request: UndoRequest) throws -> ChangeReport {
        let head = try headOrRefuse()
        let action =
            try request.commit.map { name in
                try named(name, behind: head)
            } ?? LastAction.find(behind: head, in: repository)
        guard let action else {
            throw ChangeRefusal(
                .missing, "nothing to take back: no restore, rollback, resolve or accept so far")
        }
        var takeBack = try TakeBack(
            from: head, in: repository, by: writer.device, at: writer.time(after: [head]))
        let undone = action.commit
        for change in action.changes { try takeBack.take(change) }
        let outcome = try takeBack.outcome()
        let subject = try repository.commit(undone).subject
        if outcome.versions.isEmpty && outcome.kept.isEmpty && request.commit == nil {
            throw ChangeRefusal(
                .missing,
                "nothing is left of \(undone.short), the last change that was asked for "
                    + "(\(subject)): syncctl undo COMMIT takes back an older one")
        }
        var what =
            action.isAccept
            ? "took back that the remote was accepted at \(undone.short)" : try words(of: undone)
        let others = action.commits.count - 1
        if others > 0 { what += ", and \(others) before" }
        let words = ChangeWords(what, action: .undo, undoes: undone)
        return try self.commit(
            outcome, words, isDryRun: request.dryRun, action.commits)
    }

    /// What taking a commit back says: of one that took something back itself, that this is there
    /// again.
    private func words(of undone: ObjectID) throws(RepositoryError) -> String {
        var (first, isBack) = (undone, true)
        for _ in 0..<Limits.nearHistory {
            let named = try repository.commit(first).trailer(ChangeAction.undoes)
            guard let before = named.flatMap({ ObjectID(hex: $0) }), repository.contains(before),
                try repository.header(before).kind == .commit
            else { break }
            (first, isBack) = (before, !isBack)
        }
        let subject = try repository.commit(first).subject
        return "\(isBack ? "took back" : "brought back") \(first.short): \(subject)"
    }

    /// A commit that is to be taken back, whatever it is but a merge.
    private func named(_ name: String, behind head: ObjectID) throws -> LastAction {
        let now = clock.now()
        if try RevisionOrTime.timeOrRefuse(name, now: now) != nil {
            throw ChangeRefusal(
                .wrong, "'\(name)' is a time, and undo takes a commit back: rollback goes to a time"
            )
        }
        let id = try branch.revisions(behind: head).findOrRefuse(name, now: now)
        let commit = try repository.commit(id)
        if commit.parents.count > 1 {
            throw ChangeRefusal(.wrong, "\(id.short) is a merge: it cannot be taken back alone")
        }
        if try id != head && !History(CommitStamps(reading: repository)).isAncestor(id, of: head) {
            throw ChangeRefusal(.wrong, "\(id.short) is not in the history of the vault")
        }
        return LastAction(id, before: commit.parents.first)
    }

    private func headOrRefuse() throws -> ObjectID {
        guard let head = try branch.head() else {
            throw ChangeRefusal(.missing, "nothing is committed yet")
        }
        return head
    }

    /// Takes back what one device or agent did.
    private func rollback(
        _ request: RollbackRequest, from head: ObjectID, only patterns: PathPatterns?
    ) throws -> ChangeReport {
        let now = clock.now()
        let (start, since) = try start(request.to, now, behind: head)
        let own = OwnChanges(
            reader: repository, device: request.device, agent: request.agent)
        let changes = try own.list(from: head, since: start)
        if changes.isEmpty { try known.refuseUnknown(own, behind: head) }
        try known.refuseUnmatched(
            request.paths,
            in: [try repository.commit(head).tree],
            changed: changes.map { change in
                (
                    try change.before.map { try repository.commit($0).tree },
                    try repository.commit(change.commit).tree
                )
            })
        var takeBack = try TakeBack(
            from: head, in: repository, by: writer.device, at: writer.time(after: [head]),
            only: patterns)
        var commits: [ObjectID] = []
        for change in changes { commits += try takeBack.take(change) }
        let who = [request.agent, request.device].compactMap { $0 }.joined(separator: " on ")
        let lines = try commits.prefix(Limits.listedPaths + 1).map {
            "\($0.short) \(try repository.commit($0).subject)"
        }
        let all = lines + Array(repeating: "", count: max(0, commits.count - lines.count))
        let words = ChangeWords(
            "took back what \(who) did since \(since) (\(commits.count) commits)",
            lines: all, action: .rollback)
        return try commit(takeBack.outcome(), words, isDryRun: request.dryRun, commits)
    }

    /// Where what one did begins, and words for it that last.
    private func start(_ to: String, _ now: Timestamp, behind head: ObjectID) throws -> (
        OwnChanges.Start, String
    ) {
        if let time = try RevisionOrTime.timeOrRefuse(to, now: now) {
            return (.time(time.end, now: now), Timestamp(milliseconds: time.begin).iso8601)
        }
        let commit = try branch.revisions(behind: head).findOrRefuse(to, now: now)
        return (.commit(commit), commit.short)
    }

    /// The tree to go back to: a commit's, or the head's with what the patterns mean from there.
    private func tree(
        _ target: ObjectID, over head: ObjectID, only patterns: PathPatterns?,
        _ scratch: ScratchRepository
    ) throws -> ObjectID {
        let (old, new) = (try scratch.commit(head).tree, try scratch.commit(target).tree)
        guard let patterns else { return new }
        var versions: [TreePath: FileVersion?] = [:]
        for change in try TreeDiff.changes(from: old, to: new, reading: scratch)
        where patterns.match(change.path) && !ConflictRecord.isRecord(change.path) {
            versions.updateValue(change.after, forKey: change.path)
        }
        let pack = try scratch.beginPack()
        try RestoredVersions(repository: scratch)
            .complete(&versions, from: new, over: old, into: pack)
        let tree = try TreeEdit.apply(versions, to: old, reading: scratch, writing: pack)
        try pack.finish()
        return tree
    }

    /// Commits what was decided over the head.
    private func commit(
        _ reversal: Reversal, _ words: ChangeWords, isDryRun: Bool, _ undone: [ObjectID] = []
    ) throws -> ChangeReport {
        let pack = try repository.beginPack()
        for content in reversal.contents { _ = try pack.add(.blob, content) }
        var report = try commits.commit(reversal.versions, into: pack, words, isDryRun: isDryRun)
        report.conflicts = reversal.opened.map { OpenConflict($0, device: writer.device) }
        report.kept = reversal.kept
        report.undone = reversal.versions.isEmpty ? [] : undone
        return report
    }
}
