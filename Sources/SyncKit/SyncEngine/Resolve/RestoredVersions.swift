internal import SyncMerge
internal import SyncModel

/// What goes with versions that come back: what they take the place of, and what is open or
/// resolved by them.
struct RestoredVersions {
    let repository: any ObjectRepository

    /// Puts a version of one record into the file as it is now, in place of the whole version.
    /// - Parameters:
    ///   - name: the record's identity, or its beginning.
    ///   - versions: one file that comes back; all but the record of it stays as the tree has it.
    /// - Throws: `ChangeRefusal` when there is no such record, or more than one.
    func keepOnly(
        _ name: String, of versions: inout [TreePath: FileVersion?], over tree: ObjectID?,
        into pack: any PackSink
    ) throws {
        guard versions.count == 1, let (path, found) = versions.first, let found,
            found.mode.isFile
        else { throw ChangeRefusal(.wrong, "a record is of one file: name one") }
        let here = try TreeDiff.file(at: path, of: tree, reading: repository)
        let content = try here.map { try repository.blob($0.id) }
        let past = try repository.blob(found.id)
        guard let records = RecordDifference.records(of: past) else {
            throw ChangeRefusal(.wrong, "\(path) holds no records")
        }
        let exact = records.filter { $0.name == name }
        let meant = exact.isEmpty ? records.filter { $0.name.hasPrefix(name) } : exact
        guard let record = meant.first else {
            throw ChangeRefusal(.missing, "there is no record \(name) in that version of \(path)")
        }
        let count = Set(meant.map(\.identity)).count
        if count > 1 {
            throw ChangeRefusal(.wrong, "'\(name)' is short for \(count) records of \(path)")
        }
        guard let merged = RecordDifference.restoring(record.name, from: past, into: content)
        else {
            throw ChangeRefusal(.wrong, "\(path) holds no records of that form any more")
        }
        let mode = here.flatMap { $0.mode.isFile ? $0.mode : nil } ?? found.mode
        versions[path] = FileVersion(mode: mode, id: try pack.add(.blob, merged))
    }

    /// Adds to versions that come back what goes with them: what they take the place of, and what
    /// is open or resolved by them.
    /// - Parameters:
    ///   - source: the tree that they come from; nil for none.
    ///   - tree: the head's.
    func complete(
        _ versions: inout [TreePath: FileVersion?], from source: ObjectID?,
        over tree: ObjectID?, into pack: any PackSink
    ) throws {
        try makeRoom(for: &versions, in: tree)
        try resolveRestored(&versions, from: source, over: tree, into: pack)
    }

    /// Names what goes since something else takes its place: the files of a directory, or a file
    /// that stands where a directory has to be. A directory that was empty is there already where
    /// something came into it since.
    private func makeRoom(for versions: inout [TreePath: FileVersion?], in tree: ObjectID?) throws {
        for path in versions.keys.sorted() {
            let below = try TreeDiff.changes(
                from: nil, to: tree, below: path, reading: repository
            ).map(\.path)
            var gone = below.filter { $0 != path }
            if !gone.isEmpty, let version = versions[path] ?? nil, version.isDirectory {
                versions[path] = nil
                continue
            }
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
        into pack: any PackSink
    ) throws {
        let open = try ResolvedByEdit(tree, reading: repository)
        let resolved = try consequences(of: versions, open, into: pack)
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
        of versions: [TreePath: FileVersion?], _ open: ResolvedByEdit, into pack: any PackSink,
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
}
