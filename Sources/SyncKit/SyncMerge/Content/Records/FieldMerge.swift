internal import SyncModel

/// One side's value of a field; nil where the field is absent.
struct FieldVersion {
    let value: JSONValue?
    let stamp: VersionStamp
}

/// Merges objects field by field, for any number of versions made from one base: the result
/// depends on the set of versions alone, never on the order in which they came together.
///
/// Versions are ordered newest first; the first is the winner, in whose style is written.
enum FieldMerge {
    /// Deeper than this a value is atomic: bounds the work to a small multiple of the size.
    static let depthLimit = 16

    /// Orders versions newest first; equal stamps by meaning, then by bytes.
    static func ordered(_ versions: [FieldVersion]) -> [FieldVersion] {
        versions.sorted { left, right in
            if left.stamp != right.stamp { return right.stamp < left.stamp }
            let (one, two) = (left.value?.canonical ?? [], right.value?.canonical ?? [])
            if one != two { return two.lexicographicallyPrecedes(one) }
            return (right.value?.source ?? []).lexicographicallyPrecedes(left.value?.source ?? [])
        }
    }

    /// Merges versions that all are objects without duplicate keys.
    /// - Parameters:
    ///   - isRecord: whether names have the meaning that `RecordFields` gives them.
    ///   - rules: their version.
    /// - Returns: the object's bytes.
    static func object(
        base: JSONValue?, versions: [FieldVersion], isRecord: Bool, rules: Int, depth: Int = 0
    ) -> [UInt8] {
        let baseFields = base?.dictionary ?? [:]
        let fields = versions.map { $0.value?.dictionary ?? [:] }
        var writer = JSONObjectWriter(models: versions.compactMap(\.value))
        let groups = isRecord ? groupWinners(baseFields, fields, versions) : [:]
        var seen: Set<[UInt8]> = []
        for version in versions {
            for (key, _) in version.value?.members ?? [] {
                let name = key.string
                guard seen.insert(name).inserted else { continue }
                if let winner = groups[name] {
                    if let value = fields[winner][name] { writer.append(key, Array(value.source)) }
                    continue
                }
                let candidates = versions.indices.map {
                    FieldVersion(value: fields[$0][name], stamp: versions[$0].stamp)
                }
                let merged = field(
                    isRecord ? name : [], base: baseFields[name], versions: candidates,
                    rules: rules, depth: depth + 1)
                if let merged { writer.append(key, merged) }
            }
        }
        return writer.bytes
    }

    /// For each field of a group that changes together, the version that it is taken from.
    private static func groupWinners(
        _ base: [[UInt8]: JSONValue], _ fields: [[[UInt8]: JSONValue]], _ versions: [FieldVersion]
    ) -> [[UInt8]: Int] {
        func differs(_ index: Int, _ names: Set<[UInt8]>) -> Bool {
            names.contains { !means(fields[index][$0], base[$0]) }
        }
        var result: [[UInt8]: Int] = [:]
        let indices = fields.indices
        let body = indices.first { differs($0, RecordFields.body) } ?? 0
        for name in RecordFields.body { result[name] = body }
        // A new tombstone stands against an edit: the later of the two decides, whatever else
        // the edit changed.
        let marks = indices.filter { RecordFields.isTombstone(fields[$0]) }
        let isContested = !RecordFields.isTombstone(base) && !marks.isEmpty
        let mark = isContested ? 0 : indices.first { differs($0, RecordFields.tombstone) } ?? 0
        for name in RecordFields.tombstone { result[name] = mark }
        return result
    }

