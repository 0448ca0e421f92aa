internal import SyncMerge
internal import SyncModel

/// What captured changes do to open conflicts: markers that were edited away, a copy that is
/// gone, a decision that was taken by hand. A conflict follows its file to a new name.
struct ResolvedByEdit {
    private let records: [ConflictRecord]
    private let base: ObjectID?
    private let reader: any ObjectReader

    /// - Parameter base: the tree whose version the writer saw; nil for none.
    init(_ base: ObjectID?, reading reader: any ObjectReader) throws(RepositoryError) {
        self.init(
            base, of: try ConflictList(of: base, reading: reader).records, reading: reader)
    }

    /// - Parameter records: those that are looked at.
    init(_ base: ObjectID?, of records: [ConflictRecord], reading reader: any ObjectReader) {
        (self.base, self.records, self.reader) = (base, records, reader)
    }

    /// The changes of the records.
    /// - Parameters:
    ///   - changes: what is captured, by path.
    ///   - renames: the new names of files that were renamed and edited, by the old ones.
    ///   - content: gives the new bytes of a path that is captured; nil when it is no file.
    ///   - sink: takes changed records.
    func changes(
        _ changes: [TreePath: FileVersion?], renames: [TreePath: TreePath] = [:],
        content: (TreePath) -> [UInt8]?, writing sink: any PackSink
    ) throws(RepositoryError) -> [TreePath: FileVersion?] {
        var result: [TreePath: FileVersion?] = [:]
        // An empty directory is no file: what it stands in place of is gone.
        let changes = changes.mapValues { $0.flatMap { $0.isDirectory ? nil : $0 } }
        for record in records {
            if let copy = record.copy {
                if changes[copy] == .some(nil) { result[record.recordPath] = .some(nil) }
                continue
            }
            guard let change = change(of: record.path, in: changes) else { continue }
            guard let terms = try record.terms(reading: reader) else {
                // Of whole versions the one that was written or deleted now is the decision; two
                // bodies of one event are decided by a word of the user alone.
                if record.kind == .deleteModify || change == nil {
                    result[record.recordPath] = .some(nil)
                }
                continue
            }
            if change != nil, let text = content(record.path),
                try isOpen(record, terms, in: text)
            {
                continue
            }
            result[record.recordPath] = .some(nil)
            var moved = try renamed(record, terms, to: renames[record.path], content)
            if moved == nil { moved = try self.moved(record, terms, changes, content) }
            if let moved {
                result[moved.recordPath] = FileVersion(
                    mode: .regular, id: try sink.add(.blob, moved.rendered))
            }
        }
        return result
    }

    /// What is captured of a path: its own change, or that a directory took a file's place or
    /// the other way round. Nil for nothing.
    private func change(of path: TreePath, in changes: [TreePath: FileVersion?]) -> FileVersion?? {
        if let own = changes[path] { return own }
        for (other, version) in changes where version != nil {
            if other.isAtOrBelow(path) || path.isAtOrBelow(other) { return .some(nil) }
        }
        return nil
    }

    private func isOpen(_ record: ConflictRecord, _ terms: ConflictTerms, in text: [UInt8])
        throws(RepositoryError) -> Bool
    {
        ContentMerge.isOpen(
            terms, in: text, as: try rule(record.path, text), path: record.named)
    }

    private func rule(_ path: TreePath, _ text: [UInt8]) throws(RepositoryError) -> FileRule {
        try TypeRules(of: base, for: path, reading: reader).type(of: path, content: text).rule
    }

    /// The conflict at the name that its file has by now, where the edit left it open.
    private func renamed(
        _ record: ConflictRecord, _ terms: ConflictTerms, to path: TreePath?,
        _ content: (TreePath) -> [UInt8]?
    ) throws(RepositoryError) -> ConflictRecord? {
        guard let path, let text = content(path),
            ContentMerge.isOpen(
                terms, in: text, as: try rule(path, text), path: record.named)
        else { return nil }
        return record.moved(to: path)
    }

    /// The conflict at the new name of its file.
    private func moved(
        _ record: ConflictRecord, _ terms: ConflictTerms, _ changes: [TreePath: FileVersion?],
        _ content: (TreePath) -> [UInt8]?
    ) throws(RepositoryError) -> ConflictRecord? {
        let before = try base.map { base throws(RepositoryError) in
            try TreeDiff.version(at: record.path, of: base, reading: reader)
        }
        for (path, version) in changes.sorted(by: { $0.key < $1.key }) where version != nil {
            // Where no markers tell, the file tells itself by its content.
            if changes[record.path] == .some(nil), let before, version?.id == before?.id {
                return record.moved(to: path)
            }
            guard let text = content(path) else { continue }
            let rule = try rule(path, text)
            if rule.writesMarkers, !terms.isUnmarked,
                ContentMerge.isOpen(terms, in: text, as: rule, path: record.named)
            {
                return record.moved(to: path)
            }
        }
        return nil
    }

    /// Whether no conflict is open, so that nothing can be resolved.
    var isEmpty: Bool { records.isEmpty }
}
