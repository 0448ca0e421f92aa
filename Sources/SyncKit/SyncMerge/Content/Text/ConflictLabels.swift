internal import SyncModel

/// What markers call the terms of a conflict, each by the short name of its blob.
struct ConflictLabels {
    let id: String
    let sides: [String]
    let bases: [String]
    /// Of the rules: since version 9 terms that cancel in a place do not stand there.
    let version: Int

    init(_ terms: ConflictTerms, path: TreePath?, version: Int) {
        id = terms.id(path: path)
        (sides, bases) = (terms.sideIDs.map(\.short), terms.baseIDs.map(\.short))
        self.version = version
    }

    /// - Parameter record: of texts, which all have blobs.
    init(_ record: ConflictRecord, version: Int) {
        id = record.id
        sides = record.sides.map { $0.blob?.short ?? "" }
        bases = record.bases.map { $0.blob?.short ?? "" }
        self.version = version
    }

    /// A side or a base that stands between markers.
    struct Found {
        /// What follows the marker's run of characters.
        var label: ArraySlice<UInt8>
        var lines: [UInt8] = []
    }

    /// What stands between two outer markers, by term; nil where terms are missing and it cannot
    /// be told which.
    /// - Parameters:
    ///   - shown: the sides, at least two.
    ///   - former: the bases, at least one; where there is one it is that of all sides.
    func place(_ shown: [Found], _ former: [Found]) -> ConflictMarkers.Place? {
        let rest = former[former.count - 1].lines
        var place = ConflictMarkers.Place(
            sides: sides.map { _ in rest }, bases: bases.map { _ in rest },
            shown: Array(sides.indices))
        if shown.count < sides.count {
            guard version >= 9, let found = Self.indices(of: shown, in: sides) else { return nil }
            place.shown = found
        }
        for (index, side) in zip(place.shown, shown) { place.sides[index] = side.lines }
        let isEach = former.count > 1 && former.count < bases.count && version >= 9
        guard let found = isEach ? Self.indices(of: former, in: bases) : Array(former.indices)
        else { return nil }
        for (index, base) in zip(found, former) { place.bases[index] = base.lines }
        return place
    }

    /// Which terms stand between markers: they do in their order.
    private static func indices(of found: [Found], in names: [String]) -> [Int]? {
        var result: [Int] = []
        for term in found {
            let label = term.label.last == 0x0d ? term.label.dropLast() : term.label
            let name = String(decoding: label.split(separator: 0x20).last ?? [], as: UTF8.self)
            guard
                let index = names.indices.first(where: {
                    $0 > result.last ?? -1 && names[$0] == name
                })
            else { return nil }
            result.append(index)
        }
        return result
    }
}
