import SyncTestKit

@testable import SyncMerge

/// Small settings with objects and lists in them, written in some manner.
enum SmallData {
    private static let values: [(String, [String])] = [
        ("n", ["1", "2", "3.0", "\"s\"", "null"]),
        ("t", ["[\"a\",\"b\"]", "[\"a\",\"b\",\"c\"]", "[\"b\"]", "[\"x\",\"a\",\"b\"]", "[]"]),
        ("p", ["[0,0]", "[1,0]", "[0,2]", "[0,0,7]"]),
        ("m", ["{\"x\":1,\"y\":1}", "{\"x\":2,\"y\":1}", "{\"x\":1,\"y\":3}", "{}", "7"]),
        (
            "l",
            [
                "[{\"id\":1,\"v\":1},{\"id\":2,\"v\":1}]",
                "[{\"id\":1,\"v\":5},{\"id\":2,\"v\":1}]",
                "[{\"id\":2,\"v\":1}]",
                "[{\"id\":2,\"v\":9},{\"id\":1,\"v\":1},{\"id\":3,\"v\":3}]",
            ]
        ),
        ("o", ["[{\"v\":1}]", "[{\"v\":2}]", "[{\"v\":1},{\"v\":2}]"]), ("k", ["true", "false"]),
    ]

    static func start(_ dice: inout Dice) -> [UInt8]? {
        render(values.map { ($0.0, $0.1[0]) }.filter { _ in dice.chance(80) }, &dice)
    }

    static func edit(_ content: [UInt8]?, _ dice: inout Dice) -> [UInt8]? {
        var members = (JSONText(content ?? [])?.root.members ?? []).map {
            (
                String(decoding: $0.key.string, as: UTF8.self),
                String(decoding: $0.value.source, as: UTF8.self)
            )
        }
        for _ in 0..<dice.below(4) {
            let (name, choices) = dice.pick(values)
            let at = members.firstIndex { $0.0 == name }
            if let at, dice.chance(20) {
                members.remove(at: at)
            } else if let at {
                members[at].1 = dice.pick(choices)
            } else {
                members.insert((name, dice.pick(choices)), at: dice.below(members.count + 1))
            }
        }
        var text = render(members, &dice)
        if dice.chance(2) { text.removeLast(1 + dice.below(2)) }
        return text
    }

    private static func render(_ members: [(String, String)], _ dice: inout Dice) -> [UInt8] {
        let lines = members.map { "\"\($0.0)\": \($0.1)" }
        return Array(
            (dice.chance(80)
                ? "{\n  \(lines.joined(separator: ",\n  "))\n}\n"
                : "{\(lines.joined(separator: ", "))}").utf8)
    }

    /// What comes out parses where both did; a key that one side left alone is as the other has it.
    static func lost(
        _ base: [UInt8]?, _ one: [UInt8]?, _ two: [UInt8]?, _ merged: ContentResult
    ) -> String? {
        guard let one, let two, merged.conflict == nil else { return "a conflict" }
        let (left, right) = (JSONText(one)?.root, JSONText(two)?.root)
        let result = JSONText(merged.content ?? [])?.root
        if left != nil || right != nil, result == nil { return "the output does not parse" }
        guard let left, let right, let result else { return nil }
        let old = JSONText(base ?? [])?.root.dictionary ?? [:]
        let (first, second, now) = (left.dictionary, right.dictionary, result.dictionary)
        for key in Set(old.keys).union(first.keys).union(second.keys) {
            let name = String(decoding: key, as: UTF8.self)
            if FieldMerge.means(first[key], old[key]), !FieldMerge.means(now[key], second[key]) {
                return "\(name): an edit was lost"
            }
            if FieldMerge.means(second[key], old[key]), !FieldMerge.means(now[key], first[key]) {
                return "\(name): an edit was lost"
            }
        }
        return nil
    }
}
