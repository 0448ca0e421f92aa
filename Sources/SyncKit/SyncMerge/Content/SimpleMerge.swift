/// Last write wins, byte for byte: the type `simple` of docs/reference/repository-layout.md.
enum SimpleMerge {
    /// Takes the greatest of (present, parses if it is JSON, authority, stamp).
    ///
    /// A content counts as JSON when it is one object or array; such a content beats one that is
    /// not, so a torn settings file never wins, in whatever order versions meet. The authority
    /// comes after both: not even it can win with a torn file.
    static func merged(
        _ early: ContentSide, _ late: ContentSide, authority: String? = nil
    ) -> ContentResult {
        let lateWins = wins(late, over: early, authority)
        let (winner, loser) = lateWins ? (late, early) : (early, late)
        var result = ContentResult(content: winner.content, stamp: winner.stamp)
        if loser.content != nil, loser.content != winner.content {
            result.losers = [CapturedContent(content: loser.content, stamp: loser.stamp)]
        }
        if winner.content != nil, loser.content == nil {
            result.notes = [MergeNote(.editKept, [])]
        }
        return result
    }

    /// As `merged`, and the loser is kept beside the file.
    static func copied(
        _ early: ContentSide, _ late: ContentSide, because fallback: MergeFallback
    ) -> ContentResult {
        var result = merged(early, late)
        result.copies = result.losers
        result.fallback = fallback
        return result
    }

    private static func wins(
        _ late: ContentSide, over early: ContentSide, _ authority: String?
    ) -> Bool {
        guard let newer = late.content else { return early.content == nil }
        guard let older = early.content else { return true }
        let parses = (JSONParser.isContainer(newer), JSONParser.isContainer(older))
        if parses.0 != parses.1 { return parses.0 }
        if let authority {
            let has = (late.stamp.device == authority, early.stamp.device == authority)
            if has.0 != has.1 { return has.0 }
        }
        return true
    }
}
