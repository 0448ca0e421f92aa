internal import SyncModel

/// Merges front matter by top-level key. It always resolves: markers never enter it.
struct FrontMatterMerge {
    /// What each side has, oldest first; nil where it has none.
    let sides: [FrontMatter?]
    let bases: [FrontMatter?]
    /// All lines of each side's front matter, fences included.
    let sideLines: [[ArraySlice<UInt8>]]
    let baseLines: [[ArraySlice<UInt8>]]
    private(set) var notes: [MergeNote] = []
    /// The version of the rules.
    private let rules: Int

    /// - Parameters:
    ///   - isFound: whether there can be any.
    ///   - rules: their version.
    init(sides: [TextFile], bases: [TextFile], isFound: Bool, rules: Int) {
        self.rules = rules
        let texts = sides + bases
        var found = texts.map { isFound ? FrontMatter($0.lines, rules: rules) : nil }
        // What is prose in every version is no key that somebody was about to write.
        if found.allSatisfy({ $0?.isProse ?? true }) { found = texts.map { _ in nil } }
        self.sides = Array(found[..<sides.count])
        self.bases = Array(found[sides.count...])
        sideLines = zip(sides, self.sides).map { Array($0.lines.prefix($1?.lineCount ?? 0)) }
        baseLines = zip(bases, self.bases).map { Array($0.lines.prefix($1?.lineCount ?? 0)) }
    }

    /// The merged lines, fences included; none where there is to be no front matter.
    mutating func lines() -> [ArraySlice<UInt8>] {
        if let whole = TermSum.resolved(sideLines, baseLines) { return whole }
        let all = sides + bases
        guard all.allSatisfy({ $0?.isSplit ?? true }) else {
            notes.append(MergeNote(.fieldOverwritten, "---".utf8))
            return latest(TermSum.remaining(sideLines, baseLines)).map { sideLines[$0] } ?? []
        }
        var keys: [ArraySlice<UInt8>] = []
        var seen: Set<ByteKey> = []
        for side in sides.reversed() {
            for entry in side?.entries ?? [] where seen.insert(ByteKey(entry.key)).inserted {
                keys.append(entry.key)
            }
        }
        let body = keys.flatMap { entry($0) }
        let present = sides.map { $0 != nil }
        let isKept = TermSum.newest(present, bases.map { $0 != nil })
        guard isKept || !body.isEmpty else { return [] }
        let fence = sides.reversed().compactMap { $0?.fence }.first ?? []
        let open = zip(sides, sideLines).reversed().first { $0.0 != nil }?.1.first ?? []
        return [open] + body + [fence]
    }

    private func latest(_ indices: [Int]) -> Int? { indices.last }

    private mutating func entry(_ key: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        let here = sides.map { $0?.entry(key) }
        let before = bases.map { $0?.entry(key) }
        let texts = (here.map { $0?.joined }, before.map { $0?.joined })
        if let same = TermSum.resolved(texts.0, texts.1) {
            return here.last { $0?.joined == same }??.lines ?? []
        }
        let left = TermSum.remaining(texts.0, texts.1)
        let changed = left.compactMap { here[$0] }
        if changed.count == left.count {
            if let later = laterDate(changed) { return later.lines }
            if let set = set(here, before, changed) { return set }
        }
        notes.append(MergeNote(.fieldOverwritten, key))
        return latest(left).flatMap { here[$0] }?.lines ?? []
    }

    private func laterDate(_ entries: [FrontMatter.Entry]) -> FrontMatter.Entry? {
        var best: (instant: Instant, entry: FrontMatter.Entry)?
        for entry in entries {
            guard entry.lines.count == 1, let line = entry.lines.first else { return nil }
            let value = line.dropFirst(entry.key.count + 1).filter {
                $0 != 0x22 && $0 != 0x27
            }
            let text = value.drop { $0 == 0x20 }
            guard let instant = Instant(iso: Array(text)) else { return nil }
            if best.map({ instant >= $0.instant }) ?? true { best = (instant, entry) }
        }
        return best?.entry
    }

    /// An item stays unless a side removed it: it is in more sides than bases.
    private func set(
        _ here: [FrontMatter.Entry?], _ before: [FrontMatter.Entry?],
        _ changed: [FrontMatter.Entry]
    ) -> [ArraySlice<UInt8>]? {
        guard let style = changed.last.flatMap({ FrontMatterList($0) }) else { return nil }
        var lists: [[[UInt8]]] = []
        for entry in before + here {
            guard let entry else {
                lists.append([])
                continue
            }
            guard let list = FrontMatterList(entry), rules < 9 || style.holds(list) else {
                return nil
            }
            lists.append(list.items)
        }
        var counts: [[UInt8]: Int] = [:]
        for (index, list) in lists.enumerated() {
            for item in Set(list) { counts[item, default: 0] += index < before.count ? -1 : 1 }
        }
        var written: Set<[UInt8]> = []
        let items = lists.joined().filter {
            counts[$0, default: 0] > 0 && written.insert($0).inserted
        }
        return style.lines(Array(items))
    }
}
