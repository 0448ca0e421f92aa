internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// Changes that are asked for and not captured: they are committed first and then applied to the
/// folders like any other device's, so that an edit that lands meanwhile is never lost.
final class RequestedChanges {
    private let repository: any ObjectRepository
    private let store: any StateStore
    private let clock: any WallClock
    private let places: WritablePlaces
    private let branch: Branch
    private let conflicts: OpenConflicts
    private let commits: ChangeCommits
    private var restored: RestoredVersions { RestoredVersions(repository: repository) }

    init(
        _ repository: any ObjectRepository, _ store: any StateStore, _ clock: any WallClock,
        _ places: WritablePlaces, branch: Branch, conflicts: OpenConflicts,
        commits: ChangeCommits
    ) {
        self.places = places
        (self.repository, self.store, self.clock) = (repository, store, clock)
        (self.branch, self.conflicts, self.commits) = (branch, conflicts, commits)
    }

    /// Resolves a conflict.
    /// - Parameter id: the record's.
    /// - Throws: `ChangeRefusal`, or what reading and writing throws; nothing has changed then.
    func resolve(_ id: String, _ request: ResolveRequest) throws -> ChangeReport {
        let head = try branch.head()
        let open = try open().records
        guard let record = open.first(where: { $0.id == id }) else {
            throw ChangeRefusal(.missing, "there is no open conflict \(id): it is resolved")
        }
        if [.ours, .theirs].contains(request.choice) { try refuseUnclear(record) }
        let pack = try repository.beginPack()
        let tree = try tree(of: head)
        let resolution = ConflictResolution(
            record: record, device: commits.device, tree: tree, reader: repository,
            standing: StandingSides(of: tree, open, reading: repository))
        var versions = try resolution.versions(request, writing: pack)
        // A text that was made just now is of this conflict alone.
        let known = versions.filter { $0.value.map { repository.contains($0.id) } ?? true }
        let others = try open.filter {
            try $0.id != id && !$0.isOfSubmodule(reading: repository)
        }
        let byEdit = ResolvedByEdit(tree, of: others, reading: repository)
        versions.merge(try restored.consequences(of: known, byEdit, into: pack)) { chosen, _ in
            chosen
        }
        var made: [ObjectID: [UInt8]] = [:]
        if !record.isText, let chosen = versions[record.path] ?? nil, repository.contains(chosen.id)
        {
            let reopened = ReopenedConflicts(repository: repository, store: store, head: head)
            for again in try reopened.records(in: chosen, resolving: record) {
                let id = try pack.add(.blob, again.rendered)
                made[id] = again.rendered
                versions[again.recordPath] = FileVersion(mode: .regular, id: id)
            }
        }
        return try commits.commit(
            versions, into: pack,
            ChangeWords(
                "settled \(record.path) (\(request.choice.rawValue))", action: .resolve,
                continues: try continued(request.continues, from: head)),
            isDryRun: request.dryRun, isWritten: request.choice == .content, made: { made[$0] })
    }

    /// The commit that a resolve goes on from, where one is named.
    /// - Throws: `ChangeRefusal` for what is no resolve that the head leads to.
    private func continued(_ name: ObjectID?, from head: ObjectID?) throws -> ObjectID? {
        guard let name else { return nil }
        guard let head, repository.contains(name), try repository.header(name).kind == .commit,
            ChangeAction(of: try repository.commit(name)) == .resolve,
            try History(CommitStamps(reading: repository)).isAncestor(name, of: head)
        else {
            throw ChangeRefusal(.missing, "there is no resolve \(name.short) to go on with")
        }
        return name
    }

    /// Refuses a choice by whose a side is where that does not show: two machines have one name.
    private func refuseUnclear(_ record: ConflictRecord) throws {
        let device = commits.device
        let namesake = try Namesake(
            repository.reference(Revision.namesakeReference), of: device, reading: repository)
        guard namesake != nil, record.isUnclear(to: device) else { return }
        let blobs = record.sides.compactMap { $0.blob?.hex }.joined(separator: " or ")
        throw ChangeRefusal(
            .wrong,
            "more than one machine may be called \(device), and nothing tells which side "
                + "of \(record.path) is this one's: --both, --edit or --file, or "
                + "syncctl restore \(record.path) --to \(blobs)")
    }

