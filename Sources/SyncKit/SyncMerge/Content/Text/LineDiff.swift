internal import SyncModel

/// Finds the lines that two texts have in common, in order.
///
/// Lines that stand once in both anchor the comparison (patience diff, B. Cohen), the gaps are
/// compared after Myers (An O(ND) Difference Algorithm, 1986). All work is counted: past
/// `Limits.diffWork`, or in a gap of more than `editLimit` changes, the rest counts as changed as
/// a whole, which is coarser and still right.
struct LineDiff {
    private struct Gap {
        var old: Range<Int>
        var new: Range<Int>
    }

    /// The most changes that are told apart in one gap between anchors.
    private static let editLimit = 400

    private let old: [Int]
    private let new: [Int]
    private var work = Limits.diffWork
    private var matches: [Int]
    private var gaps: [Gap] = []

    /// For each line of `old`, where it stands in `new`; -1 where it does not. Rising.
    /// - Parameters:
    ///   - old: the lines, as numbers that are equal exactly when the lines are.
    ///   - new: the other text's lines, numbered alike.
    static func matches(_ old: [Int], _ new: [Int]) -> [Int] {
        var diff = LineDiff(old: old, new: new)
        diff.run()
        return diff.matches
    }

    private init(old: [Int], new: [Int]) {
        self.old = old
        self.new = new
        matches = Array(repeating: -1, count: old.count)
        gaps = [Gap(old: 0..<old.count, new: 0..<new.count)]
    }

    private mutating func run() {
        while var gap = gaps.popLast() {
            trim(&gap)
            guard !gap.old.isEmpty, !gap.new.isEmpty else { continue }
            work -= gap.old.count + gap.new.count
            guard work > 0 else { continue }
            let anchors = anchors(gap)
            if anchors.isEmpty {
                compare(gap)
                continue
            }
            var start = (old: gap.old.lowerBound, new: gap.new.lowerBound)
            for anchor in anchors {
                matches[anchor.old] = anchor.new
                gaps.append(Gap(old: start.old..<anchor.old, new: start.new..<anchor.new))
                start = (anchor.old + 1, anchor.new + 1)
            }
            gaps.append(
                Gap(old: start.old..<gap.old.upperBound, new: start.new..<gap.new.upperBound))
        }
    }

    /// Matches equal lines at both ends.
    private mutating func trim(_ gap: inout Gap) {
        var (oldStart, oldEnd) = (gap.old.lowerBound, gap.old.upperBound)
        var (newStart, newEnd) = (gap.new.lowerBound, gap.new.upperBound)
        while oldStart < oldEnd, newStart < newEnd, old[oldStart] == new[newStart] {
            matches[oldStart] = newStart
            oldStart += 1
            newStart += 1
        }
        while oldStart < oldEnd, newStart < newEnd, old[oldEnd - 1] == new[newEnd - 1] {
            oldEnd -= 1
            newEnd -= 1
            matches[oldEnd] = newEnd
        }
        gap = Gap(old: oldStart..<oldEnd, new: newStart..<newEnd)
    }

    /// The longest rising chain of lines that stand once in each side of the gap.
    private func anchors(_ gap: Gap) -> [(old: Int, new: Int)] {
        var places: [Int: (old: Int, count: Int, new: Int, newCount: Int)] = [:]
        for index in gap.old {
            places[old[index], default: (index, 0, 0, 0)].count += 1
        }
        for index in gap.new {
            guard var place = places[new[index]] else { continue }
            place.new = index
            place.newCount += 1
            places[new[index]] = place
        }
        // Patience sorting: piles of rising `new`, each card pointing at the pile to its left.
        var cards: [(old: Int, new: Int, previous: Int)] = []
        var piles: [Int] = []
        for index in gap.old {
            guard let place = places[old[index]], place.count == 1, place.newCount == 1 else {
                continue
            }
            var (low, high) = (0, piles.count)
            while low < high {
                let middle = (low + high) / 2
                if cards[piles[middle]].new < place.new { low = middle + 1 } else { high = middle }
            }
            cards.append((index, place.new, low > 0 ? piles[low - 1] : -1))
            if low == piles.count { piles.append(0) }
            piles[low] = cards.count - 1
        }
        var result: [(old: Int, new: Int)] = []
        var card = piles.last ?? -1
        while card >= 0 {
            result.append((cards[card].old, cards[card].new))
            card = cards[card].previous
        }
        return result.reversed()
    }

    /// Myers' greedy search forward, with the furthest reaching points of each step kept.
    private mutating func compare(_ gap: Gap) {
        let (oldCount, newCount) = (gap.old.count, gap.new.count)
        let limit = min(oldCount + newCount, Self.editLimit)
        var reach = Array(repeating: 0, count: 2 * limit + 3)
        var steps: [[Int]] = []
        for edits in 0...limit {
            steps.append(Array(reach[(limit + 1 - edits)...(limit + 1 + edits)]))
            for diagonal in stride(from: -edits, through: edits, by: 2) {
                let place = limit + 1 + diagonal
                let down =
                    diagonal == -edits
                    || diagonal != edits && reach[place - 1] < reach[place + 1]
                var x = down ? reach[place + 1] : reach[place - 1] + 1
                while x < oldCount, x - diagonal < newCount,
                    old[gap.old.lowerBound + x] == new[gap.new.lowerBound + x - diagonal]
                {
                    x += 1
                    work -= 1
                }
                reach[place] = x
                if x >= oldCount, x - diagonal >= newCount {
                    trace(gap, steps)
                    return
                }
            }
            work -= edits + 1
            guard work > 0 else { return }
        }
    }

    /// Walks back from the end of both texts and marks the diagonals.
    private mutating func trace(_ gap: Gap, _ steps: [[Int]]) {
        var (x, y) = (gap.old.count, gap.new.count)
        for (edits, reach) in steps.enumerated().reversed() {
            let diagonal = x - y
            // `reach` holds diagonals -edits...edits as they were before this step.
            func at(_ diagonal: Int) -> Int { reach[diagonal + edits] }
            let isDown =
                diagonal == -edits || diagonal != edits && at(diagonal - 1) < at(diagonal + 1)
            let before = isDown ? diagonal + 1 : diagonal - 1
            let startX = edits == 0 ? 0 : at(before)
            let startY = edits == 0 ? 0 : startX - before
            while x > startX, y > startY {
                x -= 1
                y -= 1
                matches[gap.old.lowerBound + x] = gap.new.lowerBound + y
            }
            (x, y) = (startX, startY)
        }
    }
}
