internal import SyncModel

/// Aligns the bodies of all terms of a merge and decides them region by region.
///
/// diff3 (Khanna, Kunal, Pierce: A Formal Investigation of Diff3, 2007) for any number of terms:
/// a line that all have is stable; what lies between stable lines is a region. Changes that touch
/// share a region, as in git. Task list lines are aligned without regard to their boxes.
struct TextRegions {
    /// A line and how it ends where the file's lines end in both ways.
    typealias Line = (bytes: ArraySlice<UInt8>, ending: TextFile.Ending)

    /// What the merged text is made of.
    enum Piece {
        case lines([Line])
        case conflict(Conflict)
    }

    /// Lines about which sides disagree.
    struct Conflict {
        /// A side or a base, by its place among the terms.
        typealias Term = (index: Int, lines: [Line])

        /// Those that disagree, at least two, by rules before version 9 all. The first stands there
        /// in a file that shows no markers.
        var sides: [Term]
        let bases: [Term]
    }

    /// Each side's body, oldest first.
    private let sides: [[Line]]
    private let bases: [[Line]]
    private let isAppendOnly: Bool
    private let isProse: Bool
    /// Of the rules.
    private let version: Int
    /// Which lines of each term are code; told when a region of prose is first met.
    private var codes: [[Bool]]?
    private var pieces: [Piece] = []
    /// Decided lines that are no piece yet.
    private var pending: [Line] = []

    /// Merges bodies.
    /// - Parameters:
    ///   - sides: oldest first.
    ///   - bases: one fewer, at least one.
    ///   - isAppendOnly: whether insertions at one place are joined.
    ///   - rule: says whether insertions at one place are joined, and whether a line may be a
    ///     paragraph, which merges by its sentences.
    static func merged(sides: [[Line]], bases: [[Line]], rule: FileRule) -> [Piece] {
        var regions = TextRegions(sides: sides, bases: bases, rule: rule)
        regions.run()
        return regions.pieces
    }

    private init(sides: [[Line]], bases: [[Line]], rule: FileRule) {
        self.sides = sides
        self.bases = bases
        (isAppendOnly, isProse, version) = (rule.isAppendOnly, rule.isProse, rule.version)
    }

    private mutating func run() {
        let terms = sides + bases
        let pivot = sides.count
        var interner = ByteInterner()
        let numbers = terms.map { $0.map { interner.number(Self.key($0.bytes)) } }
        let matches = numbers.enumerated().map { index, other in
            index == pivot ? Array(other.indices) : LineDiff.matches(numbers[pivot], other)
        }
        var at = Array(repeating: 0, count: terms.count)
        for line in numbers[pivot].indices where matches.allSatisfy({ $0[line] >= 0 }) {
            let places = matches.map { $0[line] }
            if places != at { decide(zip(at, places).map { $0..<$1 }) }
            stable(places)
            at = places.map { $0 + 1 }
        }
        let ends = terms.map(\.count)
        if ends != at { decide(zip(at, ends).map { $0..<$1 }) }
        flush()
    }

    /// A line as it is aligned: a task's box does not count.
    private static func key(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let task = TaskItem(line) else { return line }
        return task.line(box: 0x20)[...]
    }

    private mutating func append(_ lines: [Line]) {
        pending += lines
    }

    private mutating func flush() {
        guard !pending.isEmpty else { return }
        pieces.append(.lines(pending))
        pending = []
    }

    /// A line that all terms have, but for its box and its end.
    private mutating func stable(_ places: [Int]) {
        let here = zip(sides, places).map { $0[$1] }
        let before = zip(bases, places.dropFirst(sides.count)).map { $0[$1] }
        let ending = TermSum.newest(here.map(\.ending), before.map(\.ending))
        // Boxes ticked differently on several sides: the newest change counts.
        let text = TermSum.newest(
            here.map { ByteKey($0.bytes) }, before.map { ByteKey($0.bytes) })
        append([(text.bytes, ending)])
    }

    private mutating func decide(_ ranges: [Range<Int>]) {
        let here = zip(sides, ranges).map { Array($0[$1]) }
        let before = zip(bases, ranges.dropFirst(sides.count)).map { Array($0[$1]) }
        let texts = (here.map(Self.text), before.map(Self.text))
        let left = TermSum.remaining(texts.0, texts.1)
        if let first = left.first, left.allSatisfy({ texts.0[$0] == texts.0[first] }) {
            append(here[left[left.count - 1]])
        } else if let lines = tasks(here, before) {
            append(lines)
        } else if isAppendOnly, before.allSatisfy(\.isEmpty) {
            append(joined(left.map { here[$0] }))
        } else if let lines = sentences(ranges) {
            append(lines)
        } else {
            conflict(here, before)
        }
    }

