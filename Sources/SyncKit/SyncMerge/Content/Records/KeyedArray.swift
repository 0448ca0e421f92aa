internal import SyncModel

/// Arrays of objects that have a key: merged like records.
enum KeyedArray {
    /// The names by which elements are known, the best first.
    static let keys: [[UInt8]] =
        RecordFields.identities.dropLast() + ["key", "name"].map { Array($0.utf8) }

    /// Merges the changed arrays whose elements all have the key of the latest one's.
    /// - Returns: the array's bytes; nil when it is atomic.
    static func merged(
        latest: JSONValue, _ changed: [FieldVersion], base: JSONValue?, rules: Int, depth: Int
    ) -> [UInt8]? {
        // Every key is one of an array without elements.
        let model =
            rules < 9 || !latest.elements.isEmpty
            ? latest : changed.compactMap(\.value).first { !$0.elements.isEmpty } ?? latest
        guard let key = keys.first(where: { index(model, by: $0) != nil }) else { return nil }
        var versions: [(elements: [[UInt8]: JSONValue], array: JSONValue, stamp: VersionStamp)] = []
        for version in changed {
            guard let array = version.value, let elements = index(array, by: key) else { continue }
            versions.append((elements, array, version.stamp))
        }
        guard versions.count > 1 else { return nil }
        let before = base.flatMap { index($0, by: key) } ?? [:]
        let order = base.map { before.isEmpty ? [] : identities($0, by: key) } ?? []
        var writer = JSONArrayWriter(models: versions.map(\.array))
        let added = Set(versions.flatMap(\.elements.keys)).subtracting(before.keys)
        for id in order + sorted(added, versions.map(\.elements)) {
            let present = versions.map {
                FieldVersion(value: $0.elements[id], stamp: $0.stamp)
            }
            if let element = element(base: before[id], present, rules: rules, depth: depth) {
                writer.append(element)
            }
        }
        return writer.bytes
    }

    /// Merges one element; nil when it is deleted.
    private static func element(
        base: JSONValue?, _ versions: [FieldVersion], rules: Int, depth: Int
    ) -> [UInt8]? {
        let present = versions.filter { $0.value != nil }
        let changed = present.filter { !FieldMerge.means($0.value, base) }
        if changed.isEmpty {
            guard present.count == versions.count else { return nil }
            return present.first?.value.map { Array($0.source) }
        }
        guard changed.count > 1 else { return changed[0].value.map { Array($0.source) } }
        return FieldMerge.object(
            base: base, versions: changed, isRecord: true, rules: rules, depth: depth + 1)
    }

    /// Additions by (date, identity).
    private static func sorted(
        _ ids: Set<[UInt8]>, _ versions: [[[UInt8]: JSONValue]]
    ) -> [[UInt8]] {
        let dated = ids.map { id in
            let value = versions.compactMap { $0[id] }.first
            return (id: id, date: value.flatMap { RecordInfo($0).date })
        }
        return dated.sorted { left, right in
            if let one = left.date, let two = right.date, one != two { return one < two }
            if (left.date == nil) != (right.date == nil) { return left.date != nil }
            return left.id.lexicographicallyPrecedes(right.id)
        }.map(\.id)
    }

    static func identities(_ array: JSONValue, by key: [UInt8]) -> [[UInt8]] {
        array.elements.compactMap { $0.dictionary[key]?.canonical }
    }

    /// The elements by identity; nil when one has none, two share one or one has a key twice.
    static func index(_ array: JSONValue, by key: [UInt8]) -> [[UInt8]: JSONValue]? {
        guard array.kind == .array else { return nil }
        var result: [[UInt8]: JSONValue] = [:]
        for element in array.elements {
            guard element.kind == .object, !element.hasDuplicateKeys,
                let id = element.dictionary[key], id.kind.isScalar
            else { return nil }
            guard result.updateValue(element, forKey: id.canonical) == nil else { return nil }
        }
        return result
    }
}
