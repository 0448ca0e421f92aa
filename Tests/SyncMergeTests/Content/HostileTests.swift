import SyncModel
import SyncTestKit
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@testable import SyncMerge

/// What nobody writes by accident. Sizes are a tenth and less unless `SYNC_HOSTILE=full`.
@Suite("Hostile inputs", .serialized)
struct HostileTests {
    static let isFull = getenv("SYNC_HOSTILE").map { String(cString: $0) == "full" } ?? false

    /// Takes the time; ten times what it takes on a machine with other work to do is too long.
    static func timed(_ name: String, _ work: () -> Void) {
        let duration = ContinuousClock().measure(work)
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        print("hostile: \(name): \(duration), peak \(usage.ru_maxrss >> 10) MiB")
        #expect(duration < .seconds(isFull ? 120 : 30))
        if isFull { #expect(usage.ru_maxrss < 3 << 20) }
    }

    static func merge(
        _ base: [UInt8]?, _ early: [UInt8], _ late: [UInt8], as rule: FileRule
    ) -> ContentResult {
        ContentMerge.merge(
            base: base, ContentSide(content: early, stamp: stamp(1, "a")),
            ContentSide(content: late, stamp: stamp(2, "b")), as: rule)
    }

    static func records(_ count: Int, _ change: (Int) -> String) -> [UInt8] {
        var result: [UInt8] = []
        for number in 0..<count { result += Array(change(number).utf8) + [0x0a] }
        return result
    }

    @Test("JSON beyond the limit is not taken apart")
    func large() {
        let size = Self.isFull ? 100 << 20 : 65 << 20
        let late = [0x5b] + [UInt8](repeating: 0x20, count: size) + [0x5d]
        Self.timed("JSON of \(size >> 20) MiB") {
            let result = Self.merge([], Array("[{}]".utf8), late, as: FileRule(.memory))
            #expect(result.fallback == .tooLarge)
            #expect(result.content == late)
            #expect(result.copies.count == 1)
        }
    }

    @Test("many records")
    func many() {
        let count = Self.isFull ? 1_000_000 : 20_000
        let base = Self.records(count) { "{\"id\":\($0),\"t\":1}" }
        let early = Self.records(count) { "{\"id\":\($0),\"t\":\($0 % 100 == 1 ? 2 : 1)}" }
        let late = Self.records(count) { "{\"id\":\($0),\"t\":\($0 % 100 == 2 ? 3 : 1)}" }
        let both = Self.records(count) { number in
            "{\"id\":\(number),\"t\":\(number % 100 == 1 ? 2 : number % 100 == 2 ? 3 : 1)}"
        }
        Self.timed("\(count) records") {
            let result = Self.merge(base, early, late, as: FileRule(.memory))
            #expect(result.content == both)
        }
    }

    @Test("many elements of an array in data")
    func elements() {
        let count = Self.isFull ? 1_000_000 : 20_000
        func text(_ changed: [Int: Int]) -> [UInt8] {
            let all = (0..<count).map { "{\"id\":\($0),\"t\":\(changed[$0] ?? 1)}" }
            return Array("{\"nodes\":[\(all.joined(separator: ","))]}".utf8)
        }
        Self.timed("\(count) elements") {
            let result = Self.merge(text([:]), text([1: 2]), text([2: 3]), as: FileRule(.data))
            #expect(result.content == text([1: 2, 2: 3]))
        }
    }

    @Test("one id a thousandfold")
    func duplicates() {
        let count = Self.isFull ? 200_000 : 5_000
        let base = Self.records(count) { "{\"id\":1,\"t\":\($0)}" }
        let late = base + Array("{\"id\":2}\n".utf8)
        Self.timed("\(count) records of one id") {
            let result = Self.merge(
                base, base + Array("{\"id\":3}\n".utf8), late, as: FileRule(.memory))
            #expect(result.content?.starts(with: base) == true)
            let added = String(decoding: result.content?.dropFirst(base.count) ?? [], as: UTF8.self)
            #expect(added.split(separator: "\n").sorted() == ["{\"id\":2}", "{\"id\":3}"])
        }
    }

    @Test(
        "nesting 100,000 deep falls back", arguments: [FileType.memory, .event, .document, .simple])
    func deep(type: FileType) {
        func nested(_ inside: String) -> [UInt8] {
            Array(repeating: 0x5b, count: 100_000) + Array(inside.utf8)
                + Array(repeating: 0x5d, count: 100_000)
        }
        let result = Self.merge(nested(""), nested("1"), nested("2"), as: FileRule(type))
        #expect(result.content == nested("2") || type == .document)
        let objects = { (inside: String) in
            Array("{\"id\":1,\"a\":".utf8) + nested(inside) + Array("}\n".utf8)
        }
        _ = Self.merge(objects(""), objects("1"), objects("2"), as: FileRule(type))
    }

    @Test("a record nested as deep as records may be")
    func deepRecord() {
        func record(_ inside: String) -> [UInt8] {
            let open = String(repeating: "{\"a\":", count: 120)
            return Array(
                "{\"id\":1,\"m\":\(open)\(inside)\(String(repeating: "}", count: 120))}".utf8)
        }
        let result = Self.merge(record("1"), record("2"), record("3"), as: FileRule(.memory))
        #expect(result.content == record("3"))
    }

