package import SyncModel

/// One side of a merge: a commit, its tree and what it changed.
package struct MergeSide: Sendable {
    /// Dates what the side changed, through its history.
    package let commit: ObjectID
    /// The commit's tree, read once by the caller.
    package let tree: ObjectID

    package init(commit: ObjectID, tree: ObjectID) {
        self.commit = commit
        self.tree = tree
    }
}

/// A version that did not make it into the merged tree under its own name.
package struct MergeLoss: Sendable, Hashable {
    /// Why two versions could not both stand.
    package enum Kind: String, Sendable {
        case content
        case deleteModify = "delete-modify"
        case addAdd = "add-add"
        case rename
        case typeChange = "type-change"
        case caseClash = "case-clash"
    }

    /// Where both versions wanted to stand.
    package let path: TreePath
    /// The word in the conflict list and in the message of the merge.
    package let kind: Kind
    /// The version that lost; nil when a deletion lost against an edit.
    package let loser: FileVersion?
    /// Says which device and commit made the version that lost.
    package let loserStamp: VersionStamp
    /// The same of the version that stands; both are without device when neither stands.
    package let winnerStamp: VersionStamp
    /// Where the loser stands in the merged tree, when the rules keep a copy.
    package let copy: TreePath?
    /// The rule that decided.
    package var type = FileType.simple
    /// The version that both were made from, where the list of conflicts names it.
    package var base: ObjectID?
}

/// What merging two trees gives: the versions to put over the first side's tree, and what lost.
package struct TreeMergeResult: Sendable {
    /// Only what differs from the first side's tree; nil takes a path out.
    package var versions: [TreePath: FileVersion?] = [:]
    /// Empty when everything of both sides stands under its own name.
    package var losses: [MergeLoss] = []
}

