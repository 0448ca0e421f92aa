internal import SyncModel

/// Taking the folders' changes into the repository. A capture commit's parent is the commit whose
/// version the writer saw, which is the folder's applied commit but for paths whose newer version
/// was put off: so a local edit never silently undoes a change it knew nothing of.
final class VaultCapture {
    private let folders: [VaultFolder]
    private let repository: any ObjectRepository
    private let branch: Branch
    private let rechecks: Rechecks
    private let joining: Joining
    private let recovery: HeadRecovery
    private let reader: FolderReader
    private let folderCapture: FolderCapture
    private let gate: CaptureGate
    private let commits: CaptureCommits
    private let clock: any WallClock
    private var moved = MovedFiles()

    init(
        _ folders: [VaultFolder], _ repository: any ObjectRepository, branch: Branch,
        rechecks: Rechecks, joining: Joining, recovery: HeadRecovery, reader: FolderReader,
        folderCapture: FolderCapture, gate: CaptureGate, commits: CaptureCommits,
        clock: any WallClock
    ) {
        (self.folders, self.repository, self.branch) = (folders, repository, branch)
        (self.rechecks, self.joining, self.recovery) = (rechecks, joining, recovery)
        (self.reader, self.folderCapture) = (reader, folderCapture)
        (self.gate, self.commits, self.clock) = (gate, commits, clock)
    }

    /// Captures what is dirty into one commit, or one for each commit that was changed upon, and
    /// advances the state store.
    /// - Parameters:
    ///   - dirty: what to look at, by folder.
    /// - Throws: `RepositoryError`, `StateStoreError`, or `.tooManyOpenFiles`; nothing
    ///   is lost, and what was dirty has to be given again. Whatever else fails in one folder stops
    ///   that one alone, until the next capture.
    @discardableResult
    func capture(
        _ dirty: [FolderID: DirtyPaths], _ options: CaptureOptions = .init()
    ) throws -> CaptureReport {
        let cutShort = folders.count(where: \.interrupted.needsScan)
        var report = try captureOnce(dirty, options)
        if folders.count(where: \.interrupted.needsScan) < cutShort {
            // Now that they have told what they can, what the displaced files hold is captured.
            let late = try captureOnce([:], options)
            report.head = late.head ?? report.head
            report.changes += late.changes
        }
        return report
    }

    private func captureOnce(
        _ dirty: [FolderID: DirtyPaths], _ options: CaptureOptions
    ) throws -> CaptureReport {
        try recovery.recoverHead()
        if try joining.waitsForRemote() {
            rechecks.add(dirty)
            return CaptureReport()
        }
        var dirty = dirty.merging(rechecks.take(), uniquingKeysWith: DirtyPaths.both)
        var isDone = false
        defer { if !isDone { rechecks.add(dirty) } }
        for folder in folders where folder.interrupted.needsScan {
            dirty[folder.id] = .everything
        }
        try askAgainWhatMayHaveMoved(&dirty)
        let head = try branch.head()
        let pack = try repository.beginPack()
        var captured: [Captured] = []
        var readings: [FolderReading] = []
        for folder in folders {
            do {
                try folder.access.checkRoot()
                let isFree = try isPrefixFree(of: folder, at: head)
                folder.stopped = nil
                guard isFree else {
                    rechecks.noteAll(of: folder)
                    continue
                }
                if folder.interrupted.needsScan {
                    // What it displaced stays until all is learnt that can be told by it.
                    folder.interrupted.placed.merge(try folder.access.replacements()) { $1 }
                } else {
                    captured += try reader.displaced(in: folder, into: pack)
                }
                guard let dirty = dirty[folder.id], !dirty.isEmpty else { continue }
                readings.append(
                    try folderCapture.read(folder, dirty, options: options, into: pack))
            } catch let error as FolderError {
                try rechecks.stop(folder, for: error)
            }
        }
        captured += try changes(of: readings, options)
        try flushInterrupted(&captured)
        let report = try commits.commit(
            gate.passed(captured, into: pack), onto: head, into: pack, options: options)
        for reading in readings { reading.folder.recentDeletions.end(at: clock.now()) }
        isDone = true
        return report
    }

