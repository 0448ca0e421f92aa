import Foundation
import SyncTestKit
import Testing

@testable import SyncMerge

/// Small settings files, some torn.
enum SmallSettings {
    static func start(_ dice: inout Dice) -> [UInt8]? {
        dice.chance(10) ? nil : Array("{\"a\":\(dice.below(3))}".utf8)
    }

    static func edit(_ content: [UInt8]?, _ dice: inout Dice) -> [UInt8]? {
        switch dice.below(8) {
        case 0: nil
        case 1: content
        case 2: Array("{\"a\":\(dice.below(3))".utf8)
        case 3: Array("a = \(dice.below(3))\n".utf8)
        default: Array("{\"a\":\(dice.below(5))}".utf8)
        }
    }
}

/// Small texts, some with front matter, some with tasks.
enum SmallText {
    static func start(_ dice: inout Dice) -> [UInt8]? {
        if dice.chance(5) { return nil }
        let head = dice.chance(30) ? "---\na: 1\ntags: [x, y]\ndate: 2026-01-01\n---\n" : ""
        let lines = (0..<dice.below(6)).map { index in
            dice.chance(30) ? "- [ ] t\(index)" : "l\(index % 4)"
        }
        let text = head + lines.map { $0 + "\n" }.joined()
        return Array(text.utf8)
    }

    static func edit(_ content: [UInt8]?, _ dice: inout Dice) -> [UInt8]? {
        if dice.chance(3) { return nil }
        var text = String(decoding: content ?? [], as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0..<dice.below(3) {
            let at = dice.below(lines.count)
            switch dice.below(6) {
            case 0 where !lines[at].hasPrefix("---"): lines.remove(at: at)
            case 1: lines.insert("n\(dice.below(4))", at: max(at, lines.first == "---" ? 5 : 0))
            case 2 where lines[at].hasPrefix("- [ ]"): lines[at] = "- [x]" + lines[at].dropFirst(5)
            case 3 where lines[at].hasPrefix("tags"): lines[at] = "tags: [y, z\(dice.below(3))]"
            case 4 where lines[at].hasPrefix("date"):
                lines[at] = "date: 2026-0\(1 + dice.below(9))-01"
            case _ where lines[at].hasPrefix("a:"): lines[at] = "a: \(dice.below(4))"
            default:
                if !lines[at].hasPrefix("---"), !lines[at].contains(":") {
                    lines[at] = "e\(dice.below(4))"
                }
            }
            if lines.isEmpty { lines = [""] }
        }
        text = lines.joined(separator: "\n")
        return Array(text.utf8)
    }

    /// A line that one side wrote must be in the result or in the conflict's terms.
    static func lost(
        _ base: [UInt8]?, _ one: [UInt8]?, _ two: [UInt8]?, _ merged: ContentResult
    ) -> String? {
        guard let one, let two else { return nil }
        if let terms = merged.conflict {
            let sides = Set(terms.sides.map { $0.content ?? [] })
            return sides == [one, two] ? nil : "a side is not in the terms"
        }
        let result = Set(lines(merged.content ?? []))
        let old = Set(lines(base ?? []))
        for (side, other) in [(one, two), (two, one)] {
            for line in lines(side) where !old.contains(line) && !result.contains(line) {
                let text = String(decoding: line, as: UTF8.self)
                let isTask = text.hasPrefix("- [") || text.contains(":")
                if !isTask, !lines(other).contains(line) { return "a line is lost: \(text)" }
            }
        }
        if FrontMatter(TextFile(one).lines) != nil, FrontMatter(TextFile(two).lines) != nil,
            FrontMatter(TextFile(merged.content ?? []).lines) == nil
        {
            return "front matter does not parse"
        }
        return nil
    }

    private static func lines(_ content: [UInt8]) -> [[UInt8]] {
        content.split(separator: 0x0a).map { Array($0) }
    }
}

/// A few records.
struct SmallRecords: Sendable {
    enum Form: Sendable { case lines, array, wrapper, blocks }

    private struct Record {
        var id: Int
        var fields: [(String, String)]