/// Merges two trees by the rules for trees that hold for every type of file.
///
/// A function of the base, the two sides and the history behind them: nothing of the machine
/// that runs it enters. Swapping the sides gives the same tree.
package struct TreeMerge {
    let reader: any ObjectReader
    let stamps: CommitStamps
    let rule: any ContentRule

    /// - Parameters:
    ///   - reader: gives trees and commits.
    ///   - stamps: dates versions; shared over one merge.
    ///   - rule: merges contents that both sides changed.
    package init(reading reader: any ObjectReader, stamps: CommitStamps, rule: any ContentRule) {
        self.reader = reader
        self.stamps = stamps
        self.rule = rule
    }

    /// Merges.
    /// - Parameters:
    ///   - base: the common ancestor's tree; nil when the histories are unrelated.
    ///   - first, second: the sides in canonical order.
    /// - Returns: what to put over the first side's tree.
    package func merge(base: ObjectID?, first: MergeSide, second: MergeSide)
        throws(RepositoryError) -> TreeMergeResult
    {
        let ours = try changes(from: base, to: first.tree)
        let theirs = try changes(from: base, to: second.tree)
        var conflicts = try MergedConflicts(
            base: base, first: first.tree, second: second.tree,
            keepsUndecided: rule.version >= 9 && rule.listsConflicts, reading: reader)
        let renames = try renames(
            ours, theirs, first: first.commit, second: second.commit, conflicts)
        var table = PathTable(
            first: ours, second: theirs, sides: (first.commit, second.commit), renames: renames)
        if rule.version >= 9 {
            conflicts.follow(Set(renames.first.keys), of: .first)
            conflicts.follow(Set(renames.second.keys), of: .second)
            table.decided = (
                Set(conflicts.decided(by: .first).map(\.path)),
                Set(conflicts.decided(by: .second).map(\.path))
            )
        }
        if rule.isTakingBack { table.followDeletions() }
        if rule.version >= 6 {
            try table.followRenames(stamps: stamps)
        } else {
            try table.followRenamesOfOneSide(stamps: stamps)
        }

        for (path, version) in try unchangedOpened(base, first, second, conflicts) {
            table.add(path, version)
        }

        var outcome = TreeOutcome(
            conflicts: conflicts, first: first.commit, version: rule.version
        ) { path throws(RepositoryError) in
            guard rule.version >= 9, table.base[path] == nil else { return nil }
            return try TreeDiff.version(at: path, of: first.tree, reading: reader)
        }
        for (path, row) in table.rows.sorted(by: { $0.key < $1.key }) {
            if try keepOpened(path, row, of: table, &outcome) { continue }
            try decide(path, row, into: &outcome)
        }
        if rule.version >= 9 {
            try reopen(&outcome, base: base, first, second)
        }
        outcome.placeCopies()
        try outcome.separateFilesFromDirectories()
        try outcome.separateCaseClashes { one, other throws(RepositoryError) in
            for tree in [first.tree, second.tree] where rule.version >= 2 {
                guard try TreeDiff.version(at: one, of: tree, reading: reader) != nil else {
                    continue
                }
                if try TreeDiff.version(at: other, of: tree, reading: reader) != nil { return true }
            }
            return false
        }
        try listConflicts(&outcome, first, second)

        var result = TreeMergeResult(losses: outcome.losses.sorted { $0.path < $1.path })
        let inFirst = Dictionary(uniqueKeysWithValues: ours.map { ($0.path, $0.after) })
        for (path, standing) in outcome.standing {
            let here = inFirst[path] ?? table.base[path] ?? nil
            if standing?.version != here { result.versions[path] = .some(standing?.version) }
        }
        result.versions.merge(outcome.conflicts.versions) { $1 }
        return result
    }

    /// What differs; the records of conflicts go their own way. Rules before version 3 knew no
    /// empty directories.
    private func changes(from base: ObjectID?, to tree: ObjectID) throws(RepositoryError)
        -> [TreeChange]
    {
        let changes = try TreeDiff.changes(from: base, to: tree, reading: reader)
            .filter { !ConflictRecord.isRecord($0.path) }
        return rule.version >= 3 ? changes : changes.compactMap(\.ofFilesOnly)
    }

    /// Decides what stands at one path.
    private func decide(_ path: TreePath, _ row: PathTable.Row, into outcome: inout TreeOutcome)
        throws(RepositoryError)
    {
        let (base, first, second) = (row.base, row.first, row.second)
        if let without = try leavingOther(path, row, outcome) {
            return try decideBoth(
                path, row, first.version ?? without.nothing, second.version ?? without.nothing,
                after: without.decision, into: &outcome)
        }
        if let decision = try decisionAsShown(path, row, outcome), let a = first.version,
            let b = second.version
        {
            return try decideBoth(path, row, a, b, after: decision, into: &outcome)
        }
        switch (first.version, second.version) {
        case (let a, let b) where a == b:
            outcome.stand(path, a, from: [first.origin, second.origin])
            try carryBoth(first.origin, second.origin, to: path, &outcome)
        case (let a, _) where a == base:
            outcome.stand(path, second.version, from: [second.origin])
            try carry(second, added: base == nil, to: path, &outcome)
            try keepListed(first.origin, at: path, &outcome)
        case (_, let b) where b == base:
            outcome.stand(path, first.version, from: [first.origin])
            try carry(first, added: base == nil, to: path, &outcome)
            try keepListed(second.origin, at: path, &outcome)
        case (let kept?, nil) where kept.isDirectory:
            outcome.stand(path, kept, from: [first.origin])
        case (nil, let kept?) where kept.isDirectory:
            outcome.stand(path, kept, from: [second.origin])
        case (let a?, let b?) where a.isDirectory:
            try outcome.separate(path, b, of: second.origin, from: first.origin)
        case (let a?, let b?) where b.isDirectory:
            try outcome.separate(path, a, of: first.origin, from: second.origin)
        case (nil, let kept?):
            try take(second.origin, to: path, isDeleted: true, &outcome)
            try keep(path, kept, of: second, deletedBy: first, base: base, into: &outcome)
        case (let kept?, nil):
            try take(first.origin, to: path, isDeleted: true, &outcome)
            try keep(path, kept, of: first, deletedBy: second, base: base, into: &outcome)
        case (let a?, let b?):
            if keepEdited(path, row, &outcome) { return }
            try decideBoth(path, row, a, b, into: &outcome)
        default:
            outcome.stand(path, nil, from: [])
        }
    }

    /// An edit stays against a deletion; the deletion is listed.
    func keep(
        _ path: TreePath, _ version: FileVersion, of side: PathTable.Side,
        deletedBy other: PathTable.Side, base: FileVersion?, after decision: DecisionAsShown? = nil,
        into outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        outcome.stand(path, version, from: [side.origin])
        let deletion = try stamps.origin(of: other.origin.path, at: other.origin.commit)
        var edit = try stamps.origin(of: side.origin.path, at: side.origin.commit)
        if let decision { edit = decision.stamp.of(version.id) }
        outcome.lose(
            MergeLoss(
                path: path, kind: .deleteModify, loser: nil, loserStamp: deletion,
                winnerStamp: edit, copy: nil))
        guard rule.listsConflicts, !outcome.conflicts.isOpen(path) else { return }
        let type = try rule.type(of: path, version)
        if type == .simple { return }
        let record = ConflictRecord(
            path: path, type: type, kind: .deleteModify, base: base?.id, sides: [deletion, edit],
            copy: nil)
        outcome.conflicts.add(record, written: try rule.write(record))
    }

    /// Both sides have a version, each other than the base and than the other's.
    /// - Parameter decision: of a side whose version is the base's and yet a change.
    private func decideBoth(
        _ path: TreePath, _ row: PathTable.Row, _ a: FileVersion, _ b: FileVersion,
        after decision: DecisionAsShown? = nil, into outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        func stamped(_ version: FileVersion, _ origin: PathTable.Origin)
            throws(RepositoryError) -> StampedVersion
        {
            if let decision, decision.side == outcome.side(origin) {
                return StampedVersion(version, decision.stamp.of(version.id))
            }
            return StampedVersion(version, try stamps.origin(of: origin.path, at: origin.commit))
        }
        let one = try stamped(a, row.first.origin)
        let two = try stamped(b, row.second.origin)
        let later: SideIndex = one.wins(over: two) ? .first : .second
        let sides = [row.first.origin, row.second.origin]

        guard a.mode.isFile, b.mode.isFile, row.base.map(\.mode.isFile) ?? true else {
            outcome.stand(path, later == .first ? a : b, from: [sides[later == .first ? 0 : 1]])
            try take(later == .first ? row.first.origin : row.second.origin, to: path, &outcome)
            let base = rule.namesBases && row.base?.mode.isFile ?? false ? row.base?.id : nil
            try outcome.lose(
                path, .typeChange, later.other, of: (one, two), from: sides, copied: true,
                base: base)
            try accompany(later.other, of: (one, two), sides, path, &outcome)
            return
        }
        let mode = Self.mode(a.mode, b.mode, base: row.base?.mode, later: later)
        if decision == nil, a.id == b.id || b.id == row.base?.id {
            outcome.stand(path, FileVersion(mode: mode, id: a.id), from: sides)
            if a.id != b.id { try carry(row.first.origin, to: path, &outcome) }
        } else if decision == nil, a.id == row.base?.id {
            outcome.stand(path, FileVersion(mode: mode, id: b.id), from: sides)
            try carry(row.second.origin, to: path, &outcome)
        } else {
            let versions = ContentCase(
                path, base: row.base, at: [row.old] + row.others, first: one, second: two,
                origins: (row.first.origin, row.second.origin))
            let merged = try rule.merge(versions)
            outcome.stand(path, FileVersion(mode: mode, id: merged.id), from: sides)
            if merged.isBase {
                outcome.conflicts.takeBase(path)
            } else {
                outcome.conflicts.drop(versions.paths)
            }
            for record in [merged.conflict].compactMap({ $0 }) + merged.stillOpen {
                outcome.conflicts.add(record, written: try rule.write(record))
            }
            outcome.kinds[path] = merged.kind
            for loses in merged.loses {
                try outcome.lose(
                    path, row.base == nil ? .addAdd : .content, loses, of: (one, two),
                    from: sides, copied: merged.keepsCopy, type: merged.type,
                    base: rule.namesBases ? row.base?.id : nil)
                if merged.keepsCopy {
                    try accompany(loses, of: (one, two), sides, path, &outcome)
                }
            }
        }
    }

    /// The executable bit merges on its own: the side that changed it, else the later one.
    private static func mode(
        _ first: FileMode, _ second: FileMode, base: FileMode?, later: SideIndex
    ) -> FileMode {
        if first == second || second == base { return first }
        if first == base { return second }
        return later == .first ? first : second
    }
}
