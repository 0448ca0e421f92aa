internal import SyncModel

/// Three-way text merge with conflicts as values.
struct DocumentMerge {
    private let rule: FileRule
    private let path: TreePath?
    private let baseTerms: ConflictTerms?

    private init(rule: FileRule, path: TreePath?, baseTerms: ConflictTerms? = nil) {
        (self.rule, self.path, self.baseTerms) = (rule, path, baseTerms)
    }

    /// Merges documents that are present on both sides.
    static func merged(
        base: [UInt8]?, baseTerms: ConflictTerms?, _ early: ContentSide, _ late: ContentSide,
        rule: FileRule, path: TreePath?
    ) -> ContentResult {
        let contents = [base, early.content, late.content].compactMap { $0 }
        if contents.contains(where: { TextFile.isOpaque($0, version: rule.version) }) {
            return SimpleMerge.copied(early, late, because: .binary)
        }
        if contents.contains(where: { $0.count > Limits.documentSize }) {
            return SimpleMerge.copied(early, late, because: .tooLarge)
        }
        return DocumentMerge(rule: rule, path: path, baseTerms: baseTerms)
            .merged(base, early, late)
    }

    private static func isNoDocument(_ content: [UInt8]) -> Bool {
        TextFile.isOpaque(content, version: 9) || content.count > Limits.documentSize
    }

    /// The conflict that a version carries, if its markers are still in the file.
    static func openConflict(
        _ side: ContentSide, rule: FileRule, path: TreePath?
    ) -> ConflictTerms? {
        guard let recorded = side.terms, let content = side.content else { return nil }
        if rule.version >= 9, isNoDocument(content) { return nil }
        let merge = DocumentMerge(rule: rule, path: path)
        let now = merge.value(Part(content: content, terms: recorded, stamp: side.stamp))
        return now.sides.count > 1 ? recorded : nil
    }

    /// A conflict as a file shows it.
    static func written(_ terms: ConflictTerms, as rule: FileRule, path: TreePath?) -> [UInt8]? {
        DocumentMerge(rule: rule, path: path).rendered(terms).content
    }

    /// A file with the markers of a conflict that is open in it, be they there or not.
    /// - Parameter content: what was made of the file since the conflict was recorded.
    static func withMarkers(
        _ content: [UInt8], _ terms: ConflictTerms, as rule: FileRule, path: TreePath?
    ) -> [UInt8] {
        if ContentMerge.carries(terms.id(path: path), in: content) { return content }
        return DocumentMerge(rule: rule, path: path).marked(content, terms)
    }

    private func marked(_ content: [UInt8], _ terms: ConflictTerms) -> [UInt8] {
        let written = rendered(terms)
        let file = TextFile(content)
        let texts = terms.bases + terms.sides.map { $0.content ?? [] } + [content]
        let style = file.style ?? .lf
        let markers = ConflictMarkers(
            id: terms.id(path: path), length: ConflictMarkers.length(texts), terms: terms,
            ending: style.bytes)
        let pieces = ShownConflict.pieces(written.pieces, after: written.head, in: file)
        return TextWriter(style: style, markers: markers).text(
            hasBOM: file.hasBOM, head: [], pieces: pieces,
            endsWithNewline: file.endsWithNewline ?? true)
    }

    /// A version as a file with markers shows it. What was done to the text of one side, which is
    /// all that a file without them shows of a conflict, was done to that side.
    private func withMarkers(_ content: [UInt8], _ terms: ConflictTerms) -> [UInt8] {
        let isMarked = rule.writesMarkers && !terms.isUnmarked
        return isMarked || showsMarkers(content, terms) ? content : marked(content, terms)
    }

    /// Whether a marker of the conflict is in a file. The rule may have been set since.
    private func showsMarkers(_ content: [UInt8], _ terms: ConflictTerms) -> Bool {
        rule.version >= 9 && ContentMerge.carries(terms.id(path: path), in: content)
    }

    private func labels(_ terms: ConflictTerms) -> ConflictLabels {
        ConflictLabels(terms, path: path)
    }

    /// Whether markers say what was done to which side, be they shown or not.
    private var readsMarkers: Bool { rule.writesMarkers || rule.version >= 9 }

