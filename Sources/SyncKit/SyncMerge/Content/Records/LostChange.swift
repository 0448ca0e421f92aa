/// Looks for what a side changed in a record and the merged one does not have.
enum LostChange {
    /// Whether a side's change is not in what was merged: by meaning, part by part.
    /// - Parameters:
    ///   - base: what both sides were made from; nil for nothing.
    ///   - side: what one side made of it.
    ///   - merged: what came of both.
    ///   - isRecord: whether names have the meaning that `RecordFields` gives them.
    static func isLost(
        base: JSONValue?, side: JSONValue?, merged: JSONValue?, isRecord: Bool
    ) -> Bool {
        if FieldMerge.means(side, base) || FieldMerge.means(side, merged) { return false }
        guard let side, let merged, side.kind == merged.kind else { return true }
        switch side.kind {
        case .object: return isLost(base: base, object: side, merged, isRecord)
        case .array: return isLost(base: base, array: side, merged)
        default: return true
        }
    }

    private static func isLost(
        base: JSONValue?, object side: JSONValue, _ merged: JSONValue, _ isRecord: Bool
    ) -> Bool {
        if side.hasDuplicateKeys || merged.hasDuplicateKeys { return true }
        let isPlain = base?.kind == .object && base?.hasDuplicateKeys == false
        let before = isPlain ? base?.dictionary ?? [:] : [:]
        let (own, all) = (side.dictionary, merged.dictionary)
        return Set(before.keys).union(own.keys).contains { name in
            if isRecord, isDated(name, own[name], all[name]) { return false }
            return isLost(base: before[name], side: own[name], merged: all[name], isRecord: false)
        }
    }

    /// Whether a field dates the record: of two instants the one that its name asks for counts.
    private static func isDated(
        _ name: [UInt8], _ side: JSONValue?, _ merged: JSONValue?
    ) -> Bool {
        guard RecordFields.created.contains(name) || RecordFields.updated.contains(name),
            let side, let merged
        else { return false }
        return Instant(side) != nil && Instant(merged) != nil
    }

    private static func isLost(
        base: JSONValue?, array side: JSONValue, _ merged: JSONValue
    ) -> Bool {
        let old = base?.kind == .array ? base?.elements ?? [] : []
        if (old + side.elements + merged.elements).allSatisfy(\.kind.isScalar) {
            let before = Set(old.map(\.canonical))
            let own = Set(side.elements.map(\.canonical))
            let all = Set(merged.elements.map(\.canonical))
            return !own.subtracting(before).isSubset(of: all)
                || !before.subtracting(own).isDisjoint(with: all)
        }
        for key in KeyedArray.keys {
            guard let own = KeyedArray.index(side, by: key),
                let all = KeyedArray.index(merged, by: key)
            else { continue }
            let before = base.flatMap { KeyedArray.index($0, by: key) } ?? [:]
            return Set(before.keys).union(own.keys).contains { id in
                isLost(base: before[id], side: own[id], merged: all[id], isRecord: true)
            }
        }
        return true
    }
}
