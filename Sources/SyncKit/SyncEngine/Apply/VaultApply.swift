internal import SyncMerge
internal import SyncModel

/// What one apply did.
package struct ApplyReport: Sendable {
    /// How many paths were changed.
    package var applied = 0
    /// How many paths wait: open in a program, edited meanwhile, or obstructed.
    package var waiting = 0
}

/// Bringing the folders to the head. The head is in the repository before any file changes, and
/// the state store moves last: a crash in between leaves each path whole, old or new, and the next
/// apply goes on from what stands there.
final class VaultApply {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock
    private let folders: [VaultFolder]
    private let branch: Branch
    private let device: String
    private let intake: IntakeGuard
    private let applied: AppliedReference
    private let rechecks: Rechecks
    private let recovery: HeadRecovery
    private let work: WorkCount

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        folders: [VaultFolder], branch: Branch, device: String, intake: IntakeGuard,
        applied: AppliedReference, rechecks: Rechecks, recovery: HeadRecovery,
        work: WorkCount
    ) {
        (self.repository, self.store, self.clock) = (repository, store, clock)
        (self.folders, self.branch, self.device) = (folders, branch, device)
        (self.intake, self.applied) = (intake, applied)
        (self.rechecks, self.recovery, self.work) = (rechecks, recovery, work)
    }

    /// Applies the head to every folder that is not stopped.
    /// - Throws: `RepositoryError`, `StateStoreError`; `FolderError`, also `.noSpace`, once all
    ///   that could be applied is. What could not is put off, never lost.
    @discardableResult
    func applyHead() throws -> ApplyReport {
        if intake.brake.keepsFromApplying { return ApplyReport() }
        return try intake.applying(applyToFolders) {
            let head = try branch.head()
            return try folders.allSatisfy { try store.applied($0.id) == head }
        }
    }

    private func applyToFolders() throws -> ApplyReport {
        var report = ApplyReport()
        // A head that lacks what the state store names, applied, would take that away.
        try recovery.recoverHead()
        guard !recovery.mayHaveLostHead, let head = try branch.head() else { return report }
        var failure: FolderError?
        for folder in folders where folder.stopped == nil {
            do {
                try folder.access.checkRoot()
                folder.applyFailure = nil
                try apply(head, to: folder, &report)
            } catch let error as FolderError {
                folder.applyFailure = error
                if folder.stops(for: error) {
                    folder.stopped = error
                    rechecks.noteAll(of: folder)
                } else {
                    failure = failure ?? error.named(folder)
                }
            }
        }
        if let failure { throw failure }
        return report
    }

    /// Takes a folder's directory as it is now, another one than before: what stands in it counts
    /// as edits of what the folder held, where the history does not know it, and what is missing
    /// comes back.
    /// - Throws: `StateStoreError`, `RepositoryError`; the rows that are left are the next call's.
    func takeAsItIs(_ folder: VaultFolder) throws {
        let bases = try FolderBases(folder, store, lost: applied.recalled, in: repository)
        var directory: TreePath?
        var changes: [StateChange] = []
        repeat {
            for row in try store.files(folder.id, in: directory) {
                changes.append(.remove(row.path))
                // Its note is there.
                if try store.parkedBase(folder.id, at: row.path) != nil { continue }
                changes.append(.deferUpdate(row.path, base: try bases.base(of: row.path) ?? .zero))
            }
            directory = try store.directory(folder.id, after: directory)
        } while directory != nil
        // What a rule leaves out is in the way in another directory, too.
        for (held, reason) in try folder.quarantined(store) where reason != .leftOut {
            try store.quarantine(folder.id, held, nil)
        }
        try store.advance(folder.id, changes, applied: nil)
        try folder.hold([], store)
        folder.addsAgain = .unknown
    }

    /// Brings back, in each folder, files whose deletion is held.
    /// - Parameter isAsked: takes a path of the repository; nil brings all back.
    func restoreDeleted(where isAsked: ((TreePath) -> Bool)? = nil) throws {
        for folder in folders where !folder.quarantinedDeletions.isEmpty {
            try restoreDeleted(in: folder) { isAsked?(folder.repositoryPath($0)) ?? true }
            if isAsked == nil { folder.addsAgain = .all }
        }
    }

    /// Brings back what was deleted in a folder while its deletion is held: the state store forgets
    /// those files, so that the next apply puts them there anew.
    private func restoreDeleted(
        in folder: VaultFolder, where isAsked: (TreePath) -> Bool
    ) throws {
        let bases = try FolderBases(folder, store, lost: applied.recalled, in: repository)
        let findings = try Examination.examine(
            .everything, of: folder, store: store, tracked: bases.deferred)
        var changes: [StateChange] = []
        for row in findings.deleted where isAsked(row.path) {
            changes.append(.remove(row.path))
            changes.append(.deferUpdate(row.path, base: try bases.base(of: row.path) ?? .zero))
        }
        try store.advance(folder.id, changes, applied: nil)
        try folder.hold(folder.quarantinedDeletions.filter { !isAsked($0) }, store)
    }

    /// Applies the head to one folder.
    private func apply(_ head: ObjectID, to folder: VaultFolder, _ report: inout ApplyReport)
        throws
    {
        let applied = try store.applied(folder.id)
        if try applied == head && folder.deferred(store).isEmpty {
            return try recheckObstructed(folder)
        }
        let search = ApplySearch(
            folder: folder, repository: repository, store: store, lost: self.applied.recalled)
        let all = try search.steps(from: applied, to: head)
        let submodules = try submodules(among: all, in: folder)
        let omitted = try search.omittedDirectories(all, at: head)
        let held = all.filter { folder.quarantinedDeletions.contains($0.path) && $0.isUpdate }
        let passed = omitted.union(held.map(\.path))
        let plan = ApplyPlan(all.filter { !passed.contains($0.path) })
        var folderApply = FolderApply(
            folder: folder, repository: repository, store: store, clock: clock,
            makers: try VersionMakers(
                of: plan.installs + plan.modes, in: folder, at: head, device: device,
                reading: repository))
        // What an apply before left is the capture's to learn.
        let wasCutShort = folder.interrupted.needsScan
        let history = try keepRules(plan, from: applied, to: head, in: folder)
        if !plan.isEmpty {
            let modified = Timestamp(seconds: try repository.commit(head).committer.seconds)
            try begin(head, in: folder)
            try LeftHeads(repository: repository, store: store)
                .noteLeft(applied, for: head, in: folder)
            #if DEBUG
                try DeadlyCommit.dieOf(repository.commit(head), .applying)
            #endif
            let (staged, refused) = try StagedContent.stage(
                plan.installs, in: folder, modified: modified, repository, store, work)
            // What a power cut may take back the state store must not say: as after an apply that
            // was cut short, a capture looks first at what stands there.
            try folderApply.run(plan, staged, ResembledFiles(plan, history))
            for (step, error) in refused {
                if let error {
                    folderApply.fail(step, error)
                } else {
                    folderApply.deferUpdate(step)
                }
            }
        }
        // Nothing stands there, and a person has the word about that first.
        for step in held { folderApply.deferUpdate(step) }
        folderApply.changes += try settled(plan.upToDate, in: folder)
        for path in omitted { folderApply.changes += [.remove(path), .clearDeferral(path)] }
        let next = wasCutShort ? folder.interrupted : folder.interrupted.ended()
        if let end = folder.interrupted.change(to: next, in: folder.id) {
            folderApply.changes.append(end)
        }
        try holdLeftOut(folderApply, at: head)
        try store.advance(folder.id, folderApply.changes, applied: head)
        folder.interrupted = next
        try note(folderApply, omitted: omitted)
        for path in submodules { try store.quarantine(folder.id, path, .submodule) }
        report.applied += folderApply.report.applied
        report.waiting += folderApply.report.waiting
        if folderApply.rulesChanged {
            folder.ignore.reset()
            rechecks.noteRules(of: folder)
        }
        if let failure = folderApply.failure { throw failure }
    }

    /// Where a submodule took a file's place: that goes, and it stays listed.
    private func submodules(among steps: [ApplyStep], in folder: VaultFolder) throws -> [TreePath] {
        let quarantined = try folder.quarantined(store)
        return steps.filter { $0.want == nil && quarantined[$0.path] == .submodule }.map(\.path)
    }

    /// Notes, before the first file changes, the rules that go with their directories.
    /// - Returns: what the commits say that bring the head; nil where it is not asked, or unknown.
    private func keepRules(
        _ plan: ApplyPlan, from applied: ObjectID?, to head: ObjectID, in folder: VaultFolder
    ) throws -> IncomingChanges? {
        let rules = KeptRules(repository: repository, store: store, clock: clock)
        let isAsked = plan.mayBeRenamed || rules.asksHistory(of: plan, in: folder)
        let history = IncomingChanges.read(
            from: isAsked ? applied : nil, to: head, in: folder, reading: repository)
        try rules.keepRules(plan, history, in: folder)
        return history
    }

    /// Notes what an apply left to be looked at, what it holds back, and what is held no longer.
    private func note(_ apply: FolderApply, omitted: Set<TreePath>) throws {
        let folder = apply.folder
        for path in omitted.union(apply.edited) { rechecks.note(path, in: folder) }
        let quarantined = try folder.quarantined(store)
        for path in apply.edited where quarantined[path]?.isInTheWay ?? false {
            // A version of the file stands there now, for the capture to read.
            try store.quarantine(folder.id, path, nil)
        }
        for quarantine in apply.quarantines {
            try store.quarantine(folder.id, quarantine.path, quarantine.reason)
        }
        try folder.release(apply.done.union(omitted), store)
        try recheckObstructed(folder)
    }

    /// Holds what rules leave out and an apply found in its way, before the state store learns that
    /// something waits there: a capture would read it for that.
    private func holdLeftOut(_ apply: FolderApply, at head: ObjectID) throws {
        let found = apply.quarantines.filter { $0.reason == .leftOut }.map(\.path)
        if found.isEmpty { return }
        let held = try apply.folder.quarantined(store)
        try LeftOutMarks(repository: repository, store: store)
            .add(found.filter { held[$0] != .leftOut }, at: head, in: apply.folder)
        for path in found { try store.quarantine(apply.folder.id, path, .leftOut) }
    }

    /// Notes, durably and before the first file changes, that a head is brought into a folder.
    private func begin(_ head: ObjectID, in folder: VaultFolder) throws(StateStoreError) {
        let next = folder.interrupted.beginning(head)
        if next.note != folder.interrupted.note {
            try store.setFact(InterruptedApplies.fact(of: folder.id), next.note)
        }
        folder.interrupted = next
    }

    /// Lets go of what waited and does not any more.
    /// - Returns: what the state store has to learn.
    private func settled(_ upToDate: [TreePath], in folder: VaultFolder) throws -> [StateChange] {
        let quarantined = try folder.quarantined(store)
        try release(upToDate, in: folder)
        var changes: [StateChange] = []
        for path in upToDate {
            // What was in the way is no version of it.
            let wasInTheWay = quarantined[path]?.isInTheWay ?? false
            if try !wasInTheWay && standsUnknown(path, in: folder) {
                rechecks.note(path, in: folder)
            } else {
                changes.append(.clearDeferral(path))
            }
        }
        return changes
    }

    /// Whether a file stands at a path that neither the state store nor the head has: until it was
    /// read, nobody can say what its writer saw.
    private func standsUnknown(_ path: TreePath, in folder: VaultFolder) throws -> Bool {
        guard try store.file(folder.id, path) == nil else { return false }
        do throws(FolderError) {
            switch try folder.access.stat(path)?.kind {
            case .file, .symbolicLink: return true
            case .directory, .special, nil: return false
            }
        } catch let error where error.code.reason != nil {
            // The capture looks there too, and holds what concerns that path alone.
            return true
        }
    }

    /// Lets go of what was in the way of a version that does not wait any more.
    private func recheckObstructed(_ folder: VaultFolder) throws {
        let quarantined = try folder.quarantined(store).filter { $0.value.isInTheWay }
        if quarantined.isEmpty { return }
        let waiting = Set(try store.deferred(folder.id).map(\.path))
        for path in quarantined.keys where !waiting.contains(path) {
            if try store.parkedBase(folder.id, at: path) != nil { continue }
            try store.quarantine(folder.id, path, nil)
        }
    }

    /// What waited to be applied has left the head again, or stands there by now.
    private func release(_ upToDate: [TreePath], in folder: VaultFolder) throws {
        if upToDate.isEmpty { return }
        let quarantined = try folder.quarantined(store)
        for path in upToDate {
            // Other reasons are the capture's to take away.
            guard let reason = quarantined[path],
                reason.isInTheWay || reason == .readOnly || reason == .tooLarge
            else { continue }
            try store.quarantine(folder.id, path, nil)
            // What stands there may be held for the same reason by the capture.
            rechecks.note(path, in: folder)
        }
    }
}

extension FolderError {
    /// The same with the folder's name, where it names no path of it.
    fileprivate func named(_ folder: VaultFolder) -> FolderError {
        guard path == nil, let id = folder.id else { return self }
        return FolderError(code, "\(operation) in \(id)", nil, cause)
    }
}
