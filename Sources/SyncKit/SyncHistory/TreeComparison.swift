package import SyncMerge
package import SyncModel

/// Compares two trees file by file. The records of conflicts are left out.
package struct TreeComparison {
    private let reader: any ObjectReader
    private let old: ObjectID?
    private let new: ObjectID?

    /// - Parameters:
    ///   - old: the older tree; nil is the empty one.
    ///   - new: the newer tree; nil is the empty one.
    package init(from old: ObjectID?, to new: ObjectID?, reading reader: any ObjectReader) {
        (self.old, self.new, self.reader) = (old, new, reader)
    }

    /// Lists how files differ, by path. A file that became a link, or the other way round, is one
    /// that went and one that came.
    /// - Parameters:
    ///   - path: only this file, or what is below this directory; nil is everything.
    ///   - paths: only these, where given.
    package func files(
        _ path: TreePath? = nil, only paths: Set<TreePath>? = nil
    ) throws(RepositoryError) -> [FileDifference] {
        let changes = try TreeDiff.changes(from: old, to: new, reading: reader)
            .compactMap(\.ofFilesOnly)
            .filter { change in
                !ConflictRecord.isRecord(change.path)
                    && (path.map { change.path.isAtOrBelow($0) } ?? true)
                    && (paths.map { $0.contains(change.path) } ?? true)
            }
        let renames = TreeChange.renames(changes)
        let sources = Dictionary(renames.map { ($0.value, $0.key) }) { first, _ in first }
        let before = Dictionary(changes.map { ($0.path, $0.before) }) { first, _ in first }
        var treeRules = TreeRules(of: new ?? old, reading: reader)
        var result: [FileDifference] = []
        for change in changes.sorted(by: { $0.path < $1.path })
        where renames[change.path] == nil {
            let source = sources[change.path]
            let old = source.flatMap { before[$0] ?? nil } ?? change.before
            let rules = try treeRules.rules(for: change.path)
            if let old, let new = change.after, old.mode != new.mode,
                !old.mode.isFile || !new.mode.isFile
            {
                // A link holds no lines of a file, and git takes no patch that says so.
                result.append(try difference(change.path, from: nil, old, nil, rules))
                result.append(try difference(change.path, from: nil, nil, new, rules))
                continue
            }
            result.append(try difference(change.path, from: source, old, change.after, rules))
        }
        return result
    }

    private func difference(
        _ path: TreePath, from source: TreePath?, _ before: FileVersion?, _ after: FileVersion?,
        _ rules: TypeRules
    ) throws(RepositoryError) -> FileDifference {
        let sizes = (try size(before), try size(after))
        let isSame = before?.id == after?.id
        let isLarge = max(sizes.0, sizes.1) > Limits.memorySize
        var contents: (old: [UInt8]?, new: [UInt8]?) = (nil, nil)
        if !isSame && !isLarge { contents = (try content(before), try content(after)) }
        let type = rules.type(of: path, content: contents.new ?? contents.old ?? []).rule.type
        var kind = FileDifference.Kind.binary
        var stretches: [TextDifference.Hunk] = []
        var records: [FileDifference.Record] = []
        var isWhole = true
        if isSame {
            kind = .none
        } else if !isLarge, type.hasRecords,
            let comparison = RecordDifference.comparison(contents.old, contents.new),
            !comparison.changes.isEmpty
        {
            (kind, records) = (.records, comparison.changes.map(FileDifference.Record.init))
            isWhole = comparison.isWhole
            if !isWhole {
                stretches = TextDifference.hunks(contents.old ?? [], contents.new ?? []) ?? []
            }
        } else if !isLarge,
            let hunks = TextDifference.hunks(contents.old ?? [], contents.new ?? [])
        {
            (kind, stretches) = (.text, hunks)
        } else if isLarge || [contents.old, contents.new].allSatisfy(TextDifference.isText) {
            kind = .large
        }
        // Of records those are counted, once.
        let lines = kind == .text ? stretches.flatMap(\.lines) : []
        let status: FileDifference.Status =
            source != nil ? .renamed : before == nil ? .added : after == nil ? .deleted : .modified
        return FileDifference(
            path: path, oldPath: source, status: status, kind: kind, type: type.rawValue,
            before: before?.id, after: after?.id,
            modeBefore: before.map(\.mode.octal), modeAfter: after.map(\.mode.octal),
            sizeBefore: sizes.0, sizeAfter: sizes.1,
            insertions: lines.count { $0.mark == .added }
                + records.count { $0.status != .deleted },
            deletions: lines.count { $0.mark == .removed }
                + records.count { $0.status != .added },
            hunks: stretches.map(FileDifference.Hunk.init), records: records,
            beyondRecords: !isWhole, exact: stretches)
    }

    private func size(_ version: FileVersion?) throws(RepositoryError) -> Int {
        guard let version, version.mode != .submodule else { return 0 }
        return try reader.header(version.id).size
    }

    /// What a version says; of another repository's commit what git says of it in a patch.
    private func content(_ version: FileVersion?) throws(RepositoryError) -> [UInt8]? {
        guard let version else { return nil }
        if version.mode == .submodule { return Array("Subproject commit \(version.id.hex)\n".utf8) }
        return try reader.blob(version.id)
    }
}

extension FileDifference.Hunk {
    init(_ hunk: TextDifference.Hunk) {
        var lines: [String] = []
        for line in hunk.lines {
            lines.append(line.mark.rawValue + String(decoding: line.bytes, as: UTF8.self))
            if !line.hasEnd { lines.append("\\ No newline at end of file") }
        }
        self.init(
            oldStart: hunk.oldStart, oldCount: hunk.oldCount, newStart: hunk.newStart,
            newCount: hunk.newCount, lines: lines)
    }
}

extension FileDifference.Record {
    init(_ change: RecordDifference.Change) {
        let status: FileDifference.Status =
            change.before == nil ? .added : change.after == nil ? .deleted : .modified
        self.init(
            status: status, record: change.name, text: change.text, textBefore: change.textBefore,
            fields: change.fields)
    }
}

extension FileMode {
    /// Six octal digits, as git writes them.
    package var octal: String {
        let digits = String(rawValue, radix: 8)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
