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
                #expect(terms.sides.map(\.stamp.device) == ["device 0", "device 1"])
                #expect(terms.bases.count == 1)
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
            let disputed = (0..<8).filter { key in changes.count { $0.contains(key) } > 1 }
            #expect((result.conflict != nil) == !disputed.isEmpty)
            guard let terms = result.conflict, let content = result.content else { continue }
            let apart = changes.indices.filter { !changes[$0].isDisjoint(with: disputed) }
            #expect(terms.sides.map(\.stamp.device) == apart.map { "device \($0)" })
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
                #expect(result.conflict?.sides.count == 2)
            }
        }
    }

    /// Two places: of the first devices 0 and 1 disagree, of the other 0 and 2.
    private static func twoPlaces(_ rule: FileRule) throws -> (text: String, terms: ConflictTerms) {
        var dice = Dice(1)
        let captures = [edited([2, 6], by: 0), edited([2], by: 1), edited([6], by: 2)]
        let open = LeafTests.history(base, captures, rule).merged(&dice)
        return (try #require(open.text), try #require(open.conflict))
    }

    @Test("the choices are among those who disagree, place by place")
    func choices() throws {
        for rule in Self.rules {
            let (text, terms) = try Self.twoPlaces(rule)
            func lines(_ choice: ConflictChoice) throws -> [Substring] {
                let taken = try #require(
                    ContentMerge.resolved(
                        Array(text.utf8), terms, as: rule, path: Self.path, by: choice))
                let all = String(decoding: taken, as: UTF8.self)
                return Self.lines(all, 2) + Self.lines(all, 6)
            }
            #expect(try lines(.ours(of: "device 0")) == ["0", "0"])
            #expect(try lines(.theirs(of: "device 0")) == ["1", "2"])
            #expect(try lines(.ours(of: "device 1")) == ["1", "0"])
            #expect(try lines(.theirs(of: "device 1")) == ["0", "2"])
            #expect(try lines(.ours(of: "device 3")) == ["0", "0"])
            #expect(try lines(.theirs(of: "device 3")) == ["1", "2"])
            #expect(try lines(.base) == ["base", "base"])
            #expect(try lines(.both) == ["0", "1", "0", "2"])
        }
    }

    @Test("of a conflict of which one place was settled, those disagree who do in the other")
    func settledPlace() throws {
        let rule = FileRule(.document)
        let (text, terms) = try Self.twoPlaces(rule)
        let path = try #require(Self.path)
        let record = ConflictRecord(terms, path: path, named: path, kind: .content, known: [])
        let marks = try #require(text.ranges(of: "<<<<<<<").last)
        let settled = text[..<marks.lowerBound] + "k6: settled\nbetween 6\n"
        let reader = InMemoryRepository()
        for (content, devices) in [
            (text, ["device 0", "device 1", "device 2"]),
            (String(settled), ["device 0", "device 1"]),
        ] {
            let standing = try record.standing(
                in: Array(content.utf8), as: rule, reading: reader)
            #expect(standing.sides.map(\.stamp.device) == devices)
        }
    }

    @Test("a section that somebody took out breaks the markers", arguments: [0, 1, 2])
    func takenOut(section: Int) throws {
        var dice = Dice(1)
        let rule = FileRule(.document)
        let captures = (0..<3).map { Self.edited([2], by: $0) } + [Self.edited([6], by: 3)]
        let open = LeafTests.history(Self.base, captures, rule).merged(&dice)
        let (text, terms) = (try #require(open.text), try #require(open.conflict))
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let place = try #require(lines.firstIndex(of: "k2: \(section)"))
        // The first section has its marker above, the others theirs.
        lines.removeSubrange((section == 0 ? place : place - 1)...place)
        let broken = Array(lines.joined(separator: "\n").utf8)
        let taken = ContentMerge.resolved(broken, terms, as: rule, path: Self.path, by: .both)
        // Without its lines the first side is there and says nothing.
        #expect((taken == nil) == (section > 0))
        #expect(ContentMerge.isOpen(terms, in: broken, as: rule, path: Self.path))
    }

    @Test("who has no word in a conflict does not multiply it when all edit once more")
    func onceMore() throws {
        for rule in Self.rules {
            var dice = Dice(1)
            let captures = [
                Self.edited([2], by: 0), Self.edited([2], by: 1), Self.edited([6], by: 2),
            ]
            let open = LeafTests.history(Self.base, captures, rule).merged(&dice)
            let text = try #require(open.text)
            let later = [
                text.replacing("k2: 0", with: "k2: 0, by 0"),
                text.replacing("k2: 0", with: "k2: 0, by 1"),
                text.replacing("k6: 2", with: "k6: 3"),
            ]
            for result in LeafTests.results(
                LeafTests.history(text, later, rule, terms: open.conflict))
            {
                let all = try Self.both(result.content, result.conflict, rule)
                #expect(Self.lines(all, 2) == ["0, by 0", "0, by 1", "1"])
                #expect(Self.lines(all, 6) == ["3"])
            }
        }
    }
}
