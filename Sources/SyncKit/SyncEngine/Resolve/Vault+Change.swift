internal import SyncHistory
internal import SyncMerge
internal import SyncModel

/// Changes that are asked for and not captured: they are committed first and then applied to the
/// folders like any other device's, so that an edit that lands meanwhile is never lost.
extension Vault {
    /// Resolves a conflict.
    /// - Parameter id: the record's.
    /// - Throws: `ChangeRefusal`, or what reading and writing throws; nothing has changed then.
    package func resolve(_ id: String, _ request: ResolveRequest) throws -> ChangeReport {
        let head = try head()
        guard let record = try conflicts().records.first(where: { $0.id == id }) else {
            throw ChangeRefusal(.missing, "there is no open conflict \(id): it is resolved")
        }
        let pack = try repository.beginPack()
        let resolution = ConflictResolution(
            record: record, device: identity.device, tree: try tree(of: head), reader: repository)
        var versions = try resolution.versions(request, writing: pack)
        // A text that was made just now is of this conflict alone.
        let known = versions.filter { $0.value.map { repository.contains($0.id) } ?? true }
        let others = try ResolvedByEdit(tree(of: head), except: id, reading: repository)
        versions.merge(try consequences(of: known, others, pack)) { chosen, _ in chosen }
        if !record.isText, let chosen = versions[record.path] ?? nil, repository.contains(chosen.id)
        {
            let open = ReopenedConflicts(repository: repository, store: store, head: head)
            for again in try open.records(in: chosen, resolving: record) {
                versions[again.recordPath] = FileVersion(
                    mode: .regular, id: try pack.add(.blob, again.rendered))
            }
        }
        return try commit(
            versions, pack,
            ChangeWords(
                "settled \(record.path) (\(request.choice.rawValue))", action: .resolve),
            isDryRun: request.dryRun)
    }

    /// Brings back versions of files or directories. What came into a directory since stays.
    package func restore(_ request: RestoreRequest) throws -> ChangeReport {
        guard let head = try head() else {
            throw ChangeRefusal(.missing, "nothing is committed yet")
        }
        let pack = try repository.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        var source: ObjectID?
        if let blob = try blob(request.to) {
            guard request.paths.count == 1 else {
                throw ChangeRefusal(.wrong, "\(request.to) is one file's content: name one path")
            }
            let here = try TreeDiff.version(
                at: request.paths[0], of: tree(of: head), reading: repository)
            versions[request.paths[0]] = .content(blob, inPlaceOf: here)
        } else {
            let commit = try revisions(behind: head)
                .findOrRefuse(request.to, now: clock.now())
            let tree = try repository.commit(commit).tree
            source = tree
            let found = try PastFiles(request.paths, of: tree, reading: repository)
            if let path = found.missing.first {
                throw ChangeRefusal(.missing, "there is no \(path) in \(commit.short)")
            }
            for (path, version) in found.files { versions[path] = version }
        }
        if let record = request.record {
            try keepOnly(record, of: &versions, over: tree(of: head), pack)
            source = nil
        }
        try completeRestored(&versions, from: source, over: tree(of: head), pack)
        let named = versions.keys.filter { !ConflictRecord.isRecord($0) }
        let what =
            named.count == 1 ? "\(named.first?.description ?? "")" : "\(named.count) files"
        let which = request.record.map { "record \($0) of " } ?? ""
        return try self.commit(
            versions, pack,
            ChangeWords(
                "restored \(which)\(what) to \(request.to)", action: .restore),
            isDryRun: request.dryRun)
    }

    /// Adds to versions that come back what goes with them: what they take the place of, and what
    /// is open or resolved by them.
    /// - Parameters:
    ///   - source: the tree that they come from; nil for none.
    ///   - tree: the head's.
    func completeRestored(
        _ versions: inout [TreePath: FileVersion?], from source: ObjectID?,
        over tree: ObjectID?, _ pack: any PackSink
    ) throws {
        try makeRoom(for: &versions, in: tree)
        try resolveRestored(&versions, from: source, over: tree, pack)
    }

    /// Names what goes since something else takes its place: the files of a directory, or a file
    /// that stands where a directory has to be.
    private func makeRoom(for versions: inout [TreePath: FileVersion?], in tree: ObjectID?) throws {
        for path in versions.keys.sorted() {
            let below = try TreeDiff.changes(
                from: nil, to: tree, below: path, reading: repository
            ).map(\.path)
            var gone = below.filter { $0 != path }
            for above in path.ancestors
            where try TreeDiff.file(at: above, of: tree, reading: repository) != nil {
                gone.append(above)
            }
            for other in gone where versions[other] == nil {
                versions.updateValue(nil, forKey: other)
            }
        }
    }

