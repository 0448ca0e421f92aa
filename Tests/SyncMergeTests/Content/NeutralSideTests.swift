import SyncModel
import SyncTestKit
import Testing

@testable import SyncMerge

/// Of the sides of a conflict only those have a word in a place that changed what stood there.
@Suite("Sides that disagree with nobody")
struct NeutralSideTests {
    private static let base = (0..<8).map { "k\($0): base\nbetween \($0)\n" }.joined()
    private static let rules = [FileRule(.document), FileRule(.document, writesMarkers: false)]
    private static let path = TreePath("notes/a.md")

    /// What a device makes of the base.
    private static func edited(_ keys: Set<Int>, by device: Int) -> String {
        keys.reduce(base) { $0.replacing("k\($1): base\n", with: "k\($1): \(device)\n") }
    }

    /// Resolves by all sides' texts.
    private static func both(
        _ content: [UInt8]?, _ terms: ConflictTerms?, _ rule: FileRule
    ) throws -> String {
        let (content, terms) = (try #require(content), try #require(terms))
        let all = try #require(
            ContentMerge.resolved(content, terms, as: rule, path: path, by: .both))
        return String(decoding: all, as: UTF8.self)
    }

    /// What a key's line says, once for each that changed it.
    private static func lines(_ text: String, _ key: Int) -> [Substring] {
        text.split(separator: "\n").filter { $0.hasPrefix("k\(key): ") }.map { $0.dropFirst(4) }
            .sorted()
    }

    @Test("an edit elsewhere, made by who had not seen the conflict, has no word in it")
    func elsewhere() throws {
        for rule in Self.rules {
            let captures = [
                Self.edited([2], by: 0), Self.edited([2], by: 1), Self.edited([6], by: 2),
            ]
            for result in LeafTests.results(LeafTests.history(Self.base, captures, rule)) {
                let terms = try #require(result.conflict)
                #expect(terms.sides.count == 3)
                #expect(
                    ContentMerge.neutralSides(of: terms, as: rule, path: Self.path) == [2])
                let all = try Self.both(result.content, terms, rule)
                #expect(Self.lines(all, 2) == ["0", "1"])
                #expect(Self.lines(all, 6) == ["2"])
                #expect(result.text?.contains("k2: base") == rule.writesMarkers)
            }
        }
    }

    @Test("rules before version 9 show all sides")
    func before() throws {
        var rule = FileRule(.document)
        rule.version = 8
        let captures = [Self.edited([2], by: 0), Self.edited([2], by: 1), Self.edited([6], by: 2)]
        var dice = Dice(1)
        let result = LeafTests.history(Self.base, captures, rule).merged(&dice)
        #expect(result.text?.split(separator: "\n").count { $0 == "k2: base" } == 2)
        let terms = try #require(result.conflict)
        let all = try Self.both(result.content, terms, rule)
        #expect(Self.lines(all, 2) == ["0", "1", "base"])
        // A section that somebody took out breaks the markers.
        let mark = try #require(result.text?.firstRange(of: "k2: base\n>>>>>>>"))
        var text = try #require(result.text)
        let line = try #require(text[..<mark.lowerBound].dropLast().lastIndex(of: "\n"))
        text.removeSubrange(line..<mark.lowerBound)
        #expect(
            ContentMerge.resolved(
                Array(text.utf8), terms, as: rule, path: Self.path, by: .both) == nil)
    }

    /// What several changed, by key.
    private static func changes(_ dice: inout Dice) -> [Set<Int>] {
        (0..<(3 + dice.below(3))).map { _ in
            Set((0...dice.below(3)).map { _ in dice.below(8) })
        }
    }

    @Test("all that several changed is there once for each, whatever else is in conflict")
    func atRandom() throws {
        let seed = Dice.seed
        print("sides that disagree with nobody: SYNC_SEED=\(seed)")
        var dice = Dice(seed)
        for _ in 0..<(Dice.cases / 100) {
            let changes = Self.changes(&dice)
            let captures = changes.enumerated().map { Self.edited($1, by: $0) }
            let rule = dice.pick(Self.rules)
            let result = LeafTests.history(Self.base, captures, rule).merged(&dice)
            guard let terms = result.conflict, let content = result.content else { continue }
            let disputed = (0..<8).filter { key in changes.count { $0.contains(key) } > 1 }
            let quiet = changes.indices.filter { changes[$0].isDisjoint(with: disputed) }
            #expect(
                ContentMerge.neutralSides(of: terms, as: rule, path: Self.path) == Set(quiet))
            // As it is, and edited around.
            for text in [content, Array("top\n".utf8) + content + Array("end\n".utf8)] {
                let all = try Self.both(text, terms, rule)
                for key in 0..<8 {
                    let made = changes.indices.filter { changes[$0].contains(key) }.map(String.init)
                    #expect(
                        Self.lines(all, key).map(String.init) == (made.isEmpty ? ["base"] : made))
                }
            }
        }
    }

    @Test("what is edited around it by two devices leaves it as it is")
    func around() throws {
        for rule in Self.rules {
            let captures = [
                Self.edited([2], by: 0), Self.edited([2], by: 1), Self.edited([6], by: 2),
            ]
            var dice = Dice(1)
            let open = LeafTests.history(Self.base, captures, rule).merged(&dice)
            let text = try #require(open.text)
            let later = [text + "end\n", text.replacing("k0: base", with: "k0: 4")]
            let results = LeafTests.results(
                LeafTests.history(text, later, rule, terms: open.conflict))
            for result in results {
                let all = try Self.both(result.content, result.conflict, rule)
                #expect(Self.lines(all, 2) == ["0", "1"])
                #expect(Self.lines(all, 0) == ["4"])
                #expect(all.hasSuffix("\nend\n"))
                let terms = try #require(result.conflict)
                let quiet = ContentMerge.neutralSides(of: terms, as: rule, path: Self.path)
                #expect(terms.sides.count - quiet.count == 2)
            }
        }
    }
}
