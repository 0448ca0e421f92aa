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
/// the record moves last: a crash in between leaves each path whole, old or new, and the next
/// apply goes on from what stands there.
extension Vault {
    /// Applies the head to every folder that is not stopped.
    /// - Throws: `RepositoryError`, `RecordError`; `FolderError` `.noSpace` before anything in a
    ///   folder changed. What could not be applied is put off, never lost.
    @discardableResult
    package func applyHead() throws -> ApplyReport {
        var report = ApplyReport()
        guard let head = try head() else { return report }
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

    /// Brings back what was deleted in a folder while its deletion is held: the record forgets
    /// those files, so that the next apply puts them there anew.
    package func restoreDeleted(_ folder: VaultFolder) throws {
        let bases = try bases(of: folder)
        let findings = try Examination.examine(
            .everything, of: folder, record: record, tracked: bases.postponed)
        var changes: [RecordChange] = []
        for row in findings.deleted {
            changes.append(.remove(row.path))
            changes.append(.postpone(row.path, base: try bases.base(of: row.path) ?? .zero))
            try hold(folder, row.path, nil)
        }
        try record.advance(folder.id, changes, applied: nil)
        folder.heldDeletions = 0
        folder.keepsDeleted = true
    }

    /// Applies the head to one folder.
    private func apply(_ head: ObjectID, to index: Int, _ report: inout ApplyReport) throws {
        let folder = folders[index]
        let applied = try record.applied(folder.id)
        if try applied == head && deferred(folder).isEmpty {
            return try recheckHeld(folder, at: head)
        }
        let steps = try steps(folder, from: applied, to: head)
        let plan = ApplyPlan(steps)
        var application = Application(
            folder: folder, record: record, clock: clock,
            source: try source(of: head))
        if !plan.isEmpty {
            let modified = Timestamp(seconds: try repository.commit(head).committer.seconds)
            try begin(head, in: folder)
            let staged = try stage(plan.installs, in: folder, modified: modified)
            application.run(plan, staged)
        }
        application.changes += plan.settled.map { .settle($0) }
        try record.advance(folder.id, application.changes, applied: head)
        try end(in: folder)
        for path in application.edited { lookAgain(index, path) }
        for hold in application.holds { try self.hold(folder, hold.path, hold.reason) }
        try recheckHeld(folder, at: head)
        report.applied += application.done
        report.waiting += application.waiting
        if application.rulesChanged {
            folder.ignore.reset()
            changedRules.insert(index)
            again[index] = .everything
        }
        if let failure = application.failure { throw failure }
    }

    /// The paths of the repository that a folder does not hold in the head's version, sorted, and
    /// for what each waits.
    func waiting() throws -> [HeldPath] {
        var result: [HeldPath] = []
        for folder in folders {
            let deferred = try deferred(folder)
            if deferred.isEmpty { continue }
            let held = Dictionary(
                try record.held(folder.id).map { ($0.path, $0.reason) }, uniquingKeysWith: { $1 })
            for path in deferred.map({ folder.repositoryPath($0.path) }) {
                result.append(HeldPath(path: path, reason: held[path] ?? .busy))
            }
        }
        return result.sorted { $0.path < $1.path }
    }

    /// Lets go of paths whose reason is gone: one is obstructed only while its newer version
    /// waits, and a name is refused only while the head or the folder has it.
    private func recheckHeld(_ folder: VaultFolder, at head: ObjectID) throws {
        let held = try record.held(folder.id).filter { [.obstructed, .name].contains($0.reason) }
        if held.isEmpty { return }
        let waiting = Set(try record.deferred(folder.id).map(\.path))
        let tree = try tree(of: head)
        for hold in held {
            guard let path = folder.belowRoot(hold.path), !waiting.contains(path) else { continue }
            if hold.reason == .name {
                if try isEntry(hold.path, of: tree) || folder.access.stat(path) != nil { continue }
            }
            try self.hold(folder, path, nil)
        }
    }

    /// Whether a tree has an entry of any kind at a path.
    private func isEntry(_ path: TreePath, of tree: ObjectID?) throws -> Bool {
        guard var id = tree else { return false }
        for (index, name) in path.components.enumerated() {
            let entries = try repository.tree(id).entries
            guard let entry = entries.first(where: { $0.name.elementsEqual(name) }) else {
                return false
            }
            if index == path.components.count - 1 { return true }
            guard entry.mode == .directory else { return false }
            id = entry.id
        }
        return false
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
            try hold(folder, path, isThere ? .name : nil)
        }
        var wanted: [TreePath: FileVersion?] = [:]
        for change in changes {
            guard let path = folder.localPath(change.path) else { continue }
            if change.after != nil, !Self.mayStand(path) {
                try hold(folder, path, .name)
                continue
            }
            // Another repository's commit is no file: it is carried in the tree, not applied.
            wanted[path] = .some(change.after.flatMap { $0.mode == .submodule ? nil : $0 })
        }
        let bases = try bases(of: folder)
        for path in bases.postponed where wanted[path] == nil && folder.isInScope(path) {
            wanted[path] = .some(
                try TreeDiff.version(
                    at: folder.repositoryPath(path), of: tree, reading: repository))
        }
        return try wanted.map { path, want in
            ApplyStep(
                path: path, have: try record.file(folder.id, path), want: want,
                base: try bases.base(of: path))
        }.sorted { $0.path < $1.path }
    }

    /// Whether no part of a path is git's own directory to some program or file system.
    private static func mayStand(_ path: TreePath) -> Bool {
        path.components.allSatisfy { TreeName.fault($0) != .repository }
    }

    /// Writes all new contents beside the folder, durably, before the first file is touched: a
    /// full disk changes nothing.
    private func stage(_ steps: [ApplyStep], in folder: VaultFolder, modified: Timestamp) throws
        -> [StagedContent]
    {
        var staged: [StagedContent] = []
        do {
            for step in steps {
                guard let want = step.want else { continue }
                let content = try repository.blob(want.id)
                let file = try folder.access.stage(content, as: want, modified: modified)
                staged.append(
                    StagedContent(
                        step: step, file: file, sha256: SHA256Digest.of(content)))
            }
            try folder.access.flush(staged.map(\.file))
            return staged
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