    /// Makes durable what an apply that was cut short may have put there, before the state store
    /// says that it is there: gone with the power, it would count as deleted. A folder where that
    /// cannot be done stops, with nothing of it captured: an edit whose record does not follow it
    /// would conflict with the next of the same file.
    private func flushInterrupted(_ captured: inout [Captured]) throws {
        for folder in folders where folder.stopped == nil && folder.interrupted.needsScan {
            let own = captured.filter { $0.folder === folder && $0.displaced == nil }
            let directories = own.flatMap { $0.local.ancestors.map(Optional.some) + [nil] }
            do throws(FolderError) {
                try folder.access.flush(directories: Set(directories))
            } catch {
                try rechecks.stop(folder, for: error)
                captured.removeAll { $0.folder === folder && $0.displaced == nil }
            }
        }
    }

    /// Whether what is captured in a folder takes no file's place: the vault may have had a file
    /// where the folder's own ones stand, and nobody here saw it.
    /// - Returns: false while the head has no such file any more, and was not applied yet.
    /// - Throws: `FolderError` `.prefixTaken` while the head has it.
    private func isPrefixFree(of folder: VaultFolder, at head: ObjectID?) throws -> Bool {
        guard let prefix = folder.id, let head else { return true }
        let known = try folderCapture.applied(folder) ?? head
        guard try file(at: prefix, of: known) != nil else { return true }
        guard let place = try file(at: prefix, of: head) else { return false }
        throw FolderError(.prefixTaken, "sync the folder \(prefix)", nil, "\(place)")
    }

    /// The file that a commit has at a path or above it.
    private func file(at path: TreePath, of commit: ObjectID) throws -> TreePath? {
        let tree = try repository.tree(of: commit)
        return try ([path] + path.ancestors).first {
            try TreeDiff.file(at: $0, of: tree, reading: repository) != nil
        }
    }

    /// What is to be committed of what was read in all folders.
    private func changes(
        of readings: [FolderReading], _ options: CaptureOptions
    ) throws -> [Captured] {
        moved.begin({ readings.flatMap(\.came) }, at: clock.now())
        var captured: [Captured] = []
        for reading in readings {
            captured += try folderCapture.changes(of: reading, options: options) { content in
                try moved.claim(content, goneFrom: reading.folder.id, stands: stands)
            }
        }
        moved.end(isKept: folders.count > 1)
        return captured
    }

    /// Whether what came in a capture before is there still; what cannot be looked at is not.
    private func stands(_ arrival: Arrival) throws -> Bool {
        guard let folder = folders.first(where: { $0.id == arrival.folder }) else { return false }
        do throws(FolderError) { return try folder.access.stat(arrival.path) != nil } catch {
            if error.code == .tooManyOpenFiles { throw error }
            return false
        }
    }

    /// What is held as deleted may be coming to another folder, or elsewhere in its own: it is
    /// decided anew.
    private func askAgainWhatMayHaveMoved(_ dirty: inout [FolderID: DirtyPaths]) throws {
        for folder in folders where !folder.quarantinedDeletions.isEmpty {
            let own = dirty[folder.id] ?? DirtyPaths()
            let comes =
                try dirty.contains { $0.key != folder.id && !$0.value.isEmpty }
                || !own.directories.isEmpty
                || folderCapture.brings(own.paths, to: folder)
            if !comes { continue }
            var held = DirtyPaths()
            held.paths = folder.quarantinedDeletions
            dirty[folder.id, default: DirtyPaths()].merge(held)
        }
    }

    /// Captures what an apply left that was cut short, before another head is applied: a file that
    /// neither head has would count as new then.
    func learnCutShort() throws {
        if folders.contains(where: \.interrupted.needsScan) { try capture([:]) }
    }
}