    private func merged(
        _ base: [UInt8]?, _ early: ContentSide, _ late: ContentSide
    ) -> ContentResult {
        let before = Part(content: base ?? [], terms: baseTerms, stamp: TermSum.origin)
        let old = value(before)
        var sum = sum(parts(early, since: before) + parts(late, since: before), since: before)
        var result = ContentResult(content: nil, stamp: late.stamp)
        var rendering: Rendering
        (sum, rendering) = disagreeing(sum)
        if !rendering.isClean, sum.sides.count > Limits.conflictSides {
            // Edits of a conflict that nobody resolves would double its sides each time.
            let sides = [early, late].map {
                TermSum.single(joined($0.content ?? [], $0.terms), $0.stamp)
            }
            sum = TermSum.of(sides, minus: [TermSum.single(joined(base ?? [], baseTerms))])
            rendering = rendered(sum)
        }
        sum.isUnmarked = rule.version >= 9 && !rule.writesMarkers
        guard let content = rendering.content else {
            return SimpleMerge.copied(early, late, because: .markers)
        }
        // Nobody would find the conflict again in a text that is no document.
        if rule.version >= 9, !rendering.isClean, content.count > Limits.documentSize {
            return SimpleMerge.copied(early, late, because: .tooLarge)
        }
        result.content = content
        result.conflict = rendering.isClean ? nil : sum
        result.notes = rendering.notes.sorted()
        if rendering.notes.contains(where: { $0.kind == .fieldOverwritten }) {
            result.losers = [CapturedContent(content: early.content, stamp: early.stamp)]
        }
        if rendering.isClean {
            result.setAside = [early, late].filter { isOverruled($0, by: content, old) }
                .map { CapturedContent(content: $0.content, stamp: $0.stamp) }
        }
        return result
    }

    /// Whether a side resolved the base's conflict in another way than the result has it. To take
    /// what the conflict was about is no change of that, so any other decision stands against it:
    /// it shows over the texts that disagreed.
    private func isOverruled(
        _ side: ContentSide, by content: [UInt8], _ old: ConflictTerms
    ) -> Bool {
        let own = value(
            Part(content: side.content ?? [], terms: side.terms, stamp: side.stamp))
        guard old.sides.count > 1, own.sides.count == 1, side.content != content else {
            return false
        }
        return old.sides.contains { text in
            let both = TermSum.of(
                [own, TermSum.single(content)], minus: [TermSum.single(text.content ?? [])])
            return !rendered(both).isClean
        }
    }

    /// A file with all sides' texts, one after the other, in place of each conflict.
    private func joined(_ content: [UInt8], _ terms: ConflictTerms?) -> [UInt8] {
        guard let terms, terms.sides.count > 1 else { return content }
        var shown = rule
        shown.writesMarkers = true
        let text =
            readsMarkers
            ? withMarkers(content, terms) : Self.written(terms, as: shown, path: path) ?? content
        return ConflictMarkers.filled(text, of: labels(terms), by: \.joined) ?? content
    }

    /// A version, as far as a merge asks for it.
    private struct Part {
        let content: [UInt8]
        let terms: ConflictTerms?
        let stamp: VersionStamp
    }

    /// Adds up what was made from one base.
    ///
    /// Where the base carries a conflict, a part that resolved it says what the file is, and one
    /// that did not what it did to the conflict beside. Several that resolved it stand against
    /// what the conflict was about: taking its terms off could leave nothing of any of them.
    private func sum(_ parts: [Part], since before: Part) -> ConflictTerms {
        if let sum = sumAround(parts, since: before) { return sum }
        let old = value(before)
        let parts = named(parts, since: before)
        let resolved = parts.filter { $0.sides.count == 1 }.count
        guard let origin = old.bases.first, resolved > 0 else {
            return TermSum.of(parts, minus: Array(repeating: old, count: parts.count - 1))
        }
        let before = Array(repeating: TermSum.single(origin), count: resolved - 1)
        let open = Array(repeating: old, count: parts.count - resolved)
        return TermSum.of(parts, minus: before + open)
    }

