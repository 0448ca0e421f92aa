internal import SyncModel

/// Merges versions of JSON that some program reads: what comes out parses.
///
/// JSON Lines and arrays of objects merge by record, everything else by value (`ValueMerge`). A
/// version that is no JSON loses to one that is, and is kept beside the file.
enum DataMerge {
    /// Merges versions that are present on both sides.
    /// - Parameter rule: the file's, of which the version counts, and whether its name is one of
    ///   JSON Lines.
    static func merged(
        base: [UInt8]?, _ early: ContentSide, _ late: ContentSide, _ rule: FileRule
    ) -> ContentResult {
        var records = FileRule(.memory)
        records.version = rule.version
        let contents = [base, early.content, late.content].compactMap { $0 }
        if contents.contains(where: { $0.count > Limits.memorySize }) {
            return SimpleMerge.copied(early, late, because: .tooLarge)
        }
        let whole = contents.filter { !RecordFile.isBlank($0) }
        if whole.contains(where: { !JSONParser.isContainer($0) }) {
            let areLines = whole.contains {
                !JSONParser.isContainer($0) && ContentType.isLines($0)
            }
            if areLines, let lines = lines(base, early, late, records) {
                return lines
            }
        } else if let records = array(base, early, late, records) {
            return records
        } else if rule.isLines, RecordFile.isBlank(base),
            let lines = lines(base, early, late, records)
        {
            // Two that are new have a line each: nothing but the name says that they are lines.
            return lines
        }
        let texts = (Text(early.content), Text(late.content))
        guard let one = texts.0, let two = texts.1 else {
            // Of two that are damaged or deeper than is read the later stands.
            let earlyWins = texts.1 == nil && texts.0 != nil
            let (winner, loser) = earlyWins ? (early, late) : (late, early)
            return ContentMerge.kept(winner, beside: loser, because: .unparsable)
        }
        return values(base.flatMap { Text($0) }, (early, one), (late, two), rule.version)
    }

    /// A text that is one value, and what stands around it.
    private struct Text {
        let root: JSONValue
        let prefix: [UInt8]
        let suffix: [UInt8]

        init?(_ content: [UInt8]?) {
            guard let content,
                let text = JSONText(content, in: RecordFile.bodyStart(content)..<content.count),
                !text.root.kind.isScalar
            else { return nil }
            root = text.root
            prefix = Array(content[..<root.range.lowerBound])
            suffix = Array(content[root.range.upperBound...])
        }
    }

    /// Merges JSON Lines; nil where a version is none at all.
    private static func lines(
        _ base: [UInt8]?, _ early: ContentSide, _ late: ContentSide, _ rule: FileRule
    ) -> ContentResult? {
        for content in [base, early.content, late.content] {
            guard RecordShapes(content).admits(.lines) else { return nil }
        }
        return ContentMerge.records(
            base: base, early, late, as: rule, shape: .lines, usesBase: true)
    }

    /// Merges arrays of objects; nil where a version is none.
    private static func array(
        _ base: [UInt8]?, _ early: ContentSide, _ late: ContentSide, _ rule: FileRule
    ) -> ContentResult? {
        guard RecordShape.candidates(early.content ?? []) == [.array],
            RecordShape.candidates(late.content ?? []) == [.array]
        else { return nil }
        let usesBase = RecordFile.isBlank(base) || RecordShape.candidates(base ?? []) == [.array]
        return ContentMerge.records(
            base: base, early, late, as: rule, shape: .array, usesBase: usesBase)
    }

    private typealias Side = (side: ContentSide, text: Text)

    private static func values(
        _ base: Text?, _ early: Side, _ late: Side, _ version: Int
    ) -> ContentResult {
        var merge = ValueMerge(version: version)
        let versions = parts(base, early, version) + parts(base, late, version)
        let merged = merge.value(base: base?.root, versions: FieldMerge.ordered(versions))
        var result = ContentResult(content: nil, stamp: late.side.stamp)
        if merge.isOverwritten {
            result.losers = [CapturedContent(content: early.side.content, stamp: early.side.stamp)]
            // Two additions have no version in common to be later than.
            if base == nil { result.copies = result.losers }
        }
        let root = merged.flatMap { JSONText($0)?.root } ?? late.text.root
        // Where the result is what one side has, that side's own bytes are kept.
        if root.means(late.text.root) {
            result.content = late.side.content
        } else if root.means(early.text.root) {
            result.content = early.side.content
        } else {
            result.content =
                part(base?.prefix, early.text.prefix, late.text.prefix) + root.source
                + part(base?.suffix, early.text.suffix, late.text.suffix)
        }
        return result
    }

    /// What stands around the value: the side that changed it, else the later one.
    private static func part(_ base: [UInt8]?, _ early: [UInt8], _ late: [UInt8]) -> [UInt8] {
        late == base ? early : late
    }

    /// A side as the versions that went into it: its captured versions, where merging them gives
    /// what the side has.
    private static func parts(_ base: Text?, _ side: Side, _ version: Int) -> [FieldVersion] {
        let whole = [FieldVersion(value: side.text.root, stamp: side.side.stamp)]
        let captures = side.side.captures.compactMap { leaf in
            Text(leaf.content).map { FieldVersion(value: $0.root, stamp: leaf.stamp) }
        }
        guard captures.count > 1, captures.count == side.side.captures.count else { return whole }
        var merge = ValueMerge(version: version)
        let together = merge.value(base: base?.root, versions: FieldMerge.ordered(captures))
        guard let root = together.flatMap({ JSONText($0)?.root }), root.means(side.text.root)
        else { return whole }
        return captures
    }
}
