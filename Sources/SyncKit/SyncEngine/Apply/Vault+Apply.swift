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
extension Vault {
    /// Applies the head to every folder that is not stopped.
    /// - Throws: `RepositoryError`, `StateStoreError`; `FolderError` `.noSpace` before anything in
    ///   a folder changed. What could not be applied is put off, never lost.
    @discardableResult
    package func applyHead() throws -> ApplyReport {
        var report = ApplyReport()
        if intake.brake.keepsFromApplying { return report }
        // A head that lacks what the state store names, applied, would take that away.
        try recoverHead()
        guard !mayHaveLostHead, let head = try head() else { return report }
        var failure: FolderError?
        for (index, folder) in folders.enumerated() where folder.stopped == nil {
            do {
                try folder.access.checkRoot()
                try apply(head, to: index, &report)
            } catch let error as FolderError {
                if folder.stops(for: error) {
                    folder.stopped = error
                    again[index] = .everything
                } else {
                    failure = failure ?? error
                }
            }
        }
        if let failure { throw failure }
        return report
    }

    /// Brings back what was deleted in a folder while its deletion is held: the state store forgets
    /// those files, so that the next apply puts them there anew.
    package func restoreDeleted(_ folder: VaultFolder) throws {
        let bases = try bases(of: folder)
        let findings = try Examination.examine(
            .everything, of: folder, store: store, tracked: bases.deferred)
        var changes: [StateChange] = []
        for row in findings.deleted {
            changes.append(.remove(row.path))
            changes.append(.deferUpdate(row.path, base: try bases.base(of: row.path) ?? .zero))
            try quarantine(folder, row.path, nil)
        }
        try store.advance(folder.id, changes, applied: nil)
        folder.quarantinedDeletions = 0
        folder.keepsDeleted = true
    }

    /// Applies the head to one folder.
    private func apply(_ head: ObjectID, to index: Int, _ report: inout ApplyReport) throws {
        let folder = folders[index]
        let applied = try store.applied(folder.id)
        if try applied == head && deferred(folder).isEmpty {
            return try recheckObstructed(folder)
        }
        let all = try steps(folder, from: applied, to: head)
        let leftOut = try directoriesLeftOut(all, of: folder, at: head)
        let plan = ApplyPlan(all.filter { !leftOut.contains($0.path) })
        var folderApply = FolderApply(
            folder: folder, store: store, clock: clock,
            source: try source(of: head))
        // What an apply before left is the capture's to learn.
        let wasCutShort = folder.needsScan
        if !plan.isEmpty {
            let modified = Timestamp(seconds: try repository.commit(head).committer.seconds)
            try begin(head, in: folder)
            try noteLeft(applied, for: head, in: folder)
            #if DEBUG
                try DeadlyCommit.dieOf(repository.commit(head), .applying)
            #endif
            try keepRules(plan, in: folder)
            let (staged, refused) = try stage(plan.installs, in: folder, modified: modified)
            folderApply.run(plan, staged)
            for (step, error) in refused {
                if let error {
                    folderApply.fail(step, error)
                } else {
                    folderApply.deferUpdate(step)
                }
            }
        }
        try release(plan.upToDate, in: folder)
        for path in plan.upToDate {
            if try standsUnknown(path, in: folder) {
                recheck(index, path)
            } else {
                folderApply.changes.append(.clearDeferral(path))
            }
        }
        for path in leftOut { folderApply.changes += [.remove(path), .clearDeferral(path)] }
        let end = wasCutShort ? nil : end(in: folder)
        if let end { folderApply.changes.append(end) }
        try store.advance(folder.id, folderApply.changes, applied: head)
        if !wasCutShort { hasEnded(in: folder) }
        for path in leftOut { recheck(index, path) }
        for path in folderApply.edited { recheck(index, path) }
        for quarantine in folderApply.quarantines {
            try self.quarantine(folder, quarantine.path, quarantine.reason)
        }
        try recheckObstructed(folder)
        report.applied += folderApply.done
        report.waiting += folderApply.waiting
        if folderApply.rulesChanged {
            folder.ignore.reset()
            changedRules.insert(index)
            again[index] = .everything
        }
        if let failure = folderApply.failure { throw failure }
    }

