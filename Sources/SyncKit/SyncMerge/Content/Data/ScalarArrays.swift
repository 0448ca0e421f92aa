/// Merges arrays of strings, numbers and the like: what was added comes, what was removed goes.
///
/// Only where that is what the versions did: none may have put elements in another order, nor
/// two have put something in the place of one element. An array that has anything but strings may
/// be a point or a range, whose elements change together: there each version may only have added,
/// or only have removed.
struct ScalarArrays {
    /// An element, and how many equal ones stand before it.
    private struct Place: Hashable {
        let meaning: [UInt8]
        let number: Int
    }

    private let base: [Place]
    private let versions: [[Place]]
    private let arrays: [JSONValue]

    /// - Parameters:
    ///   - base: nil for nothing.
    ///   - arrays: of scalars, newest first.
    /// - Returns: nil where only one of them can stand.
    init?(base: JSONValue?, _ arrays: [JSONValue]) {
        let elements = base?.elements ?? []
        guard elements.allSatisfy(\.kind.isScalar) else { return nil }
        self.arrays = arrays
        self.base = Self.places(elements)
        versions = arrays.map { Self.places($0.elements) }
        let areStrings = (arrays.flatMap(\.elements) + elements).allSatisfy { $0.kind == .string }
        guard areStrings || base != nil && versions.allSatisfy(onlyAddsOrRemoves),
            versions.allSatisfy({ ValueMerge.keeps($0, self.base) }), !replacesTwice
        else { return nil }
    }

    private static func places(_ elements: [JSONValue]) -> [Place] {
        var counts: [[UInt8]: Int] = [:]
        return elements.map { element in
            let meaning = element.canonical
            counts[meaning, default: 0] += 1
            return Place(meaning: meaning, number: counts[meaning] ?? 0)
        }
    }

    private func onlyAddsOrRemoves(_ version: [Place]) -> Bool {
        let (here, there) = (Set(version), Set(base))
        return here.isSubset(of: there) || there.isSubset(of: here)
    }

    /// Whether two versions took one element away and put something there.
    private var replacesTwice: Bool {
        let sets = versions.map(Set.init)
        let anchors = Set(base.filter { place in sets.allSatisfy { $0.contains(place) } })
        let old = Self.regions(base, anchors)
        let regions = versions.map { Self.regions($0, anchors) }
        for (number, before) in old.enumerated() {
            var replaced: Set<Place> = []
            for version in regions {
                let now = Set(version[number])
                let gone = Set(before).subtracting(now)
                guard !now.subtracting(before).isEmpty else { continue }
                if !replaced.isDisjoint(with: gone) { return true }
                replaced.formUnion(gone)
            }
        }
        return false
    }

    /// What stands before, between and after the anchors.
    private static func regions(_ list: [Place], _ anchors: Set<Place>) -> [ArraySlice<Place>] {
        list.split(omittingEmptySubsequences: false, whereSeparator: anchors.contains)
    }

    /// The merged array's bytes.
    var merged: [UInt8] {
        let sets = versions.map(Set.init)
        let old = Set(base)
        var writer = SplicedContainer(arrays)
        var sources: [Place: [UInt8]] = [:]
        for (version, array) in zip(versions, arrays).reversed() {
            for (place, element) in zip(version, array.elements) {
                sources[place] = Array(element.source)
            }
        }
        let model = Dictionary(uniqueKeysWithValues: zip(versions[0], versions[0].indices))
        for place in ValueMerge.order(versions) {
            guard !old.contains(place) || sets.allSatisfy({ $0.contains(place) }) else { continue }
            writer.append(place: model[place], sources[place] ?? [])
        }
        return writer.bytes
    }
}
