internal import SyncModel

/// Reading dirty files into a pack.
final class FolderReader {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock
    private let branch: Branch
    private let rechecks: Rechecks
    private let work: WorkCount

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        branch: Branch, rechecks: Rechecks, work: WorkCount
    ) {
        (self.repository, self.store, self.clock) = (repository, store, clock)
        (self.branch, self.rechecks, self.work) = (branch, rechecks, work)
    }

    /// What reading one file gave beside its content.
    private enum Reading: Sendable {
        case read(
            mode: FileMode?, stat: FileStat, checked: Int64, sha256: [UInt8], kept: [UInt8]?)
        case failed(FolderError)
    }

    /// Reads files into the pack, many at a time where that pays.
    /// - Parameter keepsText: whether the bytes of what may be a document are needed beside the
    ///   pack.
    /// - Parameter modes: tells the mode of a file whose executable bit is not kept.
    /// - Returns: the files whose version is another than the state store's, with the new row and
    ///   the version before. Rows of files that turn out unchanged are refreshed on the way; what
    ///   cannot be read is held back and named.
    func read(
        _ files: [(path: TreePath, row: TrackedFile?)], in folder: VaultFolder,
        into pack: any PackSink, modes: UnkeptModes,
        keepingText keepsText: @Sendable (TreePath) -> Bool
    ) throws -> [ReadFile] {
        let (access, clock, work) = (folder.access, clock, work)
        work.begin(.store, of: files.count)
        defer { work.end(.store) }
        let impatient = folder.busy.neverClosed(files.map(\.path), at: clock.nanoseconds())
        let readings = try pack.addBlobs(files.count) {
            number -> (content: [UInt8]?, outcome: Reading) in
            let path = files[number].path
            let isOpen = impatient.contains(path)
            // Who writes through a mapping leaves no mark: the stat of such a file tells nothing.
            let checked = isOpen ? 0 : clock.nanoseconds()
            do throws(FolderError) {
                let snapshot = try access.read(path, whileOpen: isOpen)
                work.add(.store, 1, bytes: snapshot.content.count)
                if let words = ServerCheck.refusal(of: snapshot.content, named: path.name) {
                    throw FolderError(.refused, "capture", path, words)
                }
                let reading = Reading.read(
                    mode: snapshot.mode, stat: snapshot.stat, checked: checked,
                    sha256: SHA256Digest.of(snapshot.content),
                    kept: snapshot.content.count <= Limits.documentSize && keepsText(path)
                        ? snapshot.content : nil)
                return (snapshot.content, reading)
            } catch { return (nil, .failed(error)) }
        }
        var changed: [ReadFile] = []
        var refreshed: [StateChange] = []
        var quarantined = Set(try store.quarantined(folder.id).map(\.path))
        for (file, reading) in zip(files, readings) {
            switch reading.outcome {
            case .failed(let error):
                try note(error, for: file, in: folder)
            case .read(let mode, let stat, let checked, let sha256, let kept):
                folder.busy.noteEnd(file.path)
                folder.interrupted.noteRead(file.path)
                guard let id = reading.id else { continue }
                if quarantined.remove(folder.repositoryPath(file.path)) != nil {
                    try store.quarantine(folder.id, file.path, nil)
                }
                let version = FileVersion(
                    mode: try mode ?? modes.mode(of: id, at: file.path, row: file.row?.version),
                    id: id)
                let row = TrackedFile(
                    path: file.path, version: version, stat: stat, checked: checked,
                    sha256: sha256, source: file.row?.source, base: file.row?.base)
                if row.version == file.row?.version,
                    folder.interrupted.mayBeUntouched(row.version, at: file.path)
                {
                    refreshed.append(.put(row))
                } else {
                    changed.append(
                        ReadFile(
                            path: file.path, row: row.madeHere, before: file.row?.version,
                            kept: kept))
                }
            }
        }
        if !refreshed.isEmpty { try store.advance(folder.id, refreshed, applied: nil) }
        return changed
    }

    /// One file could not be read: it is held back, or looked at again, and the rest goes on.
    private func note(
        _ error: FolderError, for file: (path: TreePath, row: TrackedFile?),
        in folder: VaultFolder
    ) throws {
        if error.code == .notFound {
            folder.busy.noteEnd(file.path)
            folder.interrupted.noteGone(file.path)
        } else {
            folder.interrupted.noteUnread(file.path)
        }
        switch error.code {
        case .notFound: rechecks.note(file.path, in: folder)
        case .busy:
            folder.busy.noteBusy(file.path, at: clock.nanoseconds())
            try store.quarantine(folder.id, file.path, .busy)
            rechecks.note(file.path, in: folder)
        default:
            guard let reason = error.code.reason else { throw error }
            try store.quarantine(folder.id, file.path, reason)
            if error.code == .io { rechecks.note(file.path, in: folder) }
        }
    }

    /// Takes local edits that landed in files which apply had moved out of the way: each is an
    /// edit of the version that stood there. While a program has one open it is looked at again.
    func displaced(in folder: VaultFolder, into pack: any PackSink) throws -> [Captured] {
        var result: [Captured] = []
        for displaced in try folder.access.recheckDisplaced() {
            let snapshot = displaced.snapshot
            let id = try pack.add(.blob, snapshot.content)
            let version =
                snapshot.mode.map { FileVersion(mode: $0, id: id) }
                ?? .content(id, inPlaceOf: displaced.base)
            let path = folder.repositoryPath(displaced.path)
            let base = try commit(having: displaced.base, at: path, in: folder)
            result.append(
                Captured(
                    folder: folder, local: displaced.path,
                    change: TreeChange(path: path, before: displaced.base, after: version),
                    base: base, row: nil, displaced: displaced, content: snapshot.content))
        }
        for path in folder.access.displacedInUse { rechecks.note(path, in: folder) }
        return result
    }

    /// The nearest commit behind the head, or a head that the folder left, in which a path has a
    /// version; nil when none has.
    private func commit(having version: FileVersion?, at path: TreePath, in folder: VaultFolder)
        throws -> ObjectID?
    {
        guard let version, let head = try branch.head() else { return nil }
        let left = LeftHeads(repository: repository, store: store)
        var queue = [head] + (try left.leftHeads(folder).reversed())
        var seen = Set(queue)
        var next = 0
        while next < queue.count, next < Limits.historyWalk {
            let id = queue[next]
            next += 1
            let commit = try repository.commit(id)
            if try TreeDiff.version(at: path, of: commit.tree, reading: repository) == version {
                return id
            }
            for parent in commit.parents where seen.insert(parent).inserted {
                queue.append(parent)
            }
        }
        return nil
    }
}

/// A file that was read and is another than the state store says.
struct ReadFile {
    let path: TreePath
    let row: TrackedFile
    let before: FileVersion?
    /// Its bytes, where they were asked for.
    let kept: [UInt8]?
}

extension TrackedFile {
    /// The same row as a version that this device made.
    var madeHere: TrackedFile {
        TrackedFile(
            path: path, version: version, stat: stat, checked: checked, sha256: sha256,
            source: nil)
    }
}
