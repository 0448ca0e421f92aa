internal import SyncMerge
internal import SyncModel

extension Vault {
    /// Puts a version of one record into the file as it is now, in place of the whole version.
    /// - Parameters:
    ///   - name: the record's identity, or its beginning.
    ///   - versions: one file that comes back; all but the record of it stays as the tree has it.
    /// - Throws: `ChangeRefusal` when there is no such record, or more than one.
    func keepOnly(
        _ name: String, of versions: inout [TreePath: FileVersion?], over tree: ObjectID?,
        _ pack: any PackSink
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
        if meant.count > 1 {
            throw ChangeRefusal(.wrong, "'\(name)' is short for \(meant.count) records of \(path)")
        }
        guard let merged = RecordDifference.restoring(record.name, from: past, into: content)
        else {
            throw ChangeRefusal(.wrong, "\(path) holds no records of that form any more")
        }
        let mode = here.flatMap { $0.mode.isFile ? $0.mode : nil } ?? found.mode
        versions[path] = FileVersion(mode: mode, id: try pack.add(.blob, merged))
    }
}
