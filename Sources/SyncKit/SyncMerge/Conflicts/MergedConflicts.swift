internal import SyncModel

/// The records of a merged tree. A record never changes, it comes and goes: so each is there when
/// one side added it or neither took it away. Where the merge decided about a file itself, it
/// decides about that file's records too.
struct MergedConflicts {
    private typealias Names = [[UInt8]: ConflictList.Entry]
    private let base: Names
    private let first: Names
    private let second: Names
    private var decidedByFirst: [ConflictRecord]
    private var decidedBySecond: [ConflictRecord]
    /// The base's conflicts of texts of which a side has neither record nor file.
    private let goneOnFirst: [ConflictRecord]
    private let goneOnSecond: [ConflictRecord]
    private let openedByFirst: [ConflictRecord]
    private let openedBySecond: [ConflictRecord]
    /// Whether a conflict of whole versions stays about which a merge of the file decides nothing;
    /// from version 9 of the rules on.
    private let keepsUndecided: Bool
    private var merged: Names = [:]
    private var added: [TreePath: (record: ConflictRecord, version: FileVersion)] = [:]
    init(
        base: ObjectID?, first: ObjectID, second: ObjectID, keepsUndecided: Bool,
        reading reader: any ObjectReader
    ) throws(RepositoryError) {
        self.keepsUndecided = keepsUndecided
        func names(_ tree: ObjectID?) throws(RepositoryError) -> Names {
            Self.names(
                try ConflictList(of: tree, isBounded: keepsUndecided, reading: reader))
        }
        self.base = try names(base)
        self.first = try names(first)
        self.second = try names(second)
        (decidedByFirst, goneOnFirst) = try Self.decided(self.base, self.first, in: first, reader)
        (decidedBySecond, goneOnSecond) = try Self.decided(
            self.base, self.second, in: second, reader)
        openedByFirst = Self.opened(self.base, self.first)
        openedBySecond = Self.opened(self.base, self.second)
        for name in Set(self.first.keys).union(self.second.keys) {
            var (old, one, two) = (self.base[name], self.first[name], self.second[name])
            if one != two {
                old = try Self.standing(old, base, reader)
                one = try Self.standing(one, first, reader)
                two = try Self.standing(two, second, reader)
            }
            // Who takes a record away resolves it, also where the other side wrote the same one in
            // other bytes.
            if old != nil && (one == nil || two == nil) { continue }
            if let kept = one == old ? two : one ?? two { merged[name] = kept }
        }
    }

    /// A record whose file is there. Another program may have taken that away and left its record:
    /// nothing was open then.
    private static func standing(
        _ entry: ConflictList.Entry?, _ tree: ObjectID?, _ reader: any ObjectReader
    ) throws(RepositoryError) -> ConflictList.Entry? {
        guard let record = entry?.record else { return entry }
        let place = record.copy ?? record.path
        return try TreeDiff.file(at: place, of: tree, reading: reader) == nil ? nil : entry
    }

    private static func names(_ list: ConflictList) -> Names {
        Dictionary(list.entries.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
    }

    /// Takes a path's records as one side has them.
    /// - Parameters:
    ///   - origin: what the side calls the file.
    ///   - isDeleted: whether the other side has no such file any more.
    /// - Returns: those that have to be written anew, since the file has another name.
    mutating func take(
        _ path: TreePath, from side: SideIndex, at origin: TreePath, isDeleted: Bool
    ) -> [ConflictRecord] {
        drop([path, origin])
        var moved: [ConflictRecord] = []
        let (own, other) = side == .first ? (first, second) : (second, first)
        for (name, entry) in own where entry.record?.path == origin {
            // Who keeps all bodies of an event resolves that, and leaves the file as it is.
            if keepsUndecided, !isDeleted, entry.record?.isOfBodies ?? false, base[name] != nil,
                other[name] == nil
            {
                continue
            }
            if path == origin {
                merged[name] = entry
            } else if let record = entry.record, record.isText {
                moved.append(record.moved(to: path))
            }
        }
        return moved
    }

    /// The conflicts of one side's text at a path that do not stand in the merged tree.
    func texts(at path: TreePath, of side: SideIndex) -> [ConflictRecord] {
        (side == .first ? first : second).values.compactMap(\.record).filter { record in
            record.path == path && record.isText && added[record.recordPath] == nil
                && !merged.values.contains { $0.record?.id == record.id }
        }
    }

    /// The conflict on one side in which a version was deleted and, at a path, edited.
    func deletion(of blob: ObjectID, at path: TreePath, against side: SideIndex)
        -> ConflictRecord?
    {
        (side == .first ? first : second).values.compactMap(\.record).first { record in
            record.path == path && record.kind == .deleteModify && record.bases.first?.blob == blob
        }
    }

    /// All conflicts of one side's texts.
    func texts(of side: SideIndex) -> [ConflictRecord] {
        Self.texts(side == .first ? first : second)
    }

    private static func texts(_ names: Names) -> [ConflictRecord] {
        names.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .compactMap(\.value.record).filter(\.isText)
    }

    /// Takes a path's records as the base has them.
    mutating func takeBase(_ path: TreePath) {
        drop([path])
        for (name, entry) in base where entry.record?.path == path { merged[name] = entry }
    }

    /// The conflicts of a text at a path that one side came upon since the base.
    func opened(at path: TreePath, by side: SideIndex) -> [ConflictRecord] {
        opened(by: side).filter { $0.path == path }
    }

    /// The conflicts of all texts that one side came upon since the base.
    func opened(by side: SideIndex) -> [ConflictRecord] {
        side == .first ? openedByFirst : openedBySecond
    }

    private static func opened(_ base: Names, _ now: Names) -> [ConflictRecord] {
        let known = Set(base.values.compactMap { $0.record?.id })
        return texts(now).filter { !known.contains($0.id) }
    }

    /// The base's conflicts of texts that a side has no more, though it has the file.
    func decided(by side: SideIndex) -> [ConflictRecord] {
        side == .first ? decidedByFirst : decidedBySecond
    }

    private static func decided(
        _ base: Names, _ now: Names, in tree: ObjectID, _ reader: any ObjectReader
    ) throws(RepositoryError) -> (decided: [ConflictRecord], gone: [ConflictRecord]) {
        var (decided, gone): ([ConflictRecord], [ConflictRecord]) = ([], [])
        for (name, entry) in base.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            guard now[name] == nil, let record = entry.record, record.isText else { continue }
            if try TreeDiff.file(at: record.path, of: tree, reading: reader) != nil {
                decided.append(record)
            } else {
                gone.append(record)
            }
        }
        return (decided, gone)
    }

