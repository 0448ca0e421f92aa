internal import SyncModel

/// What markers call a conflict and its terms, each term by the short name of its blob.
struct ConflictLabels {
    let id: String
    let sides: [String]
    let bases: [String]

    init(_ terms: ConflictTerms, path: TreePath?) {
        id = terms.id(path: path)
        (sides, bases) = (terms.sideIDs.map(\.short), terms.baseIDs.map(\.short))
    }

    /// - Parameter record: of texts, which all have blobs.
    init(_ record: ConflictRecord) {
        id = record.id
        sides = record.sides.map { $0.blob?.short ?? "" }
        bases = record.bases.map { $0.blob?.short ?? "" }
    }

    /// What the first marker says besides where not all sides stand there.
    /// - Parameter count: of those that do.
    static func part(_ count: Int, of all: Int) -> String {
        count == all ? "" : " (\(count) of \(all) sides)"
    }

    /// A side or a base that stands between markers.
    struct Found {
        /// What follows the marker's run of characters.
        var label: ArraySlice<UInt8>
        var lines: [UInt8] = []

        /// The name of its blob. A side that a base came to be has no device.
        fileprivate var name: String? {
            let words = label.split(separator: 0x20, omittingEmptySubsequences: false)
            return words.count < 4 ? nil : String(decoding: words[3].prefix(8), as: UTF8.self)
        }
    }

    /// What stands between two outer markers, by term; nil where it is not what they say.
    /// - Parameters:
    ///   - shown: the sides, at least two.
    ///   - former: the bases, at least one; where there is one it is that of all sides.
    func place(_ shown: [Found], _ former: [Found]) -> ConflictMarkers.Place? {
        let isPart = isPart(shown)
        guard isPart || shown.count == sides.count,
            let standing = isPart ? Self.indices(of: shown, in: sides) : Array(sides.indices),
            let before = isPart && former.count > 1
                ? Self.indices(of: former, in: bases) : Array(former.indices)
        else { return nil }
        // Of terms that do not stand there a side and a base say the same.
        let rest = former[former.count - 1].lines
        var place = ConflictMarkers.Place(
            sides: sides.map { _ in rest }, bases: bases.map { _ in rest }, shown: standing)
        for (index, side) in zip(standing, shown) { place.sides[index] = side.lines }
        for (index, base) in zip(before, former) { place.bases[index] = base.lines }
        return place
    }

    /// Whether the first marker says that not all sides stand there, and as many do as it says.
    private func isPart(_ shown: [Found]) -> Bool {
        let part = Self.part(shown.count, of: sides.count)
        let label = shown[0].label.last == 0x0d ? shown[0].label.dropLast() : shown[0].label
        return !part.isEmpty && label.suffix(part.utf8.count).elementsEqual(part.utf8)
    }

    /// Which terms stand between markers: they do in their order.
    private static func indices(of found: [Found], in names: [String]) -> [Int]? {
        var result: [Int] = []
        for term in found {
            let next = names.indices.first { $0 > result.last ?? -1 && names[$0] == term.name }
            guard let next else { return nil }
            result.append(next)
        }
        return result
    }
}

/// Which side of a conflict a device calls its own, and which stands against it.
package struct SideRoles {
    private let device: String
    private let makers: [String]

    /// - Parameter makers: the sides' devices, in order.
    package init(of device: String, _ makers: [String]) {
        (self.device, self.makers) = (device, makers)
    }

    /// What the device made last, else the earliest.
    /// - Parameter sides: those that disagree, at least one, in order.
    package func own(_ sides: [Int]) -> Int {
        sides.last { makers[$0] == device } ?? sides[0]
    }

    /// The latest of the others; its own where it is alone.
    /// - Parameter sides: those that disagree, at least one, in order.
    package func other(_ sides: [Int]) -> Int {
        let own = own(sides)
        return sides.last { $0 != own } ?? own
    }
}
