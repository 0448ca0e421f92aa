internal import SyncModel

/// Which conflicts are listed in the merged tree, and at which path.
extension TreeMerge {
    /// Lists what this merge left open, and what the sides had open that still is.
    func listConflicts(
        _ outcome: inout TreeOutcome, _ first: MergeSide, _ second: MergeSide
    ) throws(RepositoryError) {
        try listAsides(&outcome)
        try listCopies(&outcome)
        let standing = outcome.standing
        try outcome.conflicts.dropWithoutFile { path throws(RepositoryError) in
            if let changed = standing[path] { return !(changed?.version.isDirectory ?? true) }
            return try TreeDiff.file(at: path, of: first.tree, reading: reader) != nil
        }
        if rule.version >= 4 {
            try outcome.conflicts.dropTexts { record throws(RepositoryError) in
                // A content that was merged says itself what is open in it.
                guard let changed = standing[record.path], let stands = changed,
                    stands.sides.count == 1
                else { return true }
                return try rule.isOpen(record, in: stands.version)
            }
        }
        if rule.version >= 5 { try relist(&outcome, first, second) }
    }

    /// Lists what had to leave its name: who made it and who made what keeps the name.
    private func listAsides(_ outcome: inout TreeOutcome) throws(RepositoryError) {
        for aside in outcome.asides {
            let isNamed = rule.version >= 2
            let none = VersionStamp(
                milliseconds: 0, device: "", commit: aside.origin.commit, blob: aside.version.id)
            let loser =
                try isNamed
                ? stamps.origin(of: aside.origin.path, at: aside.origin.commit) : none
            let winner =
                try isNamed
                ? stamps.origin(of: aside.winner.path, at: aside.winner.commit) : none
            // A directory has no content of its own.
            let isForDirectory =
                aside.kind == .typeChange || rule.version >= 9 && aside.isForDirectory
            let kept = isNamed && isForDirectory ? winner.of(nil) : winner
            outcome.lose(
                MergeLoss(
                    path: aside.path, kind: aside.kind, loser: aside.version, loserStamp: loser,
                    winnerStamp: kept, copy: aside.copy))
        }
    }

    /// Lists every version that had to go beside the name it wanted.
    private func listCopies(_ outcome: inout TreeOutcome) throws(RepositoryError) {
        guard rule.listsConflicts else { return }
        for loss in outcome.losses {
            guard let copy = loss.copy, let loser = loss.loser else { continue }
            if (outcome.standing[loss.path] ?? nil)?.version.isDirectory ?? true {
                try follow(loss.path, to: copy, &outcome)
            }
            let kind = outcome.kinds[loss.path] ?? OpenConflict.Kind(loss.kind)
            let record = ConflictRecord(
                path: loss.path, type: loss.type, kind: kind, base: loss.base,
                sides: [loss.loserStamp.of(loser.id), loss.winnerStamp], copy: copy)
            outcome.conflicts.add(record, written: try rule.write(record))
        }
    }

    /// The conflicts of a version that stands as one side has it are as that side has them.
    /// - Parameter isDeleted: whether the other side has no such file any more.
    func take(
        _ origin: PathTable.Origin, to path: TreePath, isDeleted: Bool = false,
        _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        let side = outcome.side(origin)
        let taken = outcome.conflicts.take(
            path, from: side, at: origin.path, isDeleted: isDeleted)
        for record in taken {
            outcome.conflicts.add(record, written: try rule.write(record))
        }
    }

    /// The conflicts of a content that only one side changed go with it to the other's name.
    func carry(
        _ origin: PathTable.Origin, to path: TreePath, _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        if origin.path != path { try take(origin, to: path, &outcome) }
    }

    /// The same; those of a file that is new under its name come with it too, though the other
    /// side took them away with the file's old name, and so do those whose markers are in it.
    func carry(
        _ side: PathTable.Side, added: Bool, to path: TreePath, _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        if added, side.version != nil, rule.version >= 3 {
            try take(side.origin, to: path, &outcome)
        } else {
            try carry(side.origin, to: path, &outcome)
        }
        guard let version = side.version, rule.version >= 4 else { return }
        let made = outcome.side(side.origin)
        if added, rule.version >= 9, !rule.isTakingBack {
            for record in outcome.conflicts.decided(by: made.other) {
                if try rule.carries(record, version) { continue }
                outcome.conflicts.drop(record.id, at: path)
            }
        }
        for record in outcome.conflicts.texts(at: side.origin.path, of: made)
        where try rule.carries(record, version) {
            try list(record, at: path, &outcome)
        }
    }