    @Test("a line of many megabytes")
    func longLine() {
        let size = Self.isFull ? 60 << 20 : 2 << 20
        func line(_ text: String) -> [UInt8] {
            Array("{\"id\":1,\"a\":\"".utf8) + [UInt8](repeating: 0x78, count: size)
                + Array("\",\(text)}\n".utf8)
        }
        Self.timed("a line of \(size >> 20) MiB") {
            let result = Self.merge(
                line("\"b\":1,\"c\":1"), line("\"b\":2,\"c\":1"), line("\"b\":1,\"c\":2"),
                as: FileRule(.memory))
            #expect(result.content == line("\"b\":2,\"c\":2"))
        }
    }

    @Test("texts that make a comparison quadratic are compared more coarsely")
    func quadratic() {
        let count = Self.isFull ? 400_000 : 30_000
        var dice = Dice(7)
        func text() -> [UInt8] {
            var result: [UInt8] = []
            for _ in 0..<count { result += [0x61 + UInt8(dice.below(4)), 0x0a] }
            return result
        }
        let (base, early, late) = (text(), text(), text())
        Self.timed("three texts of \(count) lines that have nothing in common") {
            let result = Self.merge(base, early, late, as: FileRule(.document))
            #expect(result.conflict?.sides.map(\.content) == [early, late])
        }
    }

    @Test("three times ten thousand keys in one object")
    func manyKeys() {
        func object(_ value: Int) -> [UInt8] {
            let fields = (0..<10_000).map { "\"k\($0)\":\($0 % 3 == value ? 9 : 1)" }
            return Array("{\"id\":1,\(fields.joined(separator: ","))}".utf8)
        }
        Self.timed("10,000 keys") {
            let result = Self.merge(object(5), object(0), object(1), as: FileRule(.memory))
            #expect(result.content?.count == object(5).count)
        }
    }

    @Test("many records that both sides edited, with an identity and without")
    func manyEdits() {
        let count = Self.isFull ? 200_000 : 3_000
        func records(_ a: Int, _ b: Int) -> [UInt8] {
            Self.records(count) { "{\"id\":\($0),\"a\":\(a),\"b\":\(b),\"tags\":[\(a),\(b)]}" }
        }
        Self.timed("\(count) records edited on both sides") {
            let result = Self.merge(
                records(1, 1), records(2, 1), records(1, 3), as: FileRule(.memory))
            let text = String(decoding: result.content?.prefix(40) ?? [], as: UTF8.self)
            #expect(text.hasPrefix("{\"id\":0,\"a\":2,\"b\":3,"))
        }
        func nameless(_ from: Int) -> [UInt8] {
            Self.records(count) { "{\"n\":\($0 + from)}" }
        }
        Self.timed("\(count) records without an identity") {
            let result = Self.merge(nameless(0), nameless(1), nameless(2), as: FileRule(.memory))
            #expect(result.content?.split(separator: 0x0a).count == count)
        }
    }

