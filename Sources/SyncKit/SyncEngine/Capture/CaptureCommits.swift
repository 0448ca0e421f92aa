internal import SyncMerge
internal import SyncModel

extension TrackedFile {
    /// The same row as a version of the folder's applied commit.
    fileprivate var atApplied: TrackedFile {
        TrackedFile(
            path: path, version: version, stat: stat, checked: checked, sha256: sha256,
            source: source)
    }
}

/// Making commits of what was captured, and noting in the state store what the folders hold.
final class CaptureCommits {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock
    private let folders: [VaultFolder]
    private let branch: Branch
    private let writer: CommitWriter
    private let transplanter: Transplanter
    private let recovery: HeadRecovery
    private let rechecks: Rechecks

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        folders: [VaultFolder], branch: Branch, writer: CommitWriter, transplanter: Transplanter,
        recovery: HeadRecovery, rechecks: Rechecks
    ) {
        (self.repository, self.store, self.clock) = (repository, store, clock)
        (self.folders, self.branch, self.writer) = (folders, branch, writer)
        (self.transplanter, self.recovery) = (transplanter, recovery)
        self.rechecks = rechecks
    }

    /// Commits what was captured: one capture commit for each base, merged into the head where the
    /// base is not the head. An edit found in a displaced file is a capture commit of its own: the
    /// path itself may have been edited too. The state store moves last.
    func commit(
        _ captured: [Captured], onto head: ObjectID?, into pack: any PackSink,
        options: CaptureOptions
    ) throws -> CaptureReport {
        let stamps = CommitStamps(reading: repository)
        var captures: [ObjectID?: ObjectID] = [:]
        var asides: [ObjectID] = []
        var report = CaptureReport()
        var containing: [TreePath: ObjectID] = [:]
        for item in captured where item.displaced != nil {
            guard
                let capture = try captureCommit(
                    [item], on: item.base, after: nil, into: pack, stamps: stamps, options: options)
            else { continue }
            asides.append(capture)
            report.changes += 1
        }
        for (base, group) in Self.byBase(captured) {
            let news = try group.filter { item in
                guard let containedIn = try item.containedIn ?? commitContaining(item, at: head)
                else {
                    return true
                }
                containing[item.change.path] = containedIn
                return false
            }
            let rename = try captureCommit(
                renaming: news, on: base, into: pack, stamps: stamps, options: options)
            guard
                let capture = try captureCommit(
                    news, on: base, after: rename, into: pack, stamps: stamps, options: options)
            else { continue }
            captures[base] = capture
            report.changes += news.count
            if base != head { asides.append(capture) }
        }
        var current = captures[head] ?? head
        var move: (any PreparedReference)?
        if asides.isEmpty, let capture = captures[head] {
            move = repository.prepareReference(branch.reference, to: capture, expecting: head)
        }
        try pack.finish()

        for capture in asides {
            current = try current.map { try transplanter.transplant(capture, into: $0) } ?? capture
        }
        // The state store first: if the process ends here, the capture commits are in the
        // repository and the record names them, so that `recoverHead` finds them. The other way
        // round a later edit of the same file would be taken for an edit of the version before.
        recovery.mayHaveLostHead = true
        try note(captured, captures, containing, over: head)
        if let current { try branch.move(to: current, from: head, move) }
        try transplanter.pin(asides, by: current)
        recovery.mayHaveLostHead = false
        for item in captured {
            guard let displaced = item.displaced else { continue }
            do throws(FolderError) { try item.folder.access.forget(displaced) } catch {
                try rechecks.stop(item.folder, for: error)
            }
        }
        if current != head { report.head = current }
        return report
    }

    /// What was captured for each commit that it was made upon, in the order in which it was made:
    /// what a name was freed of comes before what took it.
    private static func byBase(_ captured: [Captured])
        -> [(base: ObjectID?, changes: [Captured])]
    {
        let own = captured.filter { $0.displaced == nil }
        var order: [ObjectID?] = []
        var groups: [ObjectID?: [Captured]] = [:]
        for item in own.filter({ $0.row == nil }) + own.filter({ $0.row != nil }) {
            if groups[item.base] == nil { order.append(item.base) }
            groups[item.base, default: []].append(item)
        }
        return order.map { ($0, groups[$0] ?? []) }
    }

    /// The commit that has what stands in the folder already, so that nothing is to be committed:
    /// the head that came in since, or one whose apply was begun and did not end. Any other that
    /// has it says nothing: a user may have brought an older version back.
    private func commitContaining(_ item: Captured, at head: ObjectID?) throws -> ObjectID? {
        guard let head else { return nil }
        let folder = item.folder
        // A head that came while the file could not be read says nothing about what stands there.
        let mayBeApplied = item.change.after != nil && folder.interrupted.mayBeApplied(item.local)
        if item.base == head, item.change.before != nil, !mayBeApplied { return nil }
        if try item.base != head && version(at: item.change.path, of: head) == item.change.after {
            return head
        }
        guard mayBeApplied, let after = item.change.after,
            folder.interrupted.mayBeUntouched(after, at: item.local)
        else { return nil }
        return try folder.interrupted.heads(of: item.local).last { commit in
            try version(at: item.change.path, of: commit) == after
        }
    }

    private func version(at path: TreePath, of commit: ObjectID) throws -> FileVersion? {
        try TreeDiff.version(at: path, of: repository.tree(of: commit), reading: repository)
    }

    /// A commit of this capture that the next one stands on, while it is not to be read yet.
    private struct Step {
        let commit: ObjectID
        let time: Timestamp
    }

    /// Writes the renames of a capture's files, as they were before they were edited.
    private func captureCommit(
        renaming group: [Captured], on base: ObjectID?, into pack: any PackSink,
        stamps: CommitStamps, options: CaptureOptions
    ) throws -> Step? {
        let gone = Set(group.filter { $0.row == nil }.map(\.change.path))
        var changes: [TreeChange] = []
        for item in group {
            guard let old = item.renamedFrom, gone.contains(old.path) else { continue }
            changes.append(TreeChange(path: old.path, before: old.before, after: nil))
            changes.append(TreeChange(path: item.change.path, before: nil, after: old.before))
        }
        if changes.isEmpty { return nil }
        let tree = try TreeEdit.apply(
            Dictionary(changes.map { ($0.path, $0.after) }, uniquingKeysWith: { $1 }),
            to: repository.tree(of: base), reading: repository, writing: pack)
        let time = try time(
            of: group, after: base.map { try stamps.time(of: $0) }, options: options)
        let message = CaptureMessage.text(changes, device: writer.device, time: time)
        let commit = try writer.write(
            tree, on: base.map { [$0] } ?? [], at: time, message, into: pack)
        return Step(commit: commit, time: time)
    }

    /// When a capture's changes were made.
    private func time(
        of group: [Captured], after least: Timestamp?, options: CaptureOptions
    ) throws -> Timestamp {
        let now = clock.now()
        let newest = group.compactMap(\.modified).max().map { Timestamp(nanoseconds: $0) }
        let seen = options.live ? now : min(now, newest ?? now)
        return CaptureTime.of(seen, after: least, at: now)
    }

    /// Writes one capture commit; nil when nothing differs from its parent's tree.
    /// - Parameter step: what it stands on in place of `base`, whose tree it changes.
    private func captureCommit(
        _ group: [Captured], on base: ObjectID?, after step: Step?, into pack: any PackSink,
        stamps: CommitStamps, options: CaptureOptions
    ) throws -> ObjectID? {
        if group.isEmpty { return nil }
        let parentTree = try repository.tree(of: base)
        var versions = Dictionary(
            group.map { ($0.change.path, $0.change.after) }, uniquingKeysWith: { $1 })
        let atApplied = try ResolvedByEdit(parentTree, reading: repository)
        if !atApplied.isEmpty {
            let contents = Dictionary(
                group.map { ($0.change.path, $0.content) }, uniquingKeysWith: { $1 })
            let renames = Dictionary(
                group.compactMap { item in item.renamedFrom.map { ($0.path, item.change.path) } },
                uniquingKeysWith: { $1 })
            versions.merge(
                try atApplied.changes(
                    versions, renames: renames, content: { contents[$0] ?? nil }, writing: pack)
            ) { $1 }
        }
        let tree = try TreeEdit.apply(
            versions, to: parentTree, reading: repository, writing: pack)
        if tree == parentTree ?? Tree.emptyID { return nil }

        let parent = try step?.time ?? base.map { try stamps.time(of: $0) }
        let time = try time(of: group, after: parent, options: options)
        let message = CaptureMessage.text(
            group.map(\.change), device: writer.device, time: time)
        let parents = [step?.commit ?? base].compactMap { $0 }
        return try writer.write(tree, on: parents, at: time, message, into: pack)
    }

    /// Advances the state store: the folders hold what was captured, of the commit that captured
    /// it.
    private func note(
        _ captured: [Captured], _ captures: [ObjectID?: ObjectID],
        _ containing: [TreePath: ObjectID],
        over head: ObjectID?
    ) throws {
        let onHead = captures[head]
        for folder in folders where folder.stopped == nil {
            let isCurrent = try store.applied(folder.id) == head
            let advances = onHead != nil && isCurrent
            var changes: [StateChange] = []
            for item in captured where item.folder === folder && item.displaced == nil {
                if let row = item.row {
                    changes.append(.put(row.atApplied))
                } else {
                    changes += [.remove(item.local), .clearDeferral(item.local)]
                }
                if item.base == head && isCurrent && containing[item.change.path] == nil {
                    continue
                }
                let holds = containing[item.change.path] ?? captures[item.base] ?? item.base ?? head
                if let holds {
                    changes.append(.deferUpdate(item.local, base: holds))
                }
            }
            // All that an apply which was cut short left was looked at.
            let next = folder.interrupted.ended()
            if let end = folder.interrupted.change(to: next, in: folder.id) { changes.append(end) }
            if !changes.isEmpty || advances {
                try store.advance(folder.id, changes, applied: advances ? onHead : nil)
            }
            if isCurrent { try release(captured.filter { $0.base == head }, in: folder) }
            folder.interrupted = next
        }
    }

    /// Lets go of what the head's tree alone had where something was captured over it: no apply
    /// will find that it went.
    private func release(_ captured: [Captured], in folder: VaultFolder) throws {
        let held = try folder.quarantined(store).filter { $0.value.isOfTree }
        if held.isEmpty { return }
        for item in captured
        where item.folder === folder && item.displaced == nil && item.row != nil {
            for path in [item.local] + item.local.ancestors where held[path] != nil {
                try store.quarantine(folder.id, path, nil)
            }
        }
    }
}