    private static func text(_ lines: [Line]) -> [ByteKey] { lines.map { ByteKey($0.bytes) } }

    /// Merges task by task, the box and the text each on its own; nil when the lines do not
    /// stand against each other one to one or a text was changed twice.
    private func tasks(_ here: [[Line]], _ before: [[Line]]) -> [Line]? {
        let count = before[0].count
        guard count > 0, (here + before).allSatisfy({ $0.count == count }) else { return nil }
        var result: [Line] = []
        for index in 0..<count {
            let now = here.map { TaskItem($0[index].bytes) }
            let old = before.map { TaskItem($0[index].bytes) }
            let items = (now.compactMap { $0 }, old.compactMap { $0 })
            guard items.0.count == now.count, items.1.count == old.count else { return nil }
            let boxes = (items.0.map(\.box), items.1.map(\.box))
            let texts = (items.0.map { $0.line(box: 0x20) }, items.1.map { $0.line(box: 0x20) })
            guard let text = TermSum.resolved(texts.0, texts.1),
                let model = TaskItem(text[...])
            else { return nil }
            let box = TermSum.newest(boxes.0, boxes.1)
            let source = texts.0.lastIndex(of: text) ?? 0
            result.append((model.line(box: box)[...], here[source][index].ending))
        }
        return result
    }

    /// Merges paragraphs by their sentences; nil where they are none.
    private mutating func sentences(_ ranges: [Range<Int>]) -> [Line]? {
        guard isProse, ranges.dropFirst(sides.count).allSatisfy({ !$0.isEmpty }) else {
            return nil
        }
        let codes =
            self.codes
            ?? (sides + bases).map { lines in
                var isCode = false
                return lines.map { line in
                    let isFence = Sentences.isFence(line.bytes)
                    if isFence { isCode.toggle() }
                    return isCode || isFence
                }
            }
        self.codes = codes
        return SentenceMerge.merged(
            sides, bases, at: ranges, codes: codes, version: version)
    }

    /// Joins insertions, the older first; one that stands whole in another is not said twice.
    private func joined(_ insertions: [[Line]]) -> [Line] {
        var result: [Line] = []
        let texts = insertions.map(Self.text)
        for (index, insertion) in insertions.enumerated() {
            let isRepeated = texts.indices.contains { other in
                guard other != index, texts[other].count >= texts[index].count else { return false }
                if texts[other] == texts[index] { return other < index }
                return Self.contains(texts[other], texts[index])
            }
            if !isRepeated { result += insertion }
        }
        return result
    }

    /// Whether `whole` begins or ends with `part`.
    private static func contains(_ whole: [ByteKey], _ part: [ByteKey]) -> Bool {
        whole.starts(with: part) || whole.suffix(part.count).elementsEqual(part)
    }

    /// Takes lines off at both ends that all who disagree have (as git's zdiff3).
    private mutating func conflict(_ here: [[Line]], _ before: [[Line]]) {
        let found =
            version < 9
            ? (sides: Array(here.indices), bases: Array(before.indices))
            : TermSum.disagreeing(here.map(Self.text), before.map(Self.text))
        let sides = found.sides.map { here[$0] }
        let texts = sides.map(Self.text)
        let shortest = texts.map(\.count).min() ?? 0
        var (head, tail) = (0, 0)
        while head < shortest, texts.allSatisfy({ $0[head] == texts[0][head] }) { head += 1 }
        while tail < shortest - head,
            texts.allSatisfy({ $0[$0.count - 1 - tail] == texts[0][texts[0].count - 1 - tail] })
        {
            tail += 1
        }
        let newest = sides[sides.count - 1]
        append(Array(newest[..<head]))
        flush()
        let rest = sides.map { Array($0[head..<($0.count - tail)]) }
        pieces.append(
            .conflict(
                Conflict(
                    sides: Array(zip(found.sides, rest)),
                    bases: found.bases.map { ($0, before[$0]) })))
        append(Array(newest[(newest.count - tail)...]))
    }
}
