package import SyncModel

/// Merges the versions of one file by the rule of its type.
///
/// A function of bytes and stamps: no clock, no locale, no configuration, no input or output. It
/// knows no "ours" and "theirs": the sides are ordered by (stamp, content) and that order is
/// used everywhere, so the two arguments may be given either way round.
package enum ContentMerge {
    /// Merges two versions.
    /// - Parameters:
    ///   - base: what both were made from; nil when the file did not exist.
    ///   - one: a side, with its stamp.
    ///   - two: the other.
    ///   - rule: the file's type and options.
    ///   - path: enters the names of conflicts; nil where the file has none.
    ///   - baseTerms: the open conflict that the base carries.
    /// - Returns: the merged bytes and all that has to be recorded beside them. A file absent on
    ///   one side and edited on the other stays. Time and memory are bounded by a multiple of the
    ///   sizes; what is too large, too deep or damaged is merged by a coarser rule (`fallback`).
    package static func merge(
        base: [UInt8]?, _ one: ContentSide, _ two: ContentSide, as rule: FileRule,
        path: TreePath? = nil, baseTerms: ConflictTerms? = nil
    ) -> ContentResult {
        let (early, late) = ordered(bounded(one, rule), bounded(two, rule))
        func isBase(_ side: ContentSide) -> Bool {
            // Captured versions of a text can come out as the base's bytes and still have
            // changed it.
            let mayBeText =
                rule.type == .document
                || rule.version >= 9 && rule.type != .simple && baseTerms != nil
            let isChanged =
                mayBeText && side.captures.count > 1
                && side.captures.contains { $0.content != nil && $0.content != base }
            return side.content == base && side.terms == baseTerms && !isChanged
        }
        let areSame = early.content == late.content && early.terms == late.terms
        if areSame || isBase(early) { return taken(late, rule, path) }
        if isBase(late) { return taken(early, rule, path) }
        guard early.content != nil, late.content != nil else {
            var result = SimpleMerge.merged(early, late)
            result.conflict = early.content == nil ? late.terms : early.terms
            return result
        }
        switch rule.type {
        case .simple: return SimpleMerge.merged(early, late, authority: rule.authority)
        case .document:
            let result = DocumentMerge.merged(
                base: base, baseTerms: baseTerms, early, late, rule: rule, path: path)
            return rule.joinsAll ? joined(result, rule, path) : result
        case .data:
            if early.terms == nil, late.terms == nil {
                return DataMerge.merged(base: base, early, late, rule)
            }
            return DocumentMerge.merged(
                base: base, baseTerms: baseTerms, early, late, rule: rule, path: path)
        case .memory, .event, .conversation:
            let terms = rule.version >= 9 ? baseTerms : nil
            return records(base: base, terms, early, late, rule: rule, path: path)
        }
    }

    /// A merge with all sides' lines in place of each conflict.
    private static func joined(
        _ result: ContentResult, _ rule: FileRule, _ path: TreePath?
    ) -> ContentResult {
        guard let terms = result.conflict, let content = result.content,
            let text = resolved(content, terms, as: rule, path: path, by: .both)
        else { return result }
        var result = result
        (result.content, result.conflict) = (text, nil)
        return result
    }

    private static func taken(
        _ side: ContentSide, _ rule: FileRule, _ path: TreePath?
    ) -> ContentResult {
        var result = ContentResult(content: side.content, stamp: side.stamp)
        result.conflict = DocumentMerge.openConflict(side, rule: rule, path: path)
        return result
    }

    /// The side without its captured versions, where they are too many to be merged again.
    private static func bounded(_ side: ContentSide, _ rule: FileRule) -> ContentSide {
        let size = side.captures.reduce(0) { $0 + ($1.content?.count ?? 0) }
        if side.captures.count <= Limits.mergedCaptures, looksAt(size, rule) { return side }
        return ContentSide(content: side.content, stamp: side.stamp, terms: side.terms)
    }

    /// Whether captured versions of a side that have so many bytes are merged again.
    static func looksAt(_ size: Int, _ rule: FileRule) -> Bool {
        if rule.type == .simple { return false }
        return size <= 4 * (rule.type == .document ? Limits.documentSize : Limits.memorySize)
    }

    private static func ordered(
        _ one: ContentSide, _ two: ContentSide
    ) -> (early: ContentSide, late: ContentSide) {
        if one.stamp != two.stamp { return one.stamp < two.stamp ? (one, two) : (two, one) }
        let isAfter = (two.content ?? []).lexicographicallyPrecedes(one.content ?? [])
        return isAfter ? (two, one) : (one, two)
    }

    /// Merges files of records, or says why not and merges by a coarser rule.
    private static func records(
        base: [UInt8]?, _ terms: ConflictTerms?, _ early: ContentSide, _ late: ContentSide,
        rule: FileRule, path: TreePath?
    ) -> ContentResult {
        let sizes = [base, early.content, late.content].map { $0?.count ?? 0 }
        if sizes.contains(where: { $0 > Limits.memorySize }) {
            return SimpleMerge.copied(early, late, because: .tooLarge)
        }
        let shapes = (RecordShapes(early), RecordShapes(late))
        guard
            let common = RecordShapes.common(
                RecordShapes(base), shapes.0, shapes.1, version: rule.version)
        else {
            return withoutShape(base: base, terms, early, late, shapes, rule: rule, path: path)
        }
        return records(
            base: base, early, late, as: rule, shape: common.shape, usesBase: common.usesBase)
            ?? text(base: base, terms, early, late, rule: rule, path: path)
    }

    /// Merges files of records that all admit one shape; nil where the records cannot stand in
    /// one file.
    static func records(
        base: [UInt8]?, _ early: ContentSide, _ late: ContentSide, as rule: FileRule,
        shape: RecordShape, usesBase: Bool
    ) -> ContentResult? {
        func fitting(_ side: ContentSide) -> ContentSide {
            // An absent or unparsable capture commit lost as a whole: nothing of it is in the side.
            let captures = side.captures.filter { leaf in
                leaf.content != nil && RecordShapes(leaf.content).admits(shape)
            }
            return ContentSide(content: side.content, stamp: side.stamp, captures: captures)
        }
        let merged = RecordMerge.merged(
            base: usesBase ? base : nil, early: fitting(early), late: fitting(late), rule: rule,
            shape: shape)
        guard let merged else { return nil }
        var result = ContentResult(content: merged.content, stamp: late.stamp)
        result.notes = merged.notes
        result.hasBodies = merged.hasBodies
        for (side, isSetAside) in [
            (early, merged.isSetAside.early), (late, merged.isSetAside.late),
        ] where isSetAside {
            result.setAside.append(CapturedContent(content: side.content, stamp: side.stamp))
        }
        return result
    }

    private static func withoutShape(
        base: [UInt8]?, _ terms: ConflictTerms?, _ early: ContentSide, _ late: ContentSide,
        _ shapes: (RecordShapes, RecordShapes), rule: FileRule, path: TreePath?
    ) -> ContentResult {
        switch (shapes.0.isValid, shapes.1.isValid) {
        case (true, true):
            if rule.version >= 9, shapes.0.isOneBlock, shapes.1.isOneBlock {
                return text(base: base, terms, early, late, rule: rule, path: path)
            }
            return kept(late, beside: early, because: .shape)
        case (true, false): return kept(early, beside: late, because: .unparsable)
        case (false, true): return kept(late, beside: early, because: .unparsable)
        case (false, false):
            // Beside damage, a file of records that was emptied is the one that is whole.
            if shapes.0.isBlank != shapes.1.isBlank, RecordShapes(base).isValid {
                return shapes.0.isBlank
                    ? kept(early, beside: late, because: .unparsable)
                    : kept(late, beside: early, because: .unparsable)
            }
            if shapes.0.looksLikeJSON || shapes.1.looksLikeJSON {
                return SimpleMerge.copied(early, late, because: .unparsable)
            }
            return text(base: base, terms, early, late, rule: rule, path: path)
        }
    }

    private static func text(
        base: [UInt8]?, _ terms: ConflictTerms?, _ early: ContentSide, _ late: ContentSide,
        rule: FileRule, path: TreePath?
    ) -> ContentResult {
        var result = DocumentMerge.merged(
            base: base, baseTerms: terms, early, late, rule: rule, path: path)
        result.fallback = result.fallback ?? .text
        return result
    }

    static func kept(
        _ winner: ContentSide, beside loser: ContentSide, because fallback: MergeFallback
    ) -> ContentResult {
        var result = ContentResult(content: winner.content, stamp: winner.stamp)
        result.losers = [CapturedContent(content: loser.content, stamp: loser.stamp)]
        result.copies = result.losers
        result.fallback = fallback
        return result
    }
}
