import SyncModel

@testable import SyncMerge

/// A merge and its laws: the input is a byte that gives the type, then the base and two or three
/// versions, parted by byte 0x1e.
struct MergeTarget {
    private let rule: FileRule
    private let base: [UInt8]?
    private let sides: [ContentSide]

    /// Reads an input; nil for one that is none.
    init?(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return nil }
        let parts = bytes.dropFirst().split(
            separator: 0x1e, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return nil }
        let types = FileType.allCases
        rule = FileRule(
            types[Int(first & 0x1f) % types.count], isAppendOnly: first & 0x40 != 0,
            writesMarkers: first & 0x20 != 0)
        base = first & 0x80 != 0 ? nil : Array(parts[0])
        sides = parts.dropFirst().enumerated().map { Self.side(Array($1), Int64($0 + 1)) }
    }

    /// A version that a capture commit made at `time`.
    static func side(_ content: [UInt8]?, _ time: Int64) -> ContentSide {
        ContentSide(content: content, stamp: stamp(content, time))
    }

    private static func stamp(_ content: [UInt8]?, _ time: Int64) -> VersionStamp {
        VersionStamp(
            milliseconds: time, device: "device \(time)", commit: .zero,
            blob: content.map { ObjectID(hashing: $0, as: .blob) })
    }

    private func merge(_ one: ContentSide, _ two: ContentSide) -> ContentResult {
        ContentMerge.merge(base: base, one, two, as: rule)
    }

    /// Ends the program where a law does not hold.
    func check() {
        let merged = merge(sides[0], sides[1])
        let mirrored = merge(sides[1], sides[0])
        require(merged.content == mirrored.content, "merge(o,a,b) = merge(o,b,a)")
        require(merged.notes == mirrored.notes, "the same notes")
        require(merged.conflict == mirrored.conflict, "the same conflict")
        for side in sides {
            require(merge(side, side).content == side.content, "merge(o,a,a) = a")
            let old = Self.side(base, 0)
            require(merge(side, old).content == side.content, "merge(o,a,o) = a")
        }
        if rule.type == .data {
            parses(merged)
        } else if rule.type != .document, rule.type != .simple {
            whole(merged)
        }
        let isText = rule.type == .document || merged.fallback == .text
        let changed = sides[..<2].filter { $0.content != base }
        if changed.count == 2, sides[0].content != sides[1].content { kept(merged) }
        if !isText, rule.type != .data, merged.fallback == nil,
            !RecordShapes(merged.content).shapes.isEmpty
        {
            absorbs(merged)
        }
        if rule.type == .document || rule.type == .simple { anyOrder() }
    }

    /// Of versions that are JSON comes JSON, without markers, and nobody's key is lost.
    private func parses(_ merged: ContentResult) {
        let areValid = sides[..<2].allSatisfy { JSONParser.isContainer($0.content ?? []) }
        require(merged.conflict == nil, "data has no markers")
        require(
            !areValid || JSONParser.isContainer(merged.content ?? []),
            show("the output parses", merged, merged))
        // A key that one side added, or had and the other left alone, is there.
        let roots = sides[..<2].map { JSONText($0.content ?? [])?.root }
        guard let one = roots[0], let two = roots[1], one.kind == .object, two.kind == .object,
            !one.hasDuplicateKeys, !two.hasDuplicateKeys, base == nil, merged.copies.isEmpty
        else { return }
        let keys = JSONText(merged.content ?? [])?.root.dictionary ?? [:]
        for key in Array(one.dictionary.keys) + two.dictionary.keys {
            require(keys[key] != nil, show("a key is lost", merged, merged))
        }
    }

    /// Of two files that are JSON comes one whose records read.
    private func whole(_ merged: ContentResult) {
        let result = RecordShapes(merged.content)
        let areValid = sides[..<2].allSatisfy { JSONParser.isContainer($0.content ?? []) }
        require(
            !areValid || result.isValid || result.isBlank,
            show("the output parses", merged, merged))
    }

    /// A conflict's terms are the sides; what a coarser rule set aside is named.
    private func kept(_ merged: ContentResult) {
        let contents = sides[..<2].compactMap(\.content)
        if let terms = merged.conflict {
            require(Set(terms.sides.map { $0.content ?? [] }) == Set(contents), "both sides")
        }
        guard rule.type == .simple || merged.fallback != nil && merged.fallback != .text else {
            return
        }
        let listed = merged.losers.compactMap(\.content) + [merged.content ?? []]
        require(Set(listed) == Set(contents), "the loser is listed")
    }

    private func absorbs(_ merged: ContentResult) {
        let whole = ContentSide(content: merged.content, stamp: merged.stamp)
        for side in sides[..<2] {
            let again = merge(whole, side)
            require(again.content == merged.content, show("merge(o,merge(o,a,b),a)", again, merged))
        }
    }

    private func show(_ law: String, _ one: ContentResult, _ two: ContentResult) -> String {
        let texts = [base] + sides.map(\.content) + [one.content, two.content]
        let words = texts.map { $0.map { String(decoding: $0, as: UTF8.self) } ?? "(absent)" }
        return "\(law)\n" + words.joined(separator: "\n--------\n")
    }

    /// Three leaves give the same in any order.
    private func anyOrder() {
        guard sides.count == 3, !sides.contains(where: { TextFile.isBinary($0.content ?? []) })
        else { return }
        func leaf(_ side: ContentSide) -> CapturedContent {
            CapturedContent(content: side.content, stamp: side.stamp)
        }
        let results = [[0, 1, 2], [0, 2, 1], [1, 2, 0]].map { order in
            let (one, two) = (sides[order[0]], sides[order[1]])
            let first = merge(one, two)
            let side = ContentSide(
                content: first.content, stamp: first.stamp, terms: first.conflict,
                captures: [leaf(one), leaf(two)])
            return merge(side, sides[order[2]])
        }
        for result in results[1...] where results.allSatisfy({ $0.fallback == nil }) {
            require(
                result.content == results[0].content,
                show("any order of three leaves", result, results[0]))
            require(
                result.conflict?.sideIDs.sorted() == results[0].conflict?.sideIDs.sorted(),
                "the same terms in any order")
        }
    }
}
