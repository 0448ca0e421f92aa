internal import SyncModel

/// Taking back what was made before a conflict was come upon, in the text that has it.
struct TakenBackAround {
    /// What the change left, and what stood before.
    let made: [UInt8]
    let before: ContentSide
    let rule: FileRule
    /// Under which path the conflict goes on.
    let named: TreePath

    /// The conflict with each side as it would be without the change: as a sum of whole texts what
    /// stood before would be one more side, which says what the others replaced.
    /// - Parameter side: what has the conflict.
    /// - Returns: nil where the change cannot be taken out of each text without a question.
    func result(of side: ContentSide) -> ContentResult? {
        guard rule.type == .document, let content = side.content, let terms = side.terms else {
            return nil
        }
        var texts = (sides: terms.sides.map { $0.content ?? [] }, bases: terms.bases)
        if let edited = ContentMerge.edited(terms, in: content, as: rule, path: named) {
            texts = edited
        } else if DocumentMerge.written(terms, as: rule, path: named) != content {
            return nil
        }
        var taken: [[UInt8]] = []
        for text in texts.sides + texts.bases {
            guard let text = without(text, side.stamp) else { return nil }
            taken.append(text)
        }
        let sides = zip(taken, terms.sides).map { CapturedContent(content: $0, stamp: $1.stamp) }
        var left = TermSum.of(
            [ConflictTerms(bases: Array(taken.dropFirst(sides.count)), sides: sides)], minus: [])
        left.isUnmarked = terms.isUnmarked
        guard left.sides.count == sides.count,
            let written = DocumentMerge.written(left, as: rule, path: named)
        else { return nil }
        var result = ContentResult(content: written, stamp: side.stamp)
        result.conflict = left
        return result
    }

    /// One text without the change.
    private func without(_ text: [UInt8], _ stamp: VersionStamp) -> [UInt8]? {
        let result = ContentMerge.merge(
            base: made, ContentSide(content: text, stamp: stamp), before, as: rule)
        let isClean = result.isClean && result.losers.isEmpty && result.setAside.isEmpty
        return isClean && result.fallback == nil ? result.content : nil
    }
}
