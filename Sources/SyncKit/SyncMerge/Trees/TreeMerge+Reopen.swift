internal import SyncModel

extension TreeMerge {
    /// Opens the conflicts of whole versions, or of names, again about which the sides decided
    /// otherwise: each took one of the versions, or both. By value neither is a change of what
    /// stood there and the other is, so that one decision would win without a word.
    func reopen(
        _ outcome: inout TreeOutcome, base: ObjectID?, _ first: MergeSide, _ second: MergeSide
    ) throws(RepositoryError) {
        if rule.isTakingBack || !rule.listsConflicts { return }
        // Of events the merge of their file decides it body by body.
        for record in outcome.conflicts.ofBase where !record.isText && !record.isOfBodies {
            var paths = [record.path, record.copy].compactMap(\.self)
            if record.isOfNames { paths += try record.inTheWay(of: base, reading: reader) }
            let before = try versions(at: paths, in: base)
            let one = try versions(at: paths, in: first.tree)
            let other = try versions(at: paths, in: second.tree)
            if one == other { continue }
            let isDecided = outcome.conflicts.isDecidedByBoth(record)
            guard isDecided || Self.keepsNothing(before, one, other) else { continue }
            if isDecided, record.isBack(one) != record.isBack(other) {
                // To go back to the base is no change of what the other decided.
                let (decided, side) = record.isBack(one) ? (other, second) : (one, first)
                outcome.standAgain(decided, from: [side.commit])
                continue
            }
            let known = Set(record.sides.compactMap(\.blob) + before.values.compactMap { $0?.id })
            let standing = Array(one.values) + Array(other.values)
            guard standing.allSatisfy({ $0.map { known.contains($0.id) } ?? true }) else {
                continue
            }
            outcome.standAgain(before, from: [first.commit, second.commit])
            outcome.conflicts.drop([record.path])
            outcome.conflicts.add(record, written: try rule.write(record))
        }
    }

    /// Whether each side took away what the other kept, of a file and the copy beside it.
    private static func keepsNothing(
        _ before: [TreePath: FileVersion?], _ one: [TreePath: FileVersion?],
        _ other: [TreePath: FileVersion?]
    ) -> Bool {
        func isKept(_ path: TreePath, _ side: [TreePath: FileVersion?]) -> Bool {
            (side[path] ?? nil) == (before[path] ?? nil)
        }
        func isGone(_ path: TreePath, _ side: [TreePath: FileVersion?]) -> Bool {
            (side[path] ?? nil) == nil
        }
        return before.values.allSatisfy { $0 != nil }
            && before.keys.allSatisfy { path in
                isKept(path, one) && isGone(path, other) || isGone(path, one) && isKept(path, other)
            } && before.keys.contains { isKept($0, one) }
            && before.keys.contains { isKept($0, other) }
    }

    /// A file without markers shows one side's text where two disagree. Who deleted or renamed it
    /// before they saw that decided nothing about the other side's, though by value only they
    /// changed it: the file stays, or the conflict goes along to its new name. It stays, too, where
    /// the other decided for what the file shows. Where a decision is taken back, what was decided
    /// goes along to the new name.
    /// - Returns: whether it was one.
    func keepOpened(
        _ path: TreePath, _ row: PathTable.Row, of table: PathTable, _ outcome: inout TreeOutcome
    ) throws(RepositoryError) -> Bool {
        guard rule.version >= 9, let base = row.base else { return false }
        for (gone, kept, renames) in [
            (row.first, row.second, table.renames.first),
            (row.second, row.first, table.renames.second),
        ] where gone.version == nil && kept.version == base {
            let opened = outcome.conflicts.opened(
                at: kept.origin.path, by: outcome.side(kept.origin))
            let name = renames[path]?.name
            if name == nil && rule.isTakingBack { continue }
            let decision = name == nil ? try decisionAsShown(kept, [path], base, outcome) : nil
            if opened.isEmpty && decision == nil { continue }
            if let name {
                outcome.stand(path, nil, from: [])
                for record in opened { try list(record, at: name, &outcome) }
            } else {
                try take(kept.origin, to: path, &outcome)
                try keep(
                    path, base, of: kept, deletedBy: gone, base: base, after: decision,
                    into: &outcome)
            }
            return true
        }
        return false
    }

