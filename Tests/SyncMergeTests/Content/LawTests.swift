import SyncModel
import SyncTestKit
import Testing

@testable import SyncMerge

/// A kind of file, how to make one up and how to change it.
struct LawKind: Sendable, CustomTestStringConvertible {
    let name: String
    let rule: FileRule
    /// Its share of all cases, in percent.
    let share: Int
    /// Whether merging the result with a side again must change nothing.
    let absorbs: Bool
    let start: @Sendable (inout Dice) -> [UInt8]?
    let edit: @Sendable ([UInt8]?, inout Dice) -> [UInt8]?

    var testDescription: String { name }

    static let all = [
        LawKind(
            name: "simple", rule: FileRule(.simple), share: 70, absorbs: true,
            start: { SmallSettings.start(&$0) }, edit: { SmallSettings.edit($0, &$1) }),
        LawKind(
            name: "document", rule: FileRule(.document), share: 12, absorbs: false,
            start: { SmallText.start(&$0) }, edit: { SmallText.edit($0, &$1) }),
        LawKind(
            name: "data", rule: FileRule(.data), share: 4, absorbs: false,
            start: { SmallData.start(&$0) }, edit: { SmallData.edit($0, &$1) }),
        LawKind(
            name: "memory in lines", rule: FileRule(.memory), share: 6, absorbs: true,
            start: { SmallRecords(.lines).start(&$0) },
            edit: { SmallRecords(.lines).edit($0, &$1) }),
        LawKind(
            name: "memory in an array", rule: FileRule(.memory), share: 3, absorbs: true,
            start: { SmallRecords(.array).start(&$0) },
            edit: { SmallRecords(.array).edit($0, &$1) }),
        LawKind(
            name: "memory in a wrapper", rule: FileRule(.memory), share: 2, absorbs: true,
            start: { SmallRecords(.wrapper).start(&$0) },
            edit: { SmallRecords(.wrapper).edit($0, &$1) }),
        LawKind(
            name: "memory in blocks", rule: FileRule(.memory), share: 2, absorbs: true,
            start: { SmallRecords(.blocks).start(&$0) },
            edit: { SmallRecords(.blocks).edit($0, &$1) }),
        LawKind(
            name: "events", rule: FileRule(.event), share: 1, absorbs: true,
            start: { SmallRecords(.lines).start(&$0) },
            edit: { SmallRecords(.lines).edit($0, &$1) }),
        LawKind(
            name: "conversation", rule: FileRule(.conversation), share: 2, absorbs: true,
            start: { SmallRecords(.lines).start(&$0) },
            edit: { SmallRecords(.lines).edit($0, &$1) }),
    ]
}

@Suite("The laws of merging")
struct LawTests {
    static func leaf(_ content: [UInt8]?, _ ms: Int64, _ device: String) -> ContentSide {
        let blob = content.map { ObjectID(hashing: $0, as: .blob) }
        return ContentSide(
            content: content,
            stamp: VersionStamp(milliseconds: ms, device: device, commit: .zero, blob: blob))
    }

    static func show(_ content: [UInt8]?) -> String {
        content.map { String(decoding: $0, as: UTF8.self) } ?? "(absent)"
    }

    @Test("generated triples", arguments: LawKind.all)
    func triples(kind: LawKind) {
        let seed = Dice.seed
        let count = max(1, Dice.cases * kind.share * 9 / 1000)
        for number in 0..<count {
            var dice = Dice(seed &* 1_000_003 &+ UInt64(number))
            let base = kind.start(&dice)
            let one = Self.leaf(kind.edit(base, &dice), 10 + Int64(dice.below(3)), "a")
            let two = Self.leaf(kind.edit(base, &dice), 10 + Int64(dice.below(3)), "b")
            if let broken = Self.broken(kind, base, one, two) {
                Issue.record(
                    """
                    \(broken); SYNC_SEED=\(seed), case \(number)
                    base: \(Self.show(base))
                    one:  \(Self.show(one.content))
                    two:  \(Self.show(two.content))
                    """)
                return
            }
        }
        print("\(kind.name): \(count) triples, SYNC_SEED=\(seed)")
    }

