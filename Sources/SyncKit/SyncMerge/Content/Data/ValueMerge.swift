/// Merges JSON values of any number of versions that were made from one: objects by key, arrays
/// of objects by what identifies them, arrays of scalars as sets where they are used as such. What
/// more than one version changed otherwise is the newest's.
///
/// Written is the newest version with the others' values put in their places: the bytes of what
/// nobody touched stay.
struct ValueMerge {
    /// Whether a version changed something that a newer one changed too.
    private(set) var isOverwritten = false
    /// Of the rules.
    private let version: Int

    init(version: Int) { self.version = version }

    /// Deeper than this a value is taken whole: bounds the work to a multiple of the size.
    private static let depthLimit = 32

    /// Merges one value.
    /// - Parameters:
    ///   - base: what stood there; nil for nothing.
    ///   - versions: newest first; nil where there is nothing.
    /// - Returns: the value's bytes; nil for nothing.
    mutating func value(base: JSONValue?, versions: [FieldVersion], depth: Int = 0) -> [UInt8]? {
        var changed: [FieldVersion] = []
        for version in versions where !FieldMerge.means(version.value, base) {
            if !changed.contains(where: { FieldMerge.means($0.value, version.value) }) {
                changed.append(version)
            }
        }
        guard let latest = changed.first else {
            return versions.first?.value.map { Array($0.source) }
        }
        guard changed.count > 1 else { return latest.value.map { Array($0.source) } }
        if let value = latest.value, depth < Self.depthLimit, !value.kind.isScalar {
            let same = changed.filter { $0.value?.kind == value.kind }
            let before = base?.kind == value.kind ? base : nil
            if same.count == changed.count, let merged = container(before, same, depth) {
                return merged
            }
            if version >= 9 {
                isOverwritten = true
                return most(before, same, depth)
            }
        }
        isOverwritten = true
        return latest.value.map { Array($0.source) }
    }

    /// Merges containers of one kind; nil where only one can stand.
    private mutating func container(
        _ base: JSONValue?, _ versions: [FieldVersion], _ depth: Int
    ) -> [UInt8]? {
        versions[0].value?.kind == .object
            ? object(base, versions, depth) : array(base, versions, depth)
    }

    /// Merges the newest with as many of the others as can stand beside it, the newer ones first:
    /// one that cannot takes none of the others away.
    private mutating func most(
        _ base: JSONValue?, _ versions: [FieldVersion], _ depth: Int
    ) -> [UInt8]? {
        var standing = [versions[0]]
        for version in versions.dropFirst() where canStand(base, standing + [version]) {
            standing.append(version)
        }
        let merged = standing.count > 1 ? container(base, standing, depth) : nil
        return merged ?? versions[0].value.map { Array($0.source) }
    }

    /// Whether containers of one kind can be merged.
    private func canStand(_ base: JSONValue?, _ versions: [FieldVersion]) -> Bool {
        let values = versions.compactMap(\.value)
        if values[0].kind == .object {
            return !(values + [base].compactMap(\.self)).contains(where: \.hasDuplicateKeys)
        }
        if values.allSatisfy({ $0.elements.allSatisfy(\.kind.isScalar) }) {
            return ScalarArrays(base: base, values) != nil
        }
        return Self.key(base, values) != nil
    }

    /// The key by which the elements of arrays are known; nil for none.
    private static func key(_ base: JSONValue?, _ arrays: [JSONValue]) -> [UInt8]? {
        KeyedArray.keys.first { key in
            guard arrays.allSatisfy({ KeyedArray.index($0, by: key) != nil }) else { return false }
            guard let base, !base.elements.isEmpty else { return true }
            return KeyedArray.index(base, by: key) != nil
        }
    }

