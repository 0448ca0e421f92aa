/// Finds a conflict that a file shows without markers in that file as it stands by now.
///
/// The lines that disagree are one side's. What was done to them since was done to that
/// side; what was done around them stays, whatever side is chosen.
struct ShownConflict {
    /// The most comparisons of lines in the search for one conflict's place.
    private static let trials = 10_000

    private let shown: [ArraySlice<UInt8>]
    private let now: [ArraySlice<UInt8>]
    /// For each line that was shown, where it is now; -1 where it is not.
    private let matches: [Int]
    /// For each place between lines that were shown, the last line before it that is still there,
    /// and the first after it.
    private var previous: [Int]
    private var following: [Int]

    /// The file as pieces of a merged text: its own lines, and the conflicts where they are now.
    /// - Parameters:
    ///   - written: the pieces that the file was made of.
    ///   - head: the lines before them.
    ///   - file: what was made of it since.
    static func pieces(
        _ written: [TextRegions.Piece], after head: [ArraySlice<UInt8>], in file: TextFile
    ) -> [TextRegions.Piece] {
        var shown = head
        var places: [Range<Int>] = []
        for piece in written {
            switch piece {
            case .lines(let lines): shown += lines.map(\.bytes)
            case .conflict(let conflict):
                let lines = conflict.sides[0].lines
                places.append(shown.count..<(shown.count + lines.count))
                shown += lines.map(\.bytes)
            }
        }
        let found = ShownConflict(shown, now: file.lines)
        let lines: [TextRegions.Line] = zip(file.lines, file.endings).map { ($0, $1) }
        var result: [TextRegions.Piece] = []
        var next = 0
        var index = 0
        for piece in written {
            guard case .conflict(var conflict) = piece else { continue }
            let place = found.place(of: places[index], from: next)
            index += 1
            result.append(.lines(Array(lines[next..<place.lowerBound])))
            conflict.sides[0].lines = Array(lines[place])
            result.append(.conflict(conflict))
            next = place.upperBound
        }
        result.append(.lines(Array(lines[next...])))
        return result
    }

    private init(_ shown: [ArraySlice<UInt8>], now: [ArraySlice<UInt8>]) {
        self.shown = shown
        self.now = now
        var interner = ByteInterner()
        let numbers = [shown, now].map { $0.map { interner.number($0) } }
        let matches = LineDiff.matches(numbers[0], numbers[1])
        self.matches = matches
        previous = [-1]
        following = Array(repeating: shown.count, count: shown.count + 1)
        for index in matches.indices {
            previous.append(matches[index] >= 0 ? index : previous[index])
        }
        for index in matches.indices.reversed() {
            following[index] = matches[index] >= 0 ? index : following[index + 1]
        }
    }

    /// Where lines that were shown are now. What was put in beside them is none of them.
    /// - Parameter first: the place's lower bound.
    private func place(of lines: Range<Int>, from first: Int) -> Range<Int> {
        var gap = gap(at: lines.lowerBound)
        let (above, below) = (lines.lowerBound - gap.shown.lowerBound, gap.shown.upperBound)
        var start = min(gap.now.lowerBound + above, gap.now.upperBound)
        if below == lines.lowerBound { start = gap.now.upperBound }
        start = max(start, first)
        gap = self.gap(at: lines.upperBound)
        var end = gap.now.upperBound - (gap.shown.upperBound - lines.upperBound)
        if gap.shown.lowerBound == lines.upperBound { end = gap.now.lowerBound }
        end = max(end, gap.now.lowerBound, start)
        return narrowed(start..<end, to: lines)
    }

    /// The lines around a place that were changed: as they were shown, and as they are now.
    private func gap(at place: Int) -> (shown: Range<Int>, now: Range<Int>) {
        let (last, next) = (previous[place], following[place])
        let start = last < 0 ? 0 : matches[last] + 1
        let end = next == shown.count ? now.count : matches[next]
        return (last + 1..<next, start..<end)
    }

    /// Of a place with more lines than there were, those that begin most like them: the others
    /// were put in beside. Lines that are still there stay in it.
    private func narrowed(_ place: Range<Int>, to lines: Range<Int>) -> Range<Int> {
        let kept = matches[lines].filter { place.contains($0) }
        let lowest = max(place.lowerBound, (kept.last ?? place.lowerBound - 1) + 1 - lines.count)
        let highest = min(place.upperBound - lines.count, kept.first ?? place.upperBound)
        guard !lines.isEmpty, place.count > lines.count, lowest <= highest,
            (highest - lowest + 1) * lines.count <= Self.trials
        else { return place }
        var best = (start: lowest, likeness: -1)
        for start in lowest...highest {
            let likeness = zip(shown[lines], now[start...]).reduce(0) { sum, pair in
                sum + zip(pair.0, pair.1).prefix { $0 == $1 }.count
            }
            if likeness > best.likeness { best = (start, likeness) }
        }
        return best.start..<(best.start + lines.count)
    }
}