    @Test("one record with a large array of objects, and one with a large set")
    func wide() {
        let count = Self.isFull ? 300_000 : 5_000
        func list(_ value: (Int) -> Int) -> [UInt8] {
            let items = (0..<count).map { "{\"id\":\($0),\"v\":\(value($0))}" }
            let set = (0..<count).map { "\(value($0) * count + $0)" }
            let all = [items, set].map { $0.joined(separator: ",") }
            return Array(
                "{\"id\":1,\"l\":[\(all[0])],\"s\":[\(all[1])]}"
                    .utf8)
        }
        Self.timed("\(count) elements in one record") {
            let result = Self.merge(
                list { _ in 0 }, list { $0 % 3 == 1 ? 1 : 0 }, list { $0 % 3 == 2 ? 1 : 0 },
                as: FileRule(.memory))
            #expect(result.isClean && result.fallback == nil)
        }
    }

    @Test("a line beyond the limit of a document", arguments: [FileType.document, .simple])
    func hugeLine(type: FileType) {
        let size = Self.isFull ? 1 << 30 : 3 << 20
        let line = [UInt8](repeating: 0x78, count: size)
        Self.timed("a \(type) of one line of \(size >> 20) MiB") {
            let result = Self.merge([], [0x61], line, as: FileRule(type))
            #expect(result.content?.count == size)
            #expect(result.losers.map(\.content) == [[0x61]])
        }
    }

    static let patterns: [(String, @Sendable (Int, Int) -> Int)] = [
        ("one line again and again", { _, _ in 0 }),
        ("two lines in turn", { line, text in (line + text) & 1 }),
        ("all lines, backwards", { line, text in text == 1 ? -line : line }),
        ("every line moved", { line, text in (line &* (2 * text + 1)) % 9_973 }),
        ("blocks that trade places", { line, text in text == 0 ? line : line ^ (64 << text) }),
    ]

    @Test("texts that a comparison finds hard", arguments: patterns.indices)
    func hardTexts(pattern: Int) {
        let (name, line) = Self.patterns[pattern]
        let count = Self.isFull ? 150_000 : 20_000
        func text(_ number: Int) -> [UInt8] {
            Self.records(count + number * 7) { "\(line($0, number))" }
        }
        let texts = (0..<3).map { text($0) }
        Self.timed("\(name), \(count) lines") {
            let result = Self.merge(texts[0], texts[1], texts[2], as: FileRule(.document))
            #expect(result.content != nil)
        }
    }

    @Test("front matter of many keys")
    func manyFields() {
        let count = Self.isFull ? 150_000 : 10_000
        func text(_ value: (Int) -> Int) -> [UInt8] {
            Array("---\n".utf8) + Self.records(count) { "k\($0): \(value($0))" }
                + Array("---\nbody\n".utf8)
        }
        Self.timed("front matter of \(count) keys") {
            let result = Self.merge(
                text { _ in 0 }, text { $0 % 3 == 1 ? 1 : 0 }, text { $0 % 3 == 2 ? 1 : 0 },
                as: FileRule(.document))
            #expect(result.content == text { $0 % 3 == 0 ? 0 : 1 })
        }
    }

    @Test("more leaves than are merged again")
    func manyLeaves() {
        let base = Self.records(1_000) { "line \($0)" }
        let captures = (0..<1_000).map { number in
            CapturedContent(
                content: Self.records(1_000) { "line \($0)\($0 == number ? "!" : "")" },
                stamp: stamp(Int64(number)))
        }
        let all = Self.records(1_000) { "line \($0)!" }
        Self.timed("1,000 leaves") {
            let result = ContentMerge.merge(
                base: base, ContentSide(content: all, stamp: stamp(2_000), captures: captures),
                ContentSide(content: base + Array("end\n".utf8), stamp: stamp(3_000)),
                as: FileRule(.document))
            #expect(result.conflict != nil)
        }
    }

    @Test("attributes that match slowly elsewhere")
    func attributes() {
        let stars = String(repeating: "a*", count: 900) + "b"
        let deep = String(repeating: "**/", count: 600) + "x"
        let long = String(repeating: "*", count: 1 << 20)
        let file = "\(stars) sync=memory\n\(deep) sync=memory\n\(long) sync=event\n"
        let whole = String(repeating: file, count: Self.isFull ? 20 : 1)
        let rules = TypeRules(files: [(nil, Array(whole.utf8))])
        let names = [
            String(repeating: "a", count: 4_000), String(repeating: "y/", count: 900) + "y",
        ]
        Self.timed("patterns of stars") {
            for name in names {
                guard let path = TreePath(name) else { continue }
                #expect(rules.type(of: path, content: []).source == .content)
            }
        }
    }
}