    /// Merges objects by key; nil when one has a key twice.
    private mutating func object(
        _ base: JSONValue?, _ versions: [FieldVersion], _ depth: Int
    ) -> [UInt8]? {
        let objects = versions.compactMap(\.value)
        guard !(objects + [base].compactMap { $0 }).contains(where: \.hasDuplicateKeys) else {
            return nil
        }
        let before = base?.dictionary ?? [:]
        let fields = objects.map(\.dictionary)
        var results: [[UInt8]: [UInt8]] = [:]
        for name in Set(fields.flatMap(\.keys)) {
            let candidates = versions.indices.map {
                FieldVersion(value: fields[$0][name], stamp: versions[$0].stamp)
            }
            results[name] = value(base: before[name], versions: candidates, depth: depth + 1)
        }
        var writer = SplicedContainer(objects)
        for name in Self.order(objects.map { $0.members.map(\.key.string) }) {
            guard let value = results[name] else { continue }
            writer.append(member: name, value)
        }
        return writer.bytes
    }

    /// Merges arrays; nil where only one can stand.
    private mutating func array(
        _ base: JSONValue?, _ versions: [FieldVersion], _ depth: Int
    ) -> [UInt8]? {
        let arrays = versions.compactMap(\.value)
        if arrays.allSatisfy({ $0.elements.allSatisfy(\.kind.isScalar) }) {
            return ScalarArrays(base: base, arrays)?.merged
        }
        guard let key = Self.key(base, arrays) else { return nil }
        let elements = arrays.compactMap { KeyedArray.index($0, by: key) }
        let before = base.flatMap { KeyedArray.index($0, by: key) }
        let order = before == nil ? [] : base.map { KeyedArray.identities($0, by: key) } ?? []
        return keyed((before ?? [:], order), arrays, elements, versions, key, depth)
    }

    private mutating func keyed(
        _ before: (elements: [[UInt8]: JSONValue], order: [[UInt8]]), _ arrays: [JSONValue],
        _ elements: [[[UInt8]: JSONValue]], _ versions: [FieldVersion], _ key: [UInt8], _ depth: Int
    ) -> [UInt8] {
        var results: [[UInt8]: [UInt8]] = [:]
        for id in Set(elements.flatMap(\.keys)) {
            let candidates = versions.indices.map {
                FieldVersion(value: elements[$0][id], stamp: versions[$0].stamp)
            }
            results[id] = element(before.elements[id], candidates, depth)
        }
        // The newest that put the elements in another order says which.
        let orders = arrays.map { KeyedArray.identities($0, by: key) }
        let model = orders.firstIndex { !Self.keeps($0, before.order) } ?? 0
        let places = Dictionary(
            zip(orders[model], orders[model].indices), uniquingKeysWith: { first, _ in first })
        var writer = SplicedContainer([arrays[model]] + arrays)
        for id in Self.order([orders[model]] + orders) {
            guard let element = results[id] else { continue }
            writer.append(place: places[id], element)
        }
        return writer.bytes
    }

    /// Whether what is in both stands in the same order.
    static func keeps<Element: Hashable>(_ order: [Element], _ before: [Element]) -> Bool {
        let (here, there) = (Set(order), Set(before))
        return order.filter(there.contains) == before.filter(here.contains)
    }

    /// Everything that is in one of several lists, in the order of the first; what others have
    /// besides stands right behind what it follows there.
    static func order<Element: Hashable>(_ lists: [[Element]]) -> [Element] {
        guard let first = lists.first else { return [] }
        var followers: [Element?: [Element]] = [:]
        var placed = Set(first)
        for list in lists.dropFirst() {
            var anchor: Element?
            for element in list {
                if placed.insert(element).inserted {
                    followers[anchor, default: []].append(element)
                }
                anchor = element
            }
        }
        var result: [Element] = []
        for element in [nil] + first.map(Optional.some) {
            if let element { result.append(element) }
            var pending: [Element] = followers[element, default: []].reversed()
            while let next = pending.popLast() {
                result.append(next)
                pending += followers[next, default: []].reversed()
            }
        }
        return result
    }

    /// Merges an element: one that was edited stays against its deletion.
    private mutating func element(
        _ base: JSONValue?, _ versions: [FieldVersion], _ depth: Int
    ) -> [UInt8]? {
        let present = versions.filter { $0.value != nil }
        guard present.count < versions.count else {
            return value(base: base, versions: versions, depth: depth + 1)
        }
        let changed = present.filter { !FieldMerge.means($0.value, base) }
        if changed.isEmpty { return nil }
        return value(base: base, versions: changed, depth: depth + 1)
    }
}