    /// What is open in a restored version is open again, and what was in the one of before is not.
    private func resolveRestored(
        _ versions: inout [TreePath: FileVersion?], from source: ObjectID?, over tree: ObjectID?,
        _ pack: any PackSink
    ) throws {
        let open = try ResolvedByEdit(tree, reading: repository)
        let resolved = try consequences(of: versions, open, pack)
        for entry in try ConflictList(of: source, reading: repository).entries {
            guard let record = entry.record, versions[record.path] != nil,
                versions[record.copy ?? record.path] ?? nil != nil
            else { continue }
            versions[record.recordPath] = entry.version
        }
        versions.merge(resolved) { again, _ in again }
    }

    /// What versions that stand elsewhere already do to open conflicts, as if somebody had put them
    /// there by hand.
    /// - Parameter written: contents that somebody hands over, which are nowhere yet.
    func consequences(
        of versions: [TreePath: FileVersion?], _ open: ResolvedByEdit, _ pack: any PackSink,
        written: [TreePath: [UInt8]] = [:]
    ) throws -> [TreePath: FileVersion?] {
        // Nothing is read where nothing is open: a restored directory may be large.
        if open.isEmpty { return [:] }
        var contents: [TreePath: [UInt8]] = [:]
        // A content that was made just now is of what it was made from.
        let versions = versions.filter { path, version in
            written[path] != nil || version.map { repository.contains($0.id) } ?? true
        }
        for (path, version) in versions {
            if let content = written[path] {
                contents[path] = content
                continue
            }
            guard let version, version.mode.isFile,
                try repository.header(version.id).size <= Limits.documentSize
            else { continue }
            contents[path] = try repository.blob(version.id)
        }
        return try open.changes(versions, content: { contents[$0] }, writing: pack)
    }

    /// Sets the type of the files that match a pattern, in the tree's own `.gitattributes`.
    package func setType(_ request: TypeRequest) throws -> ChangeReport {
        guard FileType(rawValue: request.type) != nil else {
            let all = FileType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ChangeRefusal(.wrong, "there is no type '\(request.type)'; there are \(all)")
        }
        let isWrong: (Character) -> Bool = { $0.isWhitespace || $0 == "\"" }
        if request.pattern.isEmpty || request.pattern.contains(where: isWrong) {
            throw ChangeRefusal(.wrong, "expected a pattern without blanks and quotes")
        }
        let path = TypeRules.attributes(in: nil)
        let tree = try tree(of: head())
        var lines: [String] = []
        if let version = try TreeDiff.version(at: path, of: tree, reading: repository) {
            if version.isDirectory { throw ChangeRefusal(.wrong, "\(path) is a directory") }
            lines = String(decoding: try repository.blob(version.id), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last == "" { lines.removeLast() }
        }
        let line = "\(request.pattern) sync=\(request.type)"
        lines.removeAll { existing in
            let words = existing.split(whereSeparator: \.isWhitespace)
            return words.count == 2 && words[0] == request.pattern && words[1].hasPrefix("sync=")
        }
        lines.append(line)
        let pack = try repository.beginPack()
        let content = Array((lines.joined(separator: "\n") + "\n").utf8)
        let version = FileVersion(mode: .regular, id: try pack.add(.blob, content))
        return try commit([path: version], pack, ChangeWords("set \(line)"), isDryRun: false)
    }

    /// The blob that 40 digits name; nil when they name something else.
    private func blob(_ name: String) throws -> ObjectID? {
        guard let id = ObjectID(hex: name), repository.contains(id),
            try repository.header(id).kind == .blob
        else { return nil }
        return id
    }

    /// Commits versions over the head.
    func commit(
        _ versions: [TreePath: FileVersion?], _ pack: any PackSink, _ words: ChangeWords,
        isDryRun: Bool
    ) throws -> ChangeReport {
        let head = try head()
        let before = try tree(of: head)
        var changes: [TreeChange] = []
        for (path, version) in versions where !ConflictRecord.isRecord(path) {
            let here = try TreeDiff.version(at: path, of: before, reading: repository)
            if here != version {
                changes.append(TreeChange(path: path, before: here, after: version))
            }
        }
        let paths = TreeChange.named(changes).map(\.path).sorted()
        let deletions = paths.filter { versions[$0] == .some(nil) }
        if isDryRun { return ChangeReport(commit: nil, paths: paths, deletions: deletions) }
        let tree = try TreeEdit.apply(versions, to: before, reading: repository, writing: pack)
        if tree == before { return ChangeReport(commit: nil, paths: []) }
        let time = try writer.time(after: head.map { [$0] } ?? [])
        let message = CaptureMessage.text(asked: words, device: identity.device, time: time)
        let id = try writer.write(
            tree, on: head.map { [$0] } ?? [], at: time, message, into: pack)
        try pack.finish()
        try branch.move(to: id, from: head)
        return ChangeReport(commit: id, paths: paths, deletions: deletions)
    }
}
