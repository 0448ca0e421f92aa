internal import SyncModel

/// A conflict that nobody resolved, taken out of a file so that what was edited around it merges as
/// if it were one line.
///
/// Sums of whole texts would say of each edit around a conflict that it was made to every side of
/// it, and edits beside one another would stand in all combinations.
struct StandingConflict {
    /// What stands between the markers, one for each pair.
    let places: [ConflictMarkers.Place]
    /// The file with one line in place of each.
    let around: [UInt8]

    private let id: String

    /// Takes the conflict out of a file.
    /// - Returns: nil when its markers do not stand there whole, or a line there looks like the one
    ///   that is put in their place.
    init?(_ content: [UInt8], of labels: ConflictLabels) {
        id = labels.id
        let pieces = ConflictMarkers.pieces(content, of: labels) ?? []
        let style = TextFile(content).style ?? .lf
        var places: [ConflictMarkers.Place] = []
        var around: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): around += text
            case .conflict(let place):
                around += Self.line(places.count, id) + style.bytes
                places.append(place)
            }
        }
        (self.places, self.around) = (places, around)
        if places.isEmpty || filled(around, by: { _ in [] }) == nil { return nil }
    }

    /// What several made of what stands between the markers; nil when two changed it in two ways.
    /// - Parameter parts: what each made of this.
    func places(of parts: [StandingConflict]) -> [ConflictMarkers.Place]? {
        var result = places
        for part in parts where part.places.count != places.count { return nil }
        for index in places.indices {
            let changed = Set(parts.map { $0.places[index] }).subtracting([places[index]])
            if changed.count > 1 { return nil }
            result[index] = changed.first ?? places[index]
        }
        return result
    }

    /// Of each part the sides, counted from 0, whose text between the markers it changed where
    /// another part changed it in another way.
    /// - Parameter parts: what each made of this; nil where the conflict is another or resolved.
    func disputed(in parts: [StandingConflict?]) -> [Set<Int>] {
        var result = parts.map { _ in Set<Int>() }
        for (number, place) in places.enumerated() {
            for side in place.sides.indices {
                let texts = parts.map { part in
                    part.flatMap { $0.places.count == places.count ? $0.places[number] : nil }?
                        .sides[side] ?? place.sides[side]
                }
                let changed = texts.indices.filter { texts[$0] != place.sides[side] }
                if Set(changed.map { texts[$0] }).count < 2 { continue }
                for index in changed { result[index].insert(side) }
            }
        }
        return result
    }

    /// A text with what stands in each place put back.
    /// - Returns: nil when the lines that stand for the places are not all there, once each and in
    ///   order.
    func filled(_ text: [UInt8], by content: (Int) -> [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var next = 0
        for range in RecordLines.ranges(text, 0..<text.count) {
            let line = text[range]
            if line.starts(with: Self.start(id)) {
                let bare = line.last == 0x0d ? line.dropLast() : line
                guard bare.elementsEqual(Self.line(next, id)) else { return nil }
                var lines = content(next)
                if range.upperBound == text.count, lines.last == 0x0a { lines.removeLast() }
                result += lines
                next += 1
            } else {
                result += text[range.lowerBound..<min(range.upperBound + 1, text.count)]
            }
        }
        return next == places.count ? result : nil
    }

    /// The conflict that stands, with what was edited around it: what that is in conflict about is
    /// said by the side of the same device, or by a side more.
    /// - Parameters:
    ///   - places: what stands in this one's places now.
    ///   - stamps: of the sides that disagree there.
    ///   - around: what was made of the rest.
    ///   - keepsOrder: whether a side stays the earliest, of which the file shows the text.
    /// - Returns: nil when one of the texts does not have the places.
    func sum(
        of places: [ConflictMarkers.Place], _ stamps: [VersionStamp], _ around: ConflictTerms,
        keepsOrder: Bool
    ) -> ConflictTerms? {
        // What a side says where it has no word of its own: the same stands among the bases.
        let neutral = around.bases.first ?? around.sides[0].content ?? []
        var sides = stamps.enumerated().map { (standing: $0, around: neutral, stamp: $1) }
        var isFree = Array(repeating: true, count: sides.count)
        // The rest of which nothing is in conflict has one text, and no side of its own.
        for side in around.bases.isEmpty ? [] : around.sides {
            let content = side.content ?? []
            let device = side.stamp.device
            if let own = sides.indices.first(where: {
                $0 < stamps.count && isFree[$0] && stamps[$0].device == device
            }) {
                isFree[own] = false
                let stamp = keepsOrder ? stamps[own] : max(stamps[own], side.stamp)
                sides[own] = (own, content, stamp)
            } else {
                sides.append((-1, content, side.stamp))
            }
        }
        var (texts, bases): ([CapturedContent], [[UInt8]]) = ([], [])
        for side in sides {
            let text = filled(side.around) { place in
                side.standing < 0 ? places[place].bases[0] : places[place].sides[side.standing]
            }
            guard let text else { return nil }
            texts.append(CapturedContent(content: text, stamp: side.stamp))
        }
        for number in 1..<sides.count {
            let rest = number <= around.bases.count ? around.bases[number - 1] : neutral
            let text = filled(rest) { place in
                let bases = places[place].bases
                return bases.indices.contains(number - 1) ? bases[number - 1] : bases[0]
            }
            guard let text else { return nil }
            bases.append(text)
        }
        return TermSum.of([ConflictTerms(bases: bases, sides: texts)], minus: [])
    }

    private static func start(_ id: String) -> [UInt8] { [1] + Array("\(id) ".utf8) }

    private static func line(_ number: Int, _ id: String) -> [UInt8] {
        start(id) + Array("\(number)".utf8)
    }
}