    /// The same of what was edited around a conflict that all have as it was: it keeps its sides,
    /// and what else is in conflict stands with those of its devices. Nil where there is none.
    private func sumAround(_ parts: [Part], since before: Part) -> ConflictTerms? {
        guard rule.version >= 8, let terms = before.terms,
            let old = standing(before, as: terms)
        else { return nil }
        // Who made the same of it is in no conflict, and counts once: as the newest of them.
        let parts = Dictionary(
            parts.map { (ByteKey($0.content), $0) },
            uniquingKeysWith: { $0.stamp < $1.stamp ? $1 : $0 }
        ).values.sorted { $0.stamp < $1.stamp }
        let read = parts.compactMap { standing($0, as: terms) }
        guard read.count == parts.count, let places = old.places(of: read) else { return nil }
        let around = TermSum.of(
            zip(read, parts).map { TermSum.single($0.around, $1.stamp) },
            minus: Array(repeating: TermSum.single(old.around), count: parts.count - 1))
        return old.sum(
            of: places, terms.sides.map(\.stamp), settled(around),
            keepsOrder: !rule.writesMarkers)
    }

    /// A conflict as a version has it, where nobody resolved it or came upon another there.
    private func standing(_ part: Part, as terms: ConflictTerms) -> StandingConflict? {
        guard readsMarkers, part.terms == terms, terms.sides.count > 1 else { return nil }
        return StandingConflict(withMarkers(part.content, terms), of: labels(terms))
    }

    /// Versions as sums. A side's text that several edited in the base's conflict, each in another
    /// way, is that of who edited it; the sides' order stays.
    private func named(_ parts: [Part], since before: Part) -> [ConflictTerms] {
        let values = parts.map(value)
        guard rule.version >= 9, let terms = before.terms,
            let old = standing(before, as: terms)
        else { return values }
        let disputed = old.disputed(in: parts.map { standing($0, as: terms) })
        return zip(zip(values, parts), disputed).map { made, numbers in
            let (value, part) = made
            guard value.sides.count == terms.sides.count else { return value }
            let sides = value.sides.enumerated().map { number, side in
                guard numbers.contains(number) else { return side }
                let stamp = VersionStamp(
                    milliseconds: side.stamp.milliseconds, device: part.stamp.device,
                    commit: part.stamp.commit, blob: side.stamp.blob)
                return CapturedContent(content: side.content, stamp: stamp)
            }
            return ConflictTerms(bases: value.bases, sides: sides)
        }
    }

    /// A side as what it is the sum of: its captured versions, where merging them gives what it
    /// has, or its own value alone.
    private func parts(_ side: ContentSide, since before: Part) -> [Part] {
        let whole = Part(content: side.content ?? [], terms: side.terms, stamp: side.stamp)
        // An absent capture commit lost against an edit: nothing of it is in the side.
        let captures = side.captures.compactMap { leaf in
            leaf.content.map {
                Part(content: $0, terms: leaf.resolves ? nil : baseTerms, stamp: leaf.stamp)
            }
        }
        guard captures.count > 1 else { return [whole] }
        let (together, rendering) = disagreeing(sum(captures, since: before))
        guard rendering.content == whole.content else { return [whole] }
        let own = value(whole)
        // A file without markers shows nothing of what was open in it when the captures were made.
        let isAll =
            rendering.isClean
            ? rule.version < 9 || own.sides.count == 1
            : together.id(path: nil) == own.id(path: nil)
        return isAll ? captures : [whole]
    }

    /// A conflict without the sides that disagree with nobody, what they say being in each other's
    /// text, and what it looks like.
    private func disagreeing(_ sum: ConflictTerms) -> (sum: ConflictTerms, rendering: Rendering) {
        let rendering = rendered(sum)
        guard rule.version >= 9, !rendering.isClean, sum.sides.count > 2 else {
            return (sum, rendering)
        }
        var shown = rule
        shown.writesMarkers = true
        let marked =
            rule.writesMarkers ? rendering : DocumentMerge(rule: shown, path: path).rendered(sum)
        guard let text = marked.content,
            case .open(let sides, let bases) = ConflictMarkers.read(text, of: labels(sum))
        else { return (sum, rendering) }
        let read = ConflictTerms(
            bases: bases,
            sides: zip(sides, sum.sides).map { CapturedContent(content: $0, stamp: $1.stamp) })
        let left = TermSum.of([read], minus: [])
        guard left.sides.count < sum.sides.count else { return (sum, rendering) }
        let fewer = rendered(left)
        return fewer.isClean ? (sum, rendering) : (left, fewer)
    }

