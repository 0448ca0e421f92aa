package import SyncModel

/// The open conflicts of one tree.
package struct ConflictList: Sendable {
    /// A record with the file that it was read from.
    package struct Entry: Sendable, Hashable {
        /// The file's name in `.sync/conflicts`.
        package let name: [UInt8]
        /// What the tree has there.
        package let version: FileVersion
        /// Nil when the file is none that this version of the program could have written.
        package let record: ConflictRecord?
        /// How many bytes were read for it.
        fileprivate let size: Int
    }

    /// By name.
    package let entries: [Entry]
    /// The conflicts, by path.
    package let records: [ConflictRecord]

    /// Reads the records of a tree; those past `Limits.openConflicts` are carried along unread.
    /// - Parameters:
    ///   - tree: a commit's; nil is the empty tree.
    ///   - all: also of a submodule that a directory took the name of, whose commit is in another
    ///     repository. A person has to see it; a merge carries it along, as it always did.
    ///   - known: a list that was read in the same way: what is in both is not read again.
    ///   - isBounded: whether a text that no merge looks at is in no conflict; not for a merge by
    ///     rules before version 9.
    package init(
        of tree: ObjectID?, all: Bool = false, knowing known: ConflictList? = nil,
        isBounded: Bool = true, reading reader: any ObjectReader
    ) throws(RepositoryError) {
        guard let directory = try Self.directory(of: tree, reading: reader) else {
            (entries, records) = ([], [])
            return
        }
        let read = Dictionary(
            (known?.entries ?? []).compactMap { entry in
                entry.record == nil ? nil : (ByteKey(entry.name), entry)
            }, uniquingKeysWith: { one, _ in one })
        var entries: [Entry] = []
        var bytes = 0
        for entry in try reader.tree(directory).entries {
            guard let version = entry.version else { continue }
            let isRead = entries.count < Limits.openConflicts
            if isRead, let before = read[ByteKey(entry.name)], before.version == version,
                before.size <= Limits.conflictListBytes - bytes
            {
                bytes += before.size
                entries.append(before)
                continue
            }
            let before = bytes
            let record =
                isRead
                ? try Self.record(
                    entry.name, version, all: all, isBounded: isBounded, budget: &bytes,
                    reading: reader)
                : nil
            entries.append(
                Entry(name: entry.name, version: version, record: record, size: bytes - before))
        }
        self.entries = entries
        records = entries.compactMap(\.record).sorted { ($0.path, $0.id) < ($1.path, $1.id) }
    }

    /// Reads a record that somebody put there: nil for one that this program would not have
    /// written, which is carried along.
    /// - Parameter bytes: what was read of this tree so far.
    private static func record(
        _ name: [UInt8], _ version: FileVersion, all: Bool, isBounded: Bool,
        budget bytes: inout Int, reading reader: any ObjectReader
    ) throws(RepositoryError) -> ConflictRecord? {
        do throws(RepositoryError) {
            guard version.mode.isFile else { return nil }
            let (kind, size) = try reader.header(version.id)
            guard kind == .blob, size <= Limits.conflictRecordBytes,
                size <= Limits.conflictListBytes - bytes
            else { return nil }
            bytes += size
            guard let record = ConflictRecord(reading: try reader.blob(version.id)),
                name.elementsEqual("\(record.id).json".utf8), record.isConsistent
            else { return nil }
            if all, try record.isOfSubmodule(reading: reader) { return record }
            for blob in record.namedBlobs {
                let (kind, size) = try reader.header(blob)
                // No merge of texts looks at more.
                let isLarge = isBounded && record.isText && size > 4 * Limits.documentSize
                if kind != .blob || isLarge { return nil }
            }
            return record
        } catch {
            // What cannot be read lists nothing and stops nobody; what was thinned can be had.
            if error.code == .thinned { throw error }
            return nil
        }
    }

    /// The tree of all records: while it stays the same, so does the list. Nil for none.
    package static func directory(of tree: ObjectID?, reading reader: any ObjectReader)
        throws(RepositoryError) -> ObjectID?
    {
        try TreeDiff.subtree(of: tree, at: ConflictRecord.directory, reading: reader)
    }

    /// The conflict of a document's text at a path, and the name that its id was made from; nil
    /// for none. Of several the one whose markers belong together: others are broken.
    /// - Parameter content: the file's; nil where nobody asks what its markers say.
    func open(at path: TreePath, in content: [UInt8]?, reading reader: any ObjectReader)
        throws(RepositoryError) -> (terms: ConflictTerms, named: TreePath)?
    {
        let texts = records.filter { $0.path == path && $0.isText }
        var record = texts.first
        if let content, texts.count > 1 {
            record =
                texts.first { ConflictMarkers.areWhole(content, of: ConflictLabels($0)) } ?? record
        }
        guard let record, let terms = try record.terms(reading: reader) else { return nil }
        return (terms, record.named)
    }
}