    /// Empty directories that are not in the head because another program committed: git's index
    /// has no word for them, so nobody took them away. They stay, the state store forgets them, and
    /// the next capture takes them in again.
    private func directoriesLeftOut(
        _ steps: [ApplyStep], of folder: VaultFolder, at head: ObjectID
    ) throws -> Set<TreePath> {
        let gone = steps.filter { $0.want == nil && $0.have?.version.isDirectory ?? false }
        if gone.isEmpty { return [] }
        let tree = try tree(of: head)
        let stamps = CommitStamps(reading: repository)
        var result: Set<TreePath> = []
        for step in gone {
            let path = folder.repositoryPath(step.path)
            let isReplaced = try ([path] + path.ancestors).contains { place in
                if let version = try TreeDiff.version(at: place, of: tree, reading: repository) {
                    return !version.isDirectory
                }
                return place == path
                    ? try TreeDiff.subtree(of: tree, at: path, reading: repository) != nil : false
            }
            if isReplaced { continue }
            let commit = try stamps.origin(of: path, at: head).commit
            if CommitStamps.capturer(of: try repository.commit(commit)) == nil {
                result.insert(step.path)
            }
        }
        return result
    }

    /// Whether a file stands at a path that neither the state store nor the head has: until it was
    /// read, nobody can say what its writer saw.
    private func standsUnknown(_ path: TreePath, in folder: VaultFolder) throws -> Bool {
        guard try store.file(folder.id, path) == nil else { return false }
        switch try folder.access.stat(path)?.kind {
        case .file, .symbolicLink: return true
        case .directory, .special, nil: return false
        }
    }

    /// The paths of the repository that a folder does not hold in the head's version, sorted, and
    /// for what each waits.
    func waiting() throws -> [QuarantinedPath] {
        var result: [QuarantinedPath] = []
        for folder in folders {
            let deferred = try deferred(folder)
            if deferred.isEmpty { continue }
            let quarantined = Dictionary(
                try store.quarantined(folder.id).map { ($0.path, $0.reason) },
                uniquingKeysWith: { $1 })
            for path in deferred.map({ folder.repositoryPath($0.path) }) {
                result.append(QuarantinedPath(path: path, reason: quarantined[path] ?? .busy))
            }
        }
        return result.sorted { $0.path < $1.path }
    }

    /// Lets go of what was in the way of a version that does not wait any more.
    private func recheckObstructed(_ folder: VaultFolder) throws {
        let quarantined = try folder.quarantined(store).filter { $0.value == .obstructed }
        if quarantined.isEmpty { return }
        let waiting = Set(try store.deferred(folder.id).map(\.path))
        for path in quarantined.keys where !waiting.contains(path) {
            try quarantine(folder, path, nil)
        }
    }

