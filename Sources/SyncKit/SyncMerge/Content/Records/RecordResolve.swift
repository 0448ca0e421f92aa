internal import SyncModel

extension RecordMerge {
    /// Decides every record: base order first, then each side's additions in its own order.
    mutating func resolved() -> [Merged] {
        var result: [Merged] = []
        result.reserveCapacity(max(early.entries.count, late.entries.count))
        for entry in base.entries {
            if let raws = resolve(entry.id) { result.append(Merged(id: entry.id, raws: raws)) }
        }
        for entry in early.entries where base.place(entry.id) == nil {
            if let raws = resolve(entry.id) { result.append(Merged(id: entry.id, raws: raws)) }
        }
        for entry in late.entries
        where base.place(entry.id) == nil && early.place(entry.id) == nil {
            if let raws = resolve(entry.id) { result.append(Merged(id: entry.id, raws: raws)) }
        }
        return result
    }

    /// The records that remain of one identity; nil when none does.
    private mutating func resolve(_ id: Int) -> [Int]? {
        let now = (base[id], early[id], late[id])
        if let base = now.0, base.isAlone, let early = now.1, let late = now.2 {
            // Most records have changed on one side at most: no list of their own is made.
            if early == base, late.isAlone { return [late.raw] }
            if late == base, early.isAlone { return [early.raw] }
        }
        let raws = (base: now.0?.raws, early: now.1?.raws, late: now.2?.raws)
        if RecordReader.isCounted(names[id].isEmpty ? [] : names[id]) {
            return counted(id, raws.base, raws.early, raws.late)
        }
        if same(raws.early, raws.base) {
            return same(raws.late, raws.base)
                ? choice(raws.base, raws.early, raws.late) : raws.late
        }
        if same(raws.late, raws.base) { return raws.early }
        if same(raws.early, raws.late) { return choice(raws.base, raws.early, raws.late) }
        guard let one = raws.early, let two = raws.late else {
            // Deleted on one side, edited on the other: the edit stays.
            notes.append(MergeNote(.editKept, name(id)))
            note(isLost: (early: raws.early == nil, late: raws.late == nil))
            return raws.early ?? raws.late
        }
        return bothEdited(id, base: raws.base, one, two)
    }

    /// Of equal records whose bytes differ: the side that changed the bytes, else the later one.
    private func choice(_ base: [Int]?, _ early: [Int]?, _ late: [Int]?) -> [Int]? {
        late == base ? early : late
    }

    /// How many of several equal records remain, and whose bytes they have. Where one side took
    /// some away and the other added some, those that were added stay.
    private mutating func counted(
        _ id: Int, _ base: [Int]?, _ early: [Int]?, _ late: [Int]?
    ) -> [Int]? {
        let (before, one, two) = (base?.count ?? 0, early?.count ?? 0, late?.count ?? 0)
        let count =
            version >= 9
            ? Counted.largest(base: before, [one, two]) : Counted.merged(base: before, [one, two])
        if version >= 9, min(one, two) < before, before < max(one, two) {
            notes.append(MergeNote(.editKept, name(id)))
            note(isLost: (early: one < before, late: two < before))
        }
        guard count > 0 else { return nil }
        let preferred = choice(base, early, late)
        if let preferred, preferred.count == count { return preferred }
        return late?.count == count ? late : early
    }

    private mutating func same(_ left: [Int]?, _ right: [Int]?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        guard left.count == right.count else { return false }
        for (one, two) in zip(left, right) where !table.means(one, two) { return false }
        return true
    }

    /// What one capture commit, or a side, has under an identity.
    private struct Part {
        let raws: [Int]
        let stamp: VersionStamp
    }

    private mutating func bothEdited(
        _ id: Int, base: [Int]?, _ early: [Int], _ late: [Int]
    ) -> [Int] {
        let left = parts(id, early, self.early.stamp, earlyLeaves, base: base)
        let right = parts(id, late, self.late.stamp, lateLeaves, base: base)
        let decided = decide(left + right, base: base)
        // Where the result is one side's record, that side's own bytes are kept.
        let result = same(decided, late) ? late : same(decided, early) ? early : decided
        let lost = (
            early: isLost(early, in: result, base: base),
            late: isLost(late, in: result, base: base)
        )
        note(isLost: lost)
        return result
    }

    private mutating func note(isLost: (early: Bool, late: Bool)) {
        isSetAside.early = isSetAside.early || isLost.early
        isSetAside.late = isSetAside.late || isLost.late
    }

    /// Whether something that a side changed in a record is not in what was decided.
    private mutating func isLost(_ side: [Int], in result: [Int], base: [Int]?) -> Bool {
        if same(side, result) { return false }
        guard let one = plain(side), let all = plain(result) else { return true }
        return LostChange.isLost(
            base: base.flatMap { plain($0) }.flatMap { table.value($0) }, side: table.value(one),
            merged: table.value(all), isRecord: true)
    }

    /// Merges field by field what can be; the newest part says whether it can: a group or a
    /// record with a key twice is taken whole.
    private mutating func decide(_ parts: [Part], base: [Int]?) -> [Int] {
        guard let newest = parts.max(by: { $0.stamp < $1.stamp }),
            let model = plain(newest.raws)
        else { return parts.max { $0.stamp < $1.stamp }?.raws ?? [] }
        let versions = parts.compactMap { part in
            plain(part.raws).map { FieldVersion(value: table.value($0), stamp: part.stamp) }
        }
        guard versions.count > 1 else { return newest.raws }
        let old = base.flatMap { plain($0) }.flatMap { table.value($0) }
        let value = FieldMerge.object(
            base: old, versions: FieldMerge.ordered(versions), isRecord: true, rules: version)
        return [table.add(value, like: model)]
    }

    /// The one record of an identity, where it can be merged field by field.
    private func plain(_ raws: [Int]) -> Int? {
        guard raws.count == 1, table.infos[raws[0]].isPlain else { return nil }
        return raws[0]
    }

    /// A side's record as the versions that went into it: its captured versions', where merging
    /// them gives what the side has; else the record itself, as old as the newest capture commit
    /// that has the same.
    private mutating func parts(
        _ id: Int, _ raws: [Int], _ stamp: VersionStamp, _ captures: [RecordVersion], base: [Int]?
    ) -> [Part] {
        var parts: [Part] = []
        var newest: VersionStamp?
        for leaf in captures {
            guard let part = leaf[id]?.raws else { continue }
            if same(part, raws) { newest = max(newest ?? leaf.stamp, leaf.stamp) }
            if !same(part, base) { parts.append(Part(raws: part, stamp: leaf.stamp)) }
        }
        if !parts.isEmpty, same(decide(parts, base: base), raws) { return parts }
        return [Part(raws: raws, stamp: newest ?? stamp)]
    }
}