    static func means(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): left.means(right)
        default: false
        }
    }

    /// Merges one field.
    /// - Returns: the value's bytes; nil when the field is to be absent.
    private static func field(
        _ name: [UInt8], base: JSONValue?, versions: [FieldVersion], rules: Int, depth: Int
    ) -> [UInt8]? {
        var changed: [FieldVersion] = []
        for version in versions where !means(version.value, base) {
            if !changed.contains(where: { means($0.value, version.value) }) {
                changed.append(version)
            }
        }
        guard let latest = changed.first else {
            return versions.first?.value.map { Array($0.source) }
        }
        guard changed.count > 1, let value = latest.value else {
            return latest.value.map { Array($0.source) }
        }
        if let instant = instant(name, changed) { return Array(instant.source) }
        guard depth < depthLimit else { return Array(value.source) }
        let merged = sameKind(as: value, changed, base: base, rules: rules, depth: depth)
        return merged ?? Array(value.source)
    }

    /// The earliest of changed creation times, the latest of changed update times.
    private static func instant(_ name: [UInt8], _ changed: [FieldVersion]) -> JSONValue? {
        let takesEarliest = RecordFields.created.contains(name)
        guard takesEarliest || RecordFields.updated.contains(name) else { return nil }
        var best: (instant: Instant, value: JSONValue)?
        for version in changed {
            guard let value = version.value, let instant = Instant(value) else { continue }
            guard let known = best else {
                best = (instant, value)
                continue
            }
            if takesEarliest ? instant < known.instant : instant > known.instant {
                best = (instant, value)
            }
        }
        return best?.value
    }

    /// Merges the changed values that are of the latest one's kind; nil when it is atomic.
    private static func sameKind(
        as latest: JSONValue, _ changed: [FieldVersion], base: JSONValue?, rules: Int, depth: Int
    ) -> [UInt8]? {
        switch latest.kind {
        case .object:
            let isPlain = { (value: JSONValue?) in
                value?.kind == .object && value?.hasDuplicateKeys == false
            }
            let same = changed.filter { isPlain($0.value) }
            guard isPlain(latest), same.count > 1 else { return nil }
            return object(
                base: isPlain(base) ? base : nil, versions: same, isRecord: false, rules: rules,
                depth: depth)
        case .array:
            let isSet = { (value: JSONValue?) in
                value?.kind == .array && value?.elements.allSatisfy { $0.kind.isScalar } == true
            }
            // An array that was emptied is a set only beside sets.
            let hasObjects =
                rules >= 9 && latest.elements.isEmpty
                && changed.contains { $0.value?.elements.contains { $0.kind == .object } ?? false }
            if isSet(latest), !hasObjects {
                let same = changed.compactMap { isSet($0.value) ? $0.value : nil }
                let before = isSet(base) ? base : nil
                guard same.count > 1, rules < 9 || areSets(before, same) else { return nil }
                return set(base: before, same)
            }
            return KeyedArray.merged(
                latest: latest, changed, base: base, rules: rules, depth: depth)
        default: return nil
        }
    }

    /// Whether arrays of scalars were used as sets: one that has something twice that is no string
    /// may be a point, unless each version only added or only removed.
    private static func areSets(_ base: JSONValue?, _ versions: [JSONValue]) -> Bool {
        let all = versions + [base].compactMap(\.self)
        func isPlain(_ value: JSONValue) -> Bool {
            Set(value.elements.map(\.canonical)).count == value.elements.count
                || value.elements.allSatisfy { $0.kind == .string }
        }
        if all.allSatisfy(isPlain) { return true }
        guard let base else { return false }
        func counts(_ value: JSONValue) -> [[UInt8]: Int] {
            value.elements.reduce(into: [:]) { $0[$1.canonical, default: 0] += 1 }
        }
        let before = counts(base)
        return versions.allSatisfy { version in
            let now = counts(version)
            return now.allSatisfy { before[$0.key, default: 0] <= $0.value }
                && before.allSatisfy { now[$0.key, default: 0] >= $0.value }
                || now.allSatisfy { before[$0.key, default: 0] >= $0.value }
        }
    }

    /// Merges arrays of scalars as sets: an element stays unless a version removed it.
    ///
    /// Elements that stand several times are counted: where all versions have at least the
    /// base's number, the largest counts, else the smallest. The base's order, then additions by
    /// meaning: what is a set has no better order that all devices could agree on.
    private static func set(base: JSONValue?, _ versions: [JSONValue]) -> [UInt8] {
        var sources: [[UInt8]: [UInt8]] = [:]
        func counts(_ value: JSONValue?) -> [[UInt8]: Int] {
            var result: [[UInt8]: Int] = [:]
            for element in value?.elements ?? [] {
                let meaning = element.canonical
                result[meaning, default: 0] += 1
                if sources[meaning] == nil { sources[meaning] = Array(element.source) }
            }
            return result
        }
        let all = versions.map { counts($0) }
        let before = counts(base)
        let baseOrder = (base?.elements ?? []).map(\.canonical)
        var writer = JSONArrayWriter(models: versions)
        var written: Set<[UInt8]> = []
        let added = sources.keys.filter { before[$0] == nil }
            .sorted { $0.lexicographicallyPrecedes($1) }
        for meaning in baseOrder + added where written.insert(meaning).inserted {
            let numbers = all.map { $0[meaning] ?? 0 }
            let count = Counted.merged(base: before[meaning] ?? 0, numbers)
            for _ in 0..<count { writer.append(sources[meaning] ?? []) }
        }
        return writer.bytes
    }
}

/// How many of several equal things remain.
enum Counted {
    /// Where all have at least the base's number the largest, else the smallest: a removal is
    /// honoured, an addition on both sides is one addition.
    static func merged(base: Int, _ numbers: [Int]) -> Int {
        let least = numbers.min() ?? 0
        return least >= base ? numbers.max() ?? 0 : least
    }

    /// The largest of those that are not the base's: whatever the order in which many are merged.
    static func largest(base: Int, _ numbers: [Int]) -> Int {
        numbers.filter { $0 != base }.max() ?? base
    }
}