        var text: String {
            "{\"id\":\(id)" + fields.map { ",\"\($0)\":\($1)" }.joined() + "}"
        }

        var block: String {
            let header = fields.filter { $0.0 != "text" }.map { "\($0): \($1)\n" }.joined()
            let text = fields.first { $0.0 == "text" }.map { $0.1 + "\n" } ?? ""
            return "---\nid: \(id)\n\(header)---\n\(text)"
        }
    }

    private let form: Form

    init(_ form: Form) { self.form = form }

    func start(_ dice: inout Dice) -> [UInt8]? {
        // Two devices that each add a file of one block have added a document.
        if form != .blocks, dice.chance(5) { return nil }
        var ids = [1, 2, 3, 4].shuffled(using: &dice)
        ids.removeLast(dice.below(3))
        return render(ids.map { Self.record($0, &dice) }, &dice)
    }

    private static func record(_ id: Int, _ dice: inout Dice) -> Record {
        var fields = [("text", "\"t\(dice.below(3))\"")]
        if dice.chance(70) { fields.append(("timestamp", "\"2026-01-0\(1 + dice.below(9))\"")) }
        if dice.chance(30) { fields.append(("tags", "[\"a\",\"b\"]")) }
        if dice.chance(30) { fields.append(("m", "{\"x\":1,\"y\":1}")) }
        if dice.chance(30) {
            fields.append(("l", "[{\"id\":\"p\",\"v\":1},{\"id\":\"q\",\"v\":1}]"))
        }
        return Record(id: id, fields: fields)
    }

    func edit(_ content: [UInt8]?, _ dice: inout Dice) -> [UInt8]? {
        if dice.chance(2) { return nil }
        var records = parse(content)
        for _ in 0..<dice.below(4) {
            let at = records.isEmpty ? 0 : dice.below(records.count)
            switch dice.below(8) {
            case 0 where !records.isEmpty: records.remove(at: at)
            case 1, 2: records.append(Self.record(5 + dice.below(6), &dice))
            case 3: records.insert(Self.record(5 + dice.below(6), &dice), at: at)
            default:
                guard !records.isEmpty else { continue }
                Self.change(&records[at], &dice)
            }
            var seen: Set<Int> = []
            records = records.filter { seen.insert($0.id).inserted || dice.chance(2) }
        }
        return render(records, &dice)
    }

    private static func change(_ record: inout Record, _ dice: inout Dice) {
        let values: [(String, [String])] = [
            ("text", ["\"u\"", "\"v\""]), ("n", ["1", "1.0", "2", "\"s\"", "{\"x\":3}"]),
            ("tags", ["[\"a\"]", "[\"b\",\"c\"]", "[\"d\",\"a\"]", "\"t\"", "[]"]),
            ("m", ["{\"x\":2,\"y\":1}", "{\"x\":1,\"y\":3}", "{\"z\":[1,2]}", "7"]),
            ("l", ["[{\"id\":\"p\",\"v\":2}]", "[{\"id\":\"q\",\"v\":1},{\"id\":\"r\",\"v\":5}]"]),
            ("is_deleted", ["true", "false"]),
            ("created_at", ["\"2026-01-01\"", "\"2025-01-01\""]),
            ("updated_at", ["\"2026-02-01\"", "1900000000", "\"never\""]),
            ("hash", ["\"h1\"", "\"h2\""]),
        ]
        let (name, choices) = dice.pick(values)
        let value = dice.pick(choices)
        if let at = record.fields.firstIndex(where: { $0.0 == name }) {
            if dice.chance(20) { record.fields.remove(at: at) } else { record.fields[at].1 = value }
        } else {
            record.fields.insert((name, value), at: dice.below(record.fields.count + 1))
        }
    }

    private func parse(_ content: [UInt8]?) -> [Record] {
        Self.objects(content).map { object in
            var record = Record(id: 0, fields: [])
            for (key, value) in object.members {
                let name = String(decoding: key.string, as: UTF8.self)
                let text = String(decoding: value.source, as: UTF8.self)
                if name == "id" {
                    record.id = Int(text) ?? 0
                } else {
                    record.fields.append((name, text))
                }
            }
            return record
        }
    }