    /// The paths that differ between what the folder holds and the head.
    private func steps(
        _ folder: VaultFolder, from applied: ObjectID?, to head: ObjectID
    ) throws -> [ApplyStep] {
        let tree = try tree(of: head)
        var nameless: [TreePath: Bool] = [:]
        let changes = try TreeDiff.changes(
            from: self.tree(of: applied), to: tree, below: folder.id, reading: repository
        ) { nameless[$0] = $1 }
        for (place, isThere) in nameless {
            // Such an entry stays in the tree, as git left it there.
            guard let path = folder.localPath(place) else { continue }
            try quarantine(folder, path, isThere ? .name : nil)
        }
        let quarantined = try folder.quarantined(store)
        // The nearest to the top alone: what hangs below it may be very much.
        var (refused, left): (Set<TreePath>, Set<TreePath>) = ([], [])
        var wanted: [TreePath: FileVersion?] = [:]
        for change in changes {
            guard let path = folder.localPath(change.path) else { continue }
            if let place = Self.refused(path) {
                if change.after != nil { refused.insert(place) } else { left.insert(place) }
                if change.after != nil { continue }
            }
            if change.after?.mode == .submodule { try quarantine(folder, path, .submodule) }
            if change.after == nil, quarantined[path]?.isOfTree ?? false {
                try quarantine(folder, path, nil)
            }
            // Another repository's commit is no file: it is carried in the tree, not applied.
            wanted[path] = .some(change.after.flatMap { $0.mode == .submodule ? nil : $0 })
        }
        for path in refused { try quarantine(folder, path, .name) }
        for path in left.subtracting(refused) where quarantined[path] == .name {
            let place = folder.repositoryPath(path)
            let isThere =
                try TreeDiff.subtree(of: tree, at: place, reading: repository) != nil
                || TreeDiff.version(at: place, of: tree, reading: repository) != nil
            if !isThere { try quarantine(folder, path, nil) }
        }
        let bases = try bases(of: folder)
        for path in bases.deferred where wanted[path] == nil && folder.isInScope(path) {
            wanted[path] = .some(
                try TreeDiff.version(
                    at: folder.repositoryPath(path), of: tree, reading: repository))
        }
        return try wanted.map { path, want in
            ApplyStep(
                path: path, have: try store.file(folder.id, path), want: want,
                base: try bases.base(of: path))
        }.sorted { $0.path < $1.path }
    }

    /// The first part of a path, with all above it, that may not be a name in a folder.
    private static func refused(_ path: TreePath) -> TreePath? {
        if path.components.allSatisfy({ TreeName.isCheckoutSafe($0) }) { return nil }
        return ([path] + path.ancestors).last { !TreeName.isCheckoutSafe($0.name) }
    }

    /// What waited to be applied has left the head again, or stands there by now.
    private func release(_ upToDate: [TreePath], in folder: VaultFolder) throws {
        if upToDate.isEmpty { return }
        let quarantined = try folder.quarantined(store)
        for path in upToDate {
            // Other reasons are the capture's to take away.
            guard let reason = quarantined[path], [.obstructed, .readOnly].contains(reason) else {
                continue
            }
            try quarantine(folder, path, nil)
        }
    }

    /// Writes all new contents beside the folder, durably, before the first file is touched: a
    /// full disk changes nothing.
    /// - Returns: what was written, and the steps that fail for themselves alone; without a
    ///   failure those that are held back as before, for which nothing is written in vain.
    private func stage(_ steps: [ApplyStep], in folder: VaultFolder, modified: Timestamp) throws
        -> (staged: [StagedContent], refused: [(ApplyStep, FolderError?)])
    {
        var staged: [StagedContent] = []
        var refused: [(ApplyStep, FolderError?)] = []
        work.begin(.apply, of: steps.count)
        defer { work.end(.apply) }
        let quarantined = try folder.quarantined(store)
        do {
            for step in steps {
                guard let want = step.want else { continue }
                if let reason = quarantined[step.path],
                    folder.access.isStillQuarantined(step.path, for: reason)
                {
                    refused.append((step, nil))
                    continue
                }
                let content = try repository.blob(want.id)
                do throws(FolderError) {
                    let file = try folder.access.stage(content, as: want, modified: modified)
                    staged.append(
                        StagedContent(
                            step: step, file: file, sha256: SHA256Digest.of(content)))
                } catch {
                    if error.code.reason == nil { throw error }
                    refused.append((step, error))
                }
            }
            try folder.access.flush(staged.map(\.file))
            return (staged, refused)
        } catch {
            for content in staged { folder.access.discard(content.file) }
            throw error
        }
    }

    /// The device to name as the source of what a commit brings; nil when that is this one.
    private func source(of head: ObjectID) throws -> String? {
        let commit = try repository.commit(head)
        let device = CommitStamps.device(of: commit)
        return device == identity.device ? nil : device
    }
}

/// A new version that waits beside the folder.
struct StagedContent {
    let step: ApplyStep
    let file: StagedFile
    let sha256: [UInt8]
}