    /// Where a deletion is taken back against which an edit stood: that was made upon the version
    /// which would come back, so it stays as it is, and nothing is open any more.
    /// - Returns: whether it was one.
    func keepEdited(_ path: TreePath, _ row: PathTable.Row, _ outcome: inout TreeOutcome) -> Bool {
        guard rule.isTakingBack, row.base == nil else { return false }
        for (edited, back) in [(row.first, row.second), (row.second, row.first)] {
            guard let kept = edited.version, let blob = back.version?.id,
                let record = outcome.conflicts.deletion(
                    of: blob, at: edited.origin.path, against: outcome.side(edited.origin))
            else { continue }
            outcome.stand(path, kept, from: [edited.origin])
            outcome.conflicts.drop(record.id, at: record.path)
            return true
        }
        return false
    }

    /// Where a file's addition is taken back that is one side of an open conflict, since somebody
    /// else added one of that name: the other's file is left, as when a change of one side is.
    /// - Returns: what stands for the deletion, and what the other side's version says though it
    ///   may show what is taken back; nil for any other row.
    func leavingOther(
        _ path: TreePath, _ row: PathTable.Row, _ outcome: TreeOutcome
    ) throws(RepositoryError) -> (nothing: FileVersion, decision: DecisionAsShown?)? {
        guard rule.isTakingBack, let base = row.base, base.mode.isFile, base.id != .emptyBlob
        else { return nil }
        for (gone, kept) in [(row.first, row.second), (row.second, row.first)] {
            guard gone.version == nil, let version = kept.version, version.mode.isFile else {
                continue
            }
            let isSide = outcome.conflicts.opened(
                at: kept.origin.path, by: outcome.side(kept.origin)
            ).contains { record in
                record.sides.contains { $0.blob == base.id }
                    && record.bases.allSatisfy { $0.blob == .emptyBlob }
            }
            if !isSide { continue }
            return (
                FileVersion(mode: base.mode, id: .emptyBlob),
                try decisionAsShown(kept, [path], base, outcome)
            )
        }
        return nil
    }

    /// Lists what a side came upon in a file without markers, whose bytes it left as they were:
    /// the other side's edit of the file knew nothing of it.
    func keepListed(
        _ kept: PathTable.Origin, at path: TreePath, _ outcome: inout TreeOutcome
    ) throws(RepositoryError) {
        guard rule.version >= 9, !rule.isTakingBack else { return }
        for record in outcome.conflicts.opened(at: kept.path, by: outcome.side(kept)) {
            try list(record, at: path, &outcome)
        }
    }

    /// The files that all have as the base does, and in which a side came upon something since: one
    /// without markers may show the same as before.
    func unchangedOpened(
        _ base: ObjectID?, _ first: MergeSide, _ second: MergeSide, _ conflicts: MergedConflicts
    ) throws(RepositoryError) -> [TreePath: FileVersion] {
        if rule.version < 9 || rule.isTakingBack { return [:] }
        let opened = conflicts.opened(by: .first) + conflicts.opened(by: .second)
        var found: [TreePath: FileVersion] = [:]
        for path in Set(opened.map(\.path)) {
            let versions = try [base, first.tree, second.tree].map { tree throws(RepositoryError) in
                try TreeDiff.file(at: path, of: tree, reading: reader)
            }
            if Set(versions).count == 1 { found[path] = versions[0] }
        }
        return found
    }

    /// What a side decided by taking the text that a file without markers showed: its content did
    /// not change, though it says something about the other side's. So does what a side came upon
    /// in such a file which the other, that did not see it, replaced by what cannot carry it.
    func decisionAsShown(
        _ path: TreePath, _ row: PathTable.Row, _ outcome: TreeOutcome
    ) throws(RepositoryError) -> DecisionAsShown? {
        if let found = try decisionBesideAnother(path, row, outcome) { return found }
        guard let base = row.base else { return nil }
        for (kept, other) in [(row.first, row.second), (row.second, row.first)] {
            guard let changed = other.version, changed != base else { continue }
            if changed.mode.isFile, changed.id != base.id {
                if let found = try decisionAsShown(kept, row.names(at: path), base, outcome) {
                    return found
                }
            }
            if let found = try openedAsShown(kept, base, replacedBy: changed, outcome) {
                return found
            }
        }
        return nil
    }

