internal import SyncModel

/// Which conflicts are listed in the merged tree, and at which path.
extension TreeMerge {
    /// Lists what had to leave its name: who made it and who made what keeps the name.
    func listAsides(_ outcome: inout TreeOutcome) throws(RepositoryError) {
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
    func listCopies(_ outcome: inout TreeOutcome) throws(RepositoryError) {
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
    func take(
        _ origin: PathTable.Origin, to path: TreePath, _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        let side = outcome.side(origin)
        for record in outcome.conflicts.take(path, from: side, at: origin.path) {
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
        for record in outcome.conflicts.texts(at: side.origin.path, of: made)
        where try rule.carries(record, version) {
            let moved = record.moved(to: path)
            outcome.conflicts.add(moved, written: try rule.write(moved))
        }
    }

    /// The conflicts of a file that had to go beside its name go with it.
    func follow(_ old: TreePath, to new: TreePath, _ outcome: inout TreeOutcome)
        throws(RepositoryError)
    {
        if old == new { return }
        for record in outcome.conflicts.takeAway(old) where record.isText {
            let moved = record.moved(to: new)
            outcome.conflicts.add(moved, written: try rule.write(moved))
        }
    }

    /// Lists conflicts again that are open in a text which stands as one side has it: another file
    /// that had its name and was renamed took them off the list.
    func relist(_ outcome: inout TreeOutcome) throws(RepositoryError) {
        if !rule.listsConflicts { return }
        for (path, standing) in outcome.standing.sorted(by: { $0.key < $1.key }) {
            guard let standing, standing.sides.count == 1, let origin = standing.sides.first else {
                continue
            }
            let side = outcome.side(origin)
            for record in outcome.conflicts.texts(at: origin.path, of: side)
            where try rule.isOpen(record, in: standing.version) {
                let listed = record.moved(to: path)
                outcome.conflicts.add(listed, written: try rule.write(listed))
            }
        }
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
            let moved = record.moved(to: copy)
            outcome.conflicts.add(moved, written: try rule.write(moved))
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
