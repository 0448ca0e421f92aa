internal import SyncMerge
internal import SyncModel

/// Commits that somebody asked for: versions over the head, in one commit.
final class ChangeCommits {
    private let repository: any ObjectRepository
    private let branch: Branch
    private let writer: CommitWriter
    private let places: WritablePlaces
    private let gate: CaptureGate
    /// Who makes them.
    var device: String { writer.device }

    init(
        _ repository: any ObjectRepository, _ branch: Branch, _ writer: CommitWriter,
        places: WritablePlaces, gate: CaptureGate
    ) {
        (self.repository, self.branch, self.writer) = (repository, branch, writer)
        (self.places, self.gate) = (places, gate)
    }

    /// Commits versions over the head.
    /// - Parameters:
    ///   - isWritten: whether somebody wrote what is in them just now: the hook is asked as before
    ///     a capture. What comes from the history was committed before.
    ///   - made: gives the records of conflicts that are in the pack alone.
    /// - Throws: `ChangeRefusal` for a new name that git hosts refuse: a branch with such a one
    ///   could never be pushed again; and for what the hook holds back.
    func commit(
        _ versions: [TreePath: FileVersion?], into pack: any PackSink, _ words: ChangeWords,
        isDryRun: Bool, isWritten: Bool = false,
        made: (ObjectID) -> [UInt8]? = { _ in nil }
    ) throws -> ChangeReport {
        let head = try branch.head()
        let before = try repository.tree(of: head)
        var changes: [TreeChange] = []
        var elsewhere: [TreePath] = []
        for (path, version) in versions where !ConflictRecord.isRecord(path) {
            let here = try TreeDiff.version(at: path, of: before, reading: repository)
            if !isSynced(path, version ?? here) { elsewhere.append(path) }
            if here != version {
                if here == nil, let version { try check(path, version) }
                changes.append(TreeChange(path: path, before: here, after: version))
            }
        }
        var report = ChangeReport(changes)
        report.elsewhere = elsewhere.sorted()
        report.conflicts = try opened(by: versions, over: before, made)
        if isWritten { try refuseHeld(changes, into: pack) }
        if isDryRun { return report }
        let tree = try TreeEdit.apply(versions, to: before, reading: repository, writing: pack)
        if tree == before {
            var same = ChangeReport(commit: nil, paths: [])
            same.elsewhere = report.elsewhere
            return same
        }
        let time = try writer.time(after: head.map { [$0] } ?? [])
        let message = CaptureMessage.text(asked: words, device: device, time: time)
        let id = try writer.write(
            tree, on: head.map { [$0] } ?? [], at: time, message, into: pack)
        try pack.finish()
        try branch.move(to: id, from: head)
        report.commit = id
        // With those that were in the pack alone.
        report.conflicts = try opened(by: versions, over: before, made)
        return report
    }

    private func refuseHeld(_ changes: [TreeChange], into pack: any PackSink) throws {
        let asked = changes.compactMap { change in
            places.synced(change.path, change.after ?? change.before).map {
                CapturedChange(change: change, folder: $0.folder, local: $0.local)
            }
        }
        let held = try gate.held(asked, into: pack)
        if let (path, words) = held.min(by: { $0.key < $1.key }) {
            throw ChangeRefusal(.held, "pre-commit holds \(path) back: \(words)")
        }
    }

    /// Whether this device takes part in a path. The types of files hold here, be the file that
    /// says them in no folder.
    private func isSynced(_ path: TreePath, _ version: FileVersion?) -> Bool {
        path == TypeRules.attributes(in: nil)
            || places.synced(path, version) != nil
    }

    /// The conflicts whose records come with versions and are not in a tree.
    private func opened(
        by versions: [TreePath: FileVersion?], over tree: ObjectID?,
        _ made: (ObjectID) -> [UInt8]?
    ) throws(RepositoryError) -> [OpenConflict] {
        var records: [ConflictRecord] = []
        for (path, version) in versions where ConflictRecord.isRecord(path) {
            guard let version, version.mode.isFile,
                try TreeDiff.version(at: path, of: tree, reading: repository) == nil
            else { continue }
            var content = made(version.id)
            if content == nil, repository.contains(version.id) {
                content = try repository.blob(version.id)
            }
            if let content, let record = ConflictRecord(reading: content) {
                records.append(record)
            }
        }
        return records.sorted { ($0.path, $0.id) < ($1.path, $1.id) }
            .map { OpenConflict($0, device: device) }
    }

    private func check(_ path: TreePath, _ version: FileVersion) throws(ChangeRefusal) {
        let names = path.components
        for (index, name) in names.enumerated() {
            let mode = index < names.count - 1 ? FileMode.directory : version.mode
            if name.elementsEqual(".git".utf8) || TreeName.isRefused(Array(name), as: mode) {
                throw ChangeRefusal(
                    .wrong, "\(path) cannot be brought back: git hosts refuse its name")
            }
        }
    }
}