    /// A sum on which all agree as the one text that it comes to; any other as it is.
    private func settled(_ terms: ConflictTerms) -> ConflictTerms {
        let rendering = rendered(terms)
        guard rendering.isClean, let content = rendering.content else { return terms }
        return TermSum.single(content)
    }

    /// A version as a sum: of the recorded terms, as far as they are still in it, or of its
    /// content alone. Somebody may have edited the file around the markers, or between them.
    private func value(_ part: Part) -> ConflictTerms {
        let content = part.content
        let resolved = TermSum.single(content, part.stamp)
        guard let recorded = part.terms, recorded.sides.count > 1 else { return resolved }
        let whole = rendered(recorded)
        if whole.content == content { return whole.isClean ? resolved : recorded }
        if !readsMarkers, let written = whole.content {
            // The file shows one text for all sides: what was done to it was done to each.
            let newest = recorded.sides[recorded.sides.count - 1].stamp
            return ConflictTerms(
                bases: recorded.bases + [written],
                sides: recorded.sides + [CapturedContent(content: content, stamp: newest)])
        }
        let reading = ConflictMarkers.read(withMarkers(content, recorded), of: labels(recorded))
        guard case .open(let sides, let bases) = reading else { return resolved }
        return ConflictTerms(
            bases: bases,
            sides: zip(sides, recorded.sides).map { CapturedContent(content: $0, stamp: $1.stamp) })
    }

    /// What a sum of terms looks like as a file.
    private struct Rendering {
        /// Nil when the markers would be too long.
        var content: [UInt8]?
        var isClean = true
        var notes: [MergeNote] = []
        /// The front matter's lines, and what comes after them.
        var head: [ArraySlice<UInt8>] = []
        var pieces: [TextRegions.Piece] = []
    }

    private func rendered(_ terms: ConflictTerms) -> Rendering {
        guard terms.sides.count > 1 else { return Rendering(content: terms.sides[0].content ?? []) }
        let sides = terms.sides.map { TextFile($0.content ?? []) }
        let bases = terms.bases.map { TextFile($0) }
        // A stream of YAML begins like a page with front matter.
        let hasFront = rule.version < 9 || rule.isProse || rule.writesMarkers
        var front = FrontMatterMerge(
            sides: sides, bases: bases, isFound: hasFront, rules: rule.version)
        let head = front.lines()
        let pieces = TextRegions.merged(
            sides: zip(sides, front.sideLines).map { Self.body($0, after: $1.count) },
            bases: zip(bases, front.baseLines).map { Self.body($0, after: $1.count) },
            rule: rule)
        // Where a version has no line end left the others say how lines end.
        let others = rule.version < 9 ? [] : (bases + sides).compactMap(\.style)
        let style = TermSum.newest(sides.map(\.style), bases.map(\.style)) ?? others.last ?? .lf
        let hasBOM = TermSum.newest(sides.map(\.hasBOM), bases.map(\.hasBOM))
        let endsWithNewline = TermSum.newest(
            sides.map(\.endsWithNewline), bases.map(\.endsWithNewline))
        var rendering = Rendering()
        rendering.notes = front.notes
        (rendering.head, rendering.pieces) = (head, pieces)
        rendering.isClean = !pieces.contains { if case .conflict = $0 { true } else { false } }
        let length = ConflictMarkers.length(terms.bases + terms.sides.map { $0.content ?? [] })
        if !rendering.isClean, rule.writesMarkers, length > Limits.markerLength {
            return rendering
        }
        let markers = ConflictMarkers(
            id: terms.id(path: path), length: length, terms: terms, ending: style.bytes)
        let writer = TextWriter(
            style: style, markers: rule.writesMarkers ? markers : nil)
        rendering.content = writer.text(
            hasBOM: hasBOM, head: head, pieces: pieces, endsWithNewline: endsWithNewline ?? true)
        return rendering
    }

    private static func body(_ file: TextFile, after count: Int) -> [TextRegions.Line] {
        zip(file.lines, file.endings).dropFirst(count).map { ($0, $1) }
    }
}