    /// Counts as decided also what a side decided about a file that it renamed.
    /// - Parameter renamed: by the name in the base.
    mutating func follow(_ renamed: Set<TreePath>, of side: SideIndex) {
        if side == .first {
            decidedByFirst += goneOnFirst.filter { renamed.contains($0.path) }
        } else {
            decidedBySecond += goneOnSecond.filter { renamed.contains($0.path) }
        }
    }

    /// The conflicts of a text that each side has, under the name that it has on that side.
    func standing(at one: TreePath, and other: TreePath) -> [ConflictRecord] {
        first.filter { name, entry in
            entry.record?.path == one && second[name]?.record?.path == other
        }
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        .compactMap(\.value.record).filter(\.isText)
    }

    /// The base's records.
    var ofBase: [ConflictRecord] {
        base.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap(\.value.record)
    }

    /// Whether neither side has one of the base's records any more.
    func isDecidedByBoth(_ record: ConflictRecord) -> Bool {
        ![first, second].contains { $0.values.contains { $0.record?.id == record.id } }
    }

    /// Takes the records of paths away: their contents were merged, and they with them.
    mutating func drop(_ paths: Set<TreePath>) {
        if merged.isEmpty { return }
        merged = merged.filter { entry in
            entry.value.record.map { !paths.contains($0.path) || stays($0) } ?? true
        }
    }

    /// Whether a merge of the file says nothing about a conflict: a copy stands beside it, or it
    /// was edited by who had not seen that somebody wants it deleted.
    private func stays(_ record: ConflictRecord) -> Bool {
        guard keepsUndecided else { return false }
        return record.copy != nil
            || record.kind == .deleteModify
                && !base.values.contains { $0.record?.id == record.id }
    }

    /// Takes one record of a path away.
    mutating func drop(_ id: String, at path: TreePath) {
        func isOther(_ record: ConflictRecord?) -> Bool {
            record?.id != id || record?.path != path
        }
        merged = merged.filter { isOther($0.value.record) }
        added = added.filter { isOther($0.value.record) }
    }

    /// Takes a path's records away and gives them: the file is called otherwise now.
    mutating func takeAway(_ path: TreePath) -> [ConflictRecord] {
        let all = merged.values.compactMap(\.record) + added.values.map(\.record)
        drop([path])
        added = added.filter { entry in
            let record = entry.value.record
            return record.path != path || keepsUndecided && record.copy != nil
        }
        return all.filter { $0.path == path }
    }

    /// Takes the records away whose file, or whose copy beside it, is gone: that resolved them.
    mutating func dropWithoutFile(_ stands: (TreePath) throws(RepositoryError) -> Bool)
        throws(RepositoryError)
    {
        for (name, entry) in merged {
            guard let record = entry.record else { continue }
            if try !stands(record.copy ?? record.path) { merged[name] = nil }
        }
        if !keepsUndecided { return }
        for (name, entry) in added {
            if try !stands(entry.record.copy ?? entry.record.path) { added[name] = nil }
        }
    }

    /// Takes the conflicts of texts away that are not open in what stands at their path.
    mutating func dropTexts(_ isOpen: (ConflictRecord) throws(RepositoryError) -> Bool)
        throws(RepositoryError)
    {
        for (name, entry) in merged {
            if let record = entry.record, record.isText, try !isOpen(record) { merged[name] = nil }
        }
        for (path, entry) in added where entry.record.isText {
            if try !isOpen(entry.record) { added[path] = nil }
        }
    }

    /// Whether something is open at a path.
    func isOpen(_ path: TreePath) -> Bool {
        merged.values.contains { $0.record?.path == path }
    }

    /// Adds a conflict that this merge found.
    mutating func add(_ record: ConflictRecord, written blob: ObjectID) {
        added[record.recordPath] = (record, FileVersion(mode: .regular, id: blob))
    }

    /// What to put over the first side's tree.
    var versions: [TreePath: FileVersion?] {
        var result: [TreePath: FileVersion?] = [:]
        for name in Set(first.keys).union(merged.keys) {
            guard first[name]?.version != merged[name]?.version,
                let path = ConflictRecord.directory.appending(name)
            else { continue }
            result.updateValue(merged[name]?.version, forKey: path)
        }
        for (path, entry) in added { result.updateValue(entry.version, forKey: path) }
        return result
    }
}