    private func render(_ records: [Record], _ dice: inout Dice) -> [UInt8] {
        let texts = records.map(\.text)
        switch form {
        case .lines:
            var text = texts.map { $0 + "\n" }.joined()
            if dice.chance(3), !text.isEmpty { text.removeLast(1 + dice.below(5)) }
            if dice.chance(3) { text += "oops\n" }
            return Array(text.utf8)
        case .blocks: return Array(records.map(\.block).joined(separator: "\n").utf8)
        case .array:
            let separator = dice.chance(50) ? ", " : ",\n  "
            return Array("[\(texts.joined(separator: separator))]".utf8)
        case .wrapper:
            return Array(
                "{\"v\":\(dice.below(2)),\"results\":[\(texts.joined(separator: ","))]}\n".utf8)
        }
    }

    /// The objects of a file, found by trying: not by the code under test's shapes.
    static func objects(_ content: [UInt8]?) -> [JSONValue] {
        guard let content else { return [] }
        if content.starts(with: "---\n".utf8) { return blocks(content) }
        if let root = JSONText(content)?.root {
            if root.kind == .array { return root.elements }
            if let list = root.dictionary[Array("results".utf8)] { return list.elements }
            return [root]
        }
        return content.split(separator: 0x0a).compactMap { JSONText(Array($0))?.root }
            .filter { $0.kind == .object }
    }

    private static func blocks(_ content: [UInt8]) -> [JSONValue] {
        let parts = String(decoding: content, as: UTF8.self).components(separatedBy: "---\n")
        return stride(from: 1, to: parts.count - 1, by: 2).compactMap { at in
            let lines = parts[at].split(separator: "\n").map { line in
                let (key, value) = (line.prefix { $0 != ":" }, line.drop { $0 != ":" })
                return "\"\(key)\":\(value.dropFirst(2))"
            }
            let text = parts[at + 1].split(separator: "\n").map { "\"text\":\($0)" }
            return JSONText(Array("{\((lines + text).joined(separator: ","))}".utf8))?.root
        }
    }

    /// What a file says, whatever the order.
    static func meanings(_ content: [UInt8]?) -> [String] {
        objects(content).map { String(decoding: $0.canonical, as: UTF8.self) }.sorted()
    }

    private static func byID(_ content: [UInt8]?) -> [[UInt8]: [[UInt8]]] {
        var result: [[UInt8]: [[UInt8]]] = [:]
        for object in objects(content) {
            guard let id = object.dictionary[Array("id".utf8)] else { continue }
            result[id.canonical, default: []].append(object.canonical)
        }
        return result
    }

    /// No id vanishes, no one-sided edit is lost, an unopposed delete is honoured, no deleted
    /// record returns.
    static func lost(
        _ type: FileType, _ base: [UInt8]?, _ one: [UInt8]?, _ two: [UInt8]?,
        _ merged: ContentResult
    ) -> String? {
        guard let one, let two, merged.fallback == nil else { return nil }
        let (old, first, second) = (byID(base), byID(one), byID(two))
        let result = byID(merged.content)
        let ids = Set(old.keys).union(first.keys).union(second.keys)
        for id in ids {
            let (was, left, right) = (old[id], first[id], second[id])
            // A damaged id is merged whole or counted; only its presence can be asked for.
            let isWhole = [was, left, right].allSatisfy { Set($0 ?? []).count <= 1 }
            let name = String(decoding: id, as: UTF8.self)
            if left == nil, right == nil, result[id] != nil { return "\(name) came back" }
            if left != nil, right != nil, result[id] == nil { return "\(name) vanished" }
            guard isWhole, [one, two].allSatisfy({ Set(byID($0).values.map(\.count)) == [1] })
            else {
                continue
            }
            if left == was, result[id]?.first != right?.first { return "\(name): an edit was lost" }
            if right == was, result[id]?.first != left?.first { return "\(name): an edit was lost" }
            if type != .event, result[id]?.count ?? 0 > 1 { return "\(name) stands twice" }
        }
        return nil
    }
}