    /// The law that a triple breaks; nil when all hold.
    static func broken(
        _ kind: LawKind, _ base: [UInt8]?, _ one: ContentSide, _ two: ContentSide
    ) -> String? {
        func merge(_ left: ContentSide, _ right: ContentSide) -> ContentResult {
            ContentMerge.merge(base: base, left, right, as: kind.rule)
        }
        let merged = merge(one, two)
        let mirrored = merge(two, one)
        if merged.content != mirrored.content { return "merge(o,a,b) ≠ merge(o,b,a)" }
        if merged.notes != mirrored.notes { return "the notes depend on the order" }
        if merged.setAside.map(\.content) != mirrored.setAside.map(\.content) {
            return "what is set aside depends on the order"
        }
        let old = leaf(base, 1, "o")
        if merge(one, one).content != one.content { return "merge(o,a,a) ≠ a" }
        if merge(one, old).content != one.content { return "merge(o,a,o) ≠ a" }
        if merge(old, two).content != two.content { return "merge(o,o,b) ≠ b" }
        if merged.content == nil, one.content != nil || two.content != nil,
            one.content != base, two.content != base
        {
            return "an edit was lost to an absence"
        }
        // Where all records are deleted and only damaged lines stay, nothing tells any more that
        // the file is one of records.
        let isRest = kind.rule.type != .simple && SmallRecords.objects(merged.content).isEmpty
        if kind.absorbs, !isRest {
            let result = ContentSide(content: merged.content, stamp: merged.stamp)
            for side in [one, two] {
                let again = merge(result, side)
                if again.content != merged.content {
                    return "merge(o,merge(o,a,b),a) ≠ merge(o,a,b):\n\(show(merged.content))\n"
                        + "against\n\(show(again.content))"
                }
            }
        }
        return kept(kind, base, one, two, merged)
    }

    /// What "nothing lost" means for the type.
    static func kept(
        _ kind: LawKind, _ base: [UInt8]?, _ one: ContentSide, _ two: ContentSide,
        _ merged: ContentResult
    ) -> String? {
        guard one.content != base, two.content != base, one.content != two.content else {
            return nil
        }
        switch kind.rule.type {
        case .simple:
            for side in [one, two] where side.content != nil && side.content != merged.content {
                if merged.losers.map(\.content) != [side.content] {
                    return "the loser is not named"
                }
            }
            return nil
        case .document: return SmallText.lost(base, one.content, two.content, merged)
        case .data: return SmallData.lost(base, one.content, two.content, merged)
        default: return SmallRecords.lost(kind.rule.type, base, one.content, two.content, merged)
        }
    }

    @Test("any order of N leaves gives the same", arguments: LawKind.all)
    func histories(kind: LawKind) {
        let seed = Dice.seed
        let count = max(1, Dice.cases * kind.share / 1000)
        for number in 0..<count {
            var dice = Dice(seed &* 7_000_003 &+ UInt64(number))
            let base = kind.start(&dice)
            let captures = (0..<(3 + dice.below(3))).map { index in
                Self.leaf(
                    kind.edit(base, &dice), 10 + Int64(dice.below(4)),
                    String("abcde".dropFirst(index).prefix(1)))
            }
            var seen: (signature: [String], text: String)?
            let history = LeafHistory(base: base, captures: captures, rule: kind.rule)
            for _ in 0..<3 {
                let result = history.merged(&dice)
                let signature = Self.signature(kind, result)
                if let seen, seen.signature != signature {
                    let all = captures.map { "\($0.stamp.milliseconds) \(Self.show($0.content))" }
                        .joined(separator: "\n--\n")
                    Issue.record(
                        """
                        orders disagree; SYNC_SEED=\(seed), case \(number)
                        base: \(Self.show(base))
                        \(all)
                        first:  \(seen.text)
                        second: \(Self.show(result.content))
                        """)
                    return
                }
                seen = (signature, Self.show(result.content))
            }
        }
        print("\(kind.name): \(count) histories, SYNC_SEED=\(seed)")
    }

    /// What must not depend on the order.
    static func signature(_ kind: LawKind, _ result: ContentResult) -> [String] {
        switch kind.rule.type {
        case .simple: return [show(result.content)]
        case .document:
            guard let terms = result.conflict else { return [show(result.content)] }
            return terms.sideIDs.map(\.hex).sorted() + terms.baseIDs.map(\.hex)
        default: return SmallRecords.meanings(result.content)
        }
    }
}