    /// What a side came upon or decided in a file without markers, where the other came upon
    /// something else there: both are one conflict, though the file may show one text for all.
    private func decisionBesideAnother(
        _ path: TreePath, _ row: PathTable.Row, _ outcome: TreeOutcome
    ) throws(RepositoryError) -> DecisionAsShown? {
        guard rule.version >= 9, !rule.isTakingBack, row.base?.mode.isFile ?? true,
            let one = row.first.version, let two = row.second.version, one.mode.isFile,
            two.mode.isFile
        else { return nil }
        let first = try opened(by: row.first, one, outcome)
        let second = try opened(by: row.second, two, outcome)
        if first == second { return nil }
        let names = row.names(at: path)
        let decided = [row.first, row.second].map { side in
            outcome.conflicts.decided(by: outcome.side(side.origin))
                .first { names.contains($0.path) }
        }
        if first.isEmpty && decided[0] == nil || second.isEmpty && decided[1] == nil { return nil }
        // Who came upon nothing decided; where both did, neither has a word of before.
        let side = first.isEmpty ? row.first : row.second
        let record = first.isEmpty ? decided[0] : second.isEmpty ? decided[1] : nil
        let stamp = try stamps.origin(
            of: record?.recordPath ?? side.origin.path, at: side.origin.commit)
        return DecisionAsShown(side: outcome.side(side.origin), stamp: stamp)
    }

    /// What a side came upon in a file that shows no markers, by the names of the conflicts.
    private func opened(
        by side: PathTable.Side, _ version: FileVersion, _ outcome: TreeOutcome
    ) throws(RepositoryError) -> Set<String> {
        var open: Set<String> = []
        for record in outcome.conflicts.opened(
            at: side.origin.path, by: outcome.side(side.origin))
        where try !rule.carries(record, version) { open.insert(record.id) }
        return open
    }

    /// Who came upon a conflict in a file without markers, where the other side's version cannot
    /// carry it: a link, or a content that is no text.
    private func openedAsShown(
        _ kept: PathTable.Side, _ base: FileVersion, replacedBy changed: FileVersion,
        _ outcome: TreeOutcome
    ) throws(RepositoryError) -> DecisionAsShown? {
        guard rule.version >= 9, !rule.isTakingBack, !changed.isDirectory, base.mode.isFile,
            kept.version?.id == base.id
        else { return nil }
        let side = outcome.side(kept.origin)
        for record in outcome.conflicts.opened(at: kept.origin.path, by: side)
        where try !rule.isOpen(record, in: changed) {
            let stamp = try stamps.origin(of: kept.origin.path, at: kept.origin.commit)
            return DecisionAsShown(side: side, stamp: stamp)
        }
        return nil
    }

    /// The same of one side. What is taken back is a change of one side of a conflict that came of
    /// it, too, though the file shows what it was before.
    /// - Parameter names: what the file is called, or was.
    private func decisionAsShown(
        _ kept: PathTable.Side, _ names: Set<TreePath>, _ base: FileVersion,
        _ outcome: TreeOutcome
    ) throws(RepositoryError) -> DecisionAsShown? {
        guard rule.version >= 9, base.mode.isFile, kept.version?.id == base.id else { return nil }
        let side = outcome.side(kept.origin)
        if rule.isTakingBack {
            if outcome.conflicts.opened(at: kept.origin.path, by: side).isEmpty { return nil }
            let stamp = try stamps.origin(of: kept.origin.path, at: kept.origin.commit)
            return DecisionAsShown(side: side, stamp: stamp)
        }
        for record in outcome.conflicts.decided(by: side) where names.contains(record.path) {
            if try rule.carries(record, base) { continue }
            let stamp = try stamps.origin(of: record.recordPath, at: kept.origin.commit)
            return DecisionAsShown(side: side, stamp: stamp)
        }
        return nil
    }

    /// What stands at the names of a conflict.
    private func versions(at paths: [TreePath], in tree: ObjectID?)
        throws(RepositoryError) -> [TreePath: FileVersion?]
    {
        var found: [TreePath: FileVersion?] = [:]
        for path in paths {
            let version = try tree.map { tree throws(RepositoryError) in
                try TreeDiff.version(at: path, of: tree, reading: reader)
            }
            found.updateValue(version ?? nil, forKey: path)
        }
        return found
    }
}

/// Who decided for the text that a file without markers showed, and when.
struct DecisionAsShown {
    let side: SideIndex
    let stamp: VersionStamp
}

extension ConflictRecord {
    /// Whether what stands at its name, and at that of its copy, is the version that both sides
    /// were made from.
    fileprivate func isBack(_ versions: [TreePath: FileVersion?]) -> Bool {
        guard let base = bases.first?.blob else { return false }
        return (versions[path] ?? nil)?.id == base
            && copy.map { (versions[$0] ?? nil) == nil } ?? true
    }
}