    /// Brings back versions of files or directories. What came into a directory since stays.
    func restore(_ request: RestoreRequest) throws -> ChangeReport {
        guard let head = try branch.head() else {
            throw ChangeRefusal(.missing, "nothing is committed yet")
        }
        let pack = try repository.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        var source: ObjectID?
        let scratch = ScratchRepository(over: repository)
        let meant: String
        if let blob = try blob(request.to) {
            guard request.paths.count == 1 else {
                throw ChangeRefusal(.wrong, "\(request.to) is one file's content: name one path")
            }
            let path = request.paths[0]
            meant = blob.short
            let here = try replaced(path, of: tree(of: head))
            let then = try HistoryLog(reading: repository, path: path)
                .version(with: blob, from: head)
            // Where a file never had it, it comes as one that is written here does.
            if here == nil && then == nil { _ = try places.place(of: path) }
            versions[path] = then ?? .content(blob, inPlaceOf: here)
        } else {
            let now = clock.now()
            let sides = try branch.revisions(behind: head).sidesOrRefuse(request.to, now: now)
            let past = try PastState(request.to, sides, now: now, in: scratch)
            meant = past.words
            let tree = try scratch.commit(past.commit).tree
            source = tree
            let found = try PastFiles(request.paths, of: tree, reading: scratch)
            if let path = found.missing.first {
                throw ChangeRefusal(.missing, "there is no \(path) in \(past.words)")
            }
            // The record of a conflict comes back with its file, and without it says nothing.
            for (path, version) in found.files where !ConflictRecord.isRecord(path) {
                versions[path] = version
            }
        }
        let inScratch = RestoredVersions(repository: scratch)
        if let record = request.record {
            try inScratch.keepOnly(record, of: &versions, over: tree(of: head), into: pack)
            source = nil
        }
        try inScratch.complete(&versions, from: source, over: tree(of: head), into: pack)
        for case let version? in versions.values {
            if let made = scratch.madeBlob(version.id) { _ = try pack.add(.blob, made) }
        }
        let named = versions.keys.filter { !ConflictRecord.isRecord($0) }
        let what =
            named.count == 1 ? "\(named.first?.description ?? "")" : "\(named.count) files"
        let which = request.record.map { "record \($0) of " } ?? ""
        return try commits.commit(
            versions, into: pack,
            ChangeWords(
                "restored \(which)\(what) to \(meant)", action: .restore),
            isDryRun: request.dryRun, made: scratch.madeBlob)
    }

    /// Sets the type of the files that match a pattern, in the tree's own `.gitattributes`.
    func setType(_ request: TypeRequest) throws -> ChangeReport {
        guard FileType(rawValue: request.type) != nil else {
            let all = FileType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ChangeRefusal(.wrong, "there is no type '\(request.type)'; there are \(all)")
        }
        let isWrong: (Character) -> Bool = { $0.isWhitespace || $0 == "\"" }
        if request.pattern.isEmpty || request.pattern.contains(where: isWrong) {
            throw ChangeRefusal(.wrong, "expected a pattern without blanks and quotes")
        }
        let path = TypeRules.attributes(in: nil)
        let tree = try tree(of: branch.head())
        // By bytes: names in other lines need be no UTF-8.
        var lines: [ArraySlice<UInt8>] = []
        let before = try TreeDiff.version(at: path, of: tree, reading: repository)
        if let before {
            guard before.mode.isFile else { throw ChangeRefusal(.wrong, "\(path) is no file") }
            lines = try repository.blob(before.id)
                .split(separator: 0x0a, omittingEmptySubsequences: false)
            if lines.last?.isEmpty ?? false { lines.removeLast() }
        }
        let line = "\(request.pattern) sync=\(request.type)"
        lines.removeAll { existing in
            let words = existing.split { [0x20, 0x09, 0x0d].contains($0) }
            return words.count == 2 && words[0].elementsEqual(request.pattern.utf8)
                && words[1].starts(with: "sync=".utf8)
        }
        lines.append(Array(line.utf8)[...])
        let pack = try repository.beginPack()
        let content = lines.flatMap { $0 + [0x0a] }
        let version = FileVersion(
            mode: before?.mode ?? .regular, id: try pack.add(.blob, content))
        return try commits.commit(
            [path: version], into: pack, ChangeWords("set \(line)"), isDryRun: false)
    }

    /// The file that a content is to replace; nil where it is to be a new one.
    /// - Throws: `ChangeRefusal` where no file can be put.
    private func replaced(_ path: TreePath, of tree: ObjectID?) throws -> FileVersion? {
        if ConflictRecord.isRecord(path) {
            throw ChangeRefusal(.wrong, "\(path) is the vault's own")
        }
        let here = try TreeDiff.version(at: path, of: tree, reading: repository)
        if let here, !here.isDirectory { return here }
        let isDirectory = try TreeDiff.subtree(of: tree, at: path, reading: repository) != nil
        if here != nil || isDirectory {
            throw ChangeRefusal(.wrong, "\(path) is a directory, and a blob is one file's content")
        }
        try WritablePlaces.checkAbove(path, of: tree, reading: repository)
        return nil
    }

    /// The blob that 40 digits name; nil when they name something else.
    private func blob(_ name: String) throws -> ObjectID? {
        guard let id = ObjectID(hex: name), repository.contains(id),
            try repository.header(id).kind == .blob
        else { return nil }
        return id
    }

    private func open() throws(RepositoryError) -> ConflictList {
        try conflicts.list(of: tree(of: branch.head()))
    }

    private func tree(of commit: ObjectID?) throws(RepositoryError) -> ObjectID? {
        try repository.tree(of: commit)
    }
}