    /// The conflicts of a file that both renamed and neither changed go along to the name that it
    /// got later.
    func carryBoth(
        _ first: PathTable.Origin, _ second: PathTable.Origin, to path: TreePath,
        _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        if rule.version < 9 || first.path == second.path { return }
        for record in outcome.conflicts.standing(at: first.path, and: second.path) {
            try list(record, at: path, &outcome)
        }
    }

    /// The conflicts of a file that had to go beside its name go with it.
    func follow(_ old: TreePath, to new: TreePath, _ outcome: inout TreeOutcome)
        throws(RepositoryError)
    {
        if old == new { return }
        for record in outcome.conflicts.takeAway(old) where record.isText {
            try list(record, at: new, &outcome)
        }
    }

    /// Lists conflicts again that are open in a text which stands as one side has it: another file
    /// that had its name and was renamed took them off the list, or somebody moved the file with
    /// git and left the record as it was.
    private func relist(
        _ outcome: inout TreeOutcome, _ first: MergeSide, _ second: MergeSide
    ) throws(RepositoryError) {
        if !rule.listsConflicts { return }
        for (side, index) in [(first, SideIndex.first), (second, .second)] {
            try relistLeft(&outcome, try leftBehind(outcome, index, in: side.tree), by: side)
        }
        for (path, standing) in outcome.standing.sorted(by: { $0.key < $1.key }) {
            guard let standing, standing.sides.count == 1, let origin = standing.sides.first else {
                continue
            }
            let side = outcome.side(origin)
            let decided = rule.version >= 9 ? outcome.conflicts.decided(by: side.other) : []
            for record in outcome.conflicts.texts(at: origin.path, of: side)
            where try rule.isOpen(record, in: standing.version) {
                if decided.contains(where: { $0.id == record.id }) {
                    if try !rule.carries(record, standing.version) { continue }
                }
                try list(record, at: path, &outcome)
            }
        }
    }

    /// Lists conflicts whose file is not there where the side's own version with their markers is.
    private func relistLeft(
        _ outcome: inout TreeOutcome, _ records: [ConflictRecord], by side: MergeSide
    ) throws(RepositoryError) {
        if records.isEmpty { return }
        for (path, standing) in outcome.standing.sorted(by: { $0.key < $1.key }) {
            guard let standing, !PathTable.isKept(path),
                let origin = standing.sides.first(where: { $0.commit == side.commit }),
                let own = try TreeDiff.file(at: origin.path, of: side.tree, reading: reader),
                own.id == standing.version.id
            else { continue }
            for record in records where try rule.carries(record, standing.version) {
                try list(record, at: path, &outcome)
            }
        }
    }

    /// The conflicts of a side whose file is not there.
    private func leftBehind(
        _ outcome: TreeOutcome, _ side: SideIndex, in tree: ObjectID
    ) throws(RepositoryError) -> [ConflictRecord] {
        if rule.version < 9 { return [] }
        var left: [ConflictRecord] = []
        for record in outcome.conflicts.texts(of: side) {
            if try TreeDiff.file(at: record.path, of: tree, reading: reader) == nil {
                left.append(record)
            }
        }
        return left
    }

    /// Lists a conflict under the name that its file has.
    func list(
        _ record: ConflictRecord, at path: TreePath, _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        let listed = record.moved(to: path)
        outcome.conflicts.add(listed, written: try rule.write(listed))
    }

    /// The conflicts in the text of a version that is kept beside the file stand there with it.
    func accompany(
        _ loses: SideIndex, of versions: (first: StampedVersion, second: StampedVersion),
        _ sides: [PathTable.Origin], _ path: TreePath, _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        if rule.version < 2 || !rule.listsConflicts { return }
        let loser = loses == .first ? versions.first : versions.second
        let origin = sides[loses == .first ? 0 : 1]
        let copy = try outcome.copy(of: loser.version.id, beside: path)
        let side = outcome.side(origin)
        for record in outcome.conflicts.texts(at: origin.path, of: side) {
            try list(record, at: copy, &outcome)
        }
    }
}

extension OpenConflict.Kind {
    /// The same word for what the list of conflicts shows.
    init(_ kind: MergeLoss.Kind) {
        switch kind {
        case .content: self = .content
        case .deleteModify: self = .deleteModify
        case .addAdd: self = .addAdd
        case .rename: self = .rename
        case .typeChange: self = .typeChange
        case .caseClash: self = .caseClash
        }
    }
}
