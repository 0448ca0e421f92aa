internal import SyncModel

/// Merges a region of paragraphs that stand on one line each by their sentences: a sentence is to
/// them what a line is to wrapped text.
struct SentenceMerge {
    typealias Line = TextRegions.Line

    /// A sentence, or the end of a line.
    private struct Token {
        let key: ByteKey
        /// Of a sentence: the white space behind it.
        let blank: ArraySlice<UInt8>
        /// Of a line's end.
        var ending: TextFile.Ending?
    }

    private let sides: [[Token]]
    private let bases: [[Token]]
    private let version: Int
    private var result: [Token] = []

    /// Longer than this a line stands for itself whatever is around it: nobody wraps so late.
    private static let unwrapped = 120

    /// - Parameters:
    ///   - here, before: the bodies of the sides and of the bases.
    ///   - ranges: the region in each, sides first.
    ///   - codes: which lines of each are code.
    ///   - version: of the rules.
    /// - Returns: nil where a line is no paragraph, or one sentence was changed twice.
    static func merged(
        _ here: [[Line]], _ before: [[Line]], at ranges: [Range<Int>], codes: [[Bool]],
        version: Int
    ) -> [Line]? {
        let terms = here + before
        var tokens: [[Token]] = []
        var hasSentences = false
        for (index, range) in ranges.enumerated() {
            var own: [Token] = []
            for place in range {
                let line = terms[index][place].bytes
                let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
                guard isBlank || !codes[index][place] && isParagraph(terms[index], place) else {
                    return nil
                }
                let (marker, text) = Sentences.withoutMarker(line)
                let parts = Sentences.split(text)
                if let marker { own.append(Token(key: ByteKey(marker.text), blank: marker.blank)) }
                if index >= here.count, parts.count > 1 { hasSentences = true }
                own += parts.map { Token(key: ByteKey($0.text), blank: $0.blank) }
                own.append(
                    Token(key: ByteKey([0x0a]), blank: [], ending: terms[index][place].ending))
            }
            tokens.append(own)
        }
        guard hasSentences else { return nil }
        var merge = SentenceMerge(
            sides: Array(tokens[..<here.count]), bases: Array(tokens[here.count...]),
            version: version)
        return merge.run() && merge.isWhole ? merge.lines : nil
    }

    private init(sides: [[Token]], bases: [[Token]], version: Int) {
        self.sides = sides
        self.bases = bases
        self.version = version
    }

    /// Whether a line is a paragraph, or an item of a list, of its own.
    private static func isParagraph(_ lines: [Line], _ place: Int) -> Bool {
        let line = lines[place].bytes
        guard Sentences.isProse(line) else { return false }
        if line.count > unwrapped { return true }
        let opens =
            place == 0 || Sentences.isItem(line) || Sentences.isApart(lines[place - 1].bytes)
        guard opens, place + 1 < lines.count else { return opens }
        let next = lines[place + 1].bytes
        return Sentences.isApart(next) || Sentences.isItem(next)
    }

    /// Aligns the sentences of all terms and decides what lies between those that all have.
    private mutating func run() -> Bool {
        let terms = sides + bases
        let pivot = sides.count
        var interner = ByteInterner()
        let numbers = terms.map { $0.map { interner.number($0.key.bytes) } }
        let matches = numbers.enumerated().map { index, other in
            index == pivot ? Array(other.indices) : LineDiff.matches(numbers[pivot], other)
        }
        var at = Array(repeating: 0, count: terms.count)
        for token in numbers[pivot].indices where matches.allSatisfy({ $0[token] >= 0 }) {
            let places = matches.map { $0[token] }
            if places != at, !decide(zip(at, places).map { $0..<$1 }) { return false }
            result.append(sides[sides.count - 1][places[sides.count - 1]])
            at = places.map { $0 + 1 }
        }
        let ends = terms.map(\.count)
        return ends == at || decide(zip(at, ends).map { $0..<$1 })
    }

    private mutating func decide(_ ranges: [Range<Int>]) -> Bool {
        let here = zip(sides, ranges).map { Array($0[$1]) }
        let before = zip(bases, ranges.dropFirst(sides.count)).map { Array($0[$1]) }
        let texts = (here.map { $0.map(\.key) }, before.map { $0.map(\.key) })
        let left = TermSum.remaining(texts.0, texts.1)
        if let first = left.first, left.allSatisfy({ texts.0[$0] == texts.0[first] }) {
            result += here[left[left.count - 1]]
            return true
        }
        guard texts.1.allSatisfy({ $0 == texts.1[0] }) else { return false }
        return replace(before[0], left.map { here[$0] })
    }

    /// Puts what each side has in place of some sentences there, where no two replace the same.
    private mutating func replace(_ old: [Token], _ sides: [[Token]]) -> Bool {
        var changes: [(range: Range<Int>, new: [Token])] = []
        for side in sides {
            let most = min(old.count, side.count)
            let head = (0..<most).prefix { old[$0].key == side[$0].key }.count
            let tail = (0..<(most - head)).prefix {
                old[old.count - 1 - $0].key == side[side.count - 1 - $0].key
            }.count
            let change = (
                range: head..<(old.count - tail), new: Array(side[head..<(side.count - tail)])
            )
            let isKnown = changes.contains {
                $0.range == change.range && $0.new.map(\.key) == change.new.map(\.key)
            }
            if !isKnown { changes.append(change) }
        }
        changes.sort {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var at = 0
        for (index, change) in changes.enumerated() {
            if index > 0 {
                let before = changes[index - 1].range
                // Two insertions at one place have no order.
                let isOne = before.isEmpty && change.range.isEmpty && before == change.range
                guard before.upperBound <= change.range.lowerBound, !isOne else { return false }
            }
            result += old[at..<change.range.lowerBound]
            result += change.new
            at = change.range.upperBound
        }
        result += old[at...]
        return true
    }

    /// Whether no sentence of a side is lost, and none stands more often than in any version.
    private var isWhole: Bool {
        func counts(_ tokens: [Token]) -> [ByteKey: Int] {
            tokens.reduce(into: [:]) { if $1.ending == nil { $0[$1.key, default: 0] += 1 } }
        }
        let now = counts(result)
        let terms = (sides + bases).map(counts)
        let old = Set(bases.joined().map(\.key))
        return now.allSatisfy { key, count in terms.contains { $0[key, default: 0] >= count } }
            && terms[..<sides.count].joined().allSatisfy {
                old.contains($0.key) || now[$0.key] != nil
            }
    }

    /// The merged lines: a sentence that another now follows gets a blank behind it, where it needs
    /// one.
    private var lines: [Line] {
        var lines: [Line] = []
        var line: [UInt8] = []
        for (index, token) in result.enumerated() {
            if let ending = token.ending {
                lines.append((line[...], ending))
                line = []
                continue
            }
            line += token.key.bytes
            guard index + 1 < result.count, result[index + 1].ending == nil else { continue }
            let isApart = version >= 9 && Self.isApart(token.key, from: result[index + 1].key)
            line += token.blank.isEmpty && !isApart ? [0x20] : token.blank
        }
        return lines
    }

    /// Whether two sentences need no blank between them, as in scripts that part no words.
    private static func isApart(_ one: ByteKey, from other: ByteKey) -> Bool {
        let line = one.bytes + other.bytes
        return Sentences.split(line[...]).first?.text.count == one.bytes.count
    }
}
