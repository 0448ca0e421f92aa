import SyncModel
import SyncTestKit
import Testing

@testable import SyncMerge

/// Versions that were made from one base, to be merged in any order.
struct LeafHistory {
    let base: [UInt8]?
    /// The open conflict of the base.
    var baseTerms: ConflictTerms?
    let captures: [ContentSide]
    let rule: FileRule
    var path: TreePath?

    /// Merges any two until one is left, each with the leaves that went into it, as the engine
    /// gives them.
    func merged(_ dice: inout Dice) -> ContentResult {
        var sides = captures
        var result = ContentResult(content: base, stamp: captures[0].stamp)
        while sides.count > 1 {
            let one = sides.remove(at: dice.below(sides.count))
            let two = sides.remove(at: dice.below(sides.count))
            result = ContentMerge.merge(
                base: base, one, two, as: rule, path: path, baseTerms: baseTerms)
            let captures = [one, two].flatMap { side in
                side.captures.isEmpty
                    ? [CapturedContent(content: side.content, stamp: side.stamp)] : side.captures
            }
            sides.append(
                ContentSide(
                    content: result.content, stamp: result.stamp, terms: result.conflict,
                    captures: captures))
        }
        return result
    }
}

@Suite("Any order of merging")
struct LeafTests {
    static func history(
        _ base: String?, _ captures: [String?], _ rule: FileRule, terms: ConflictTerms? = nil
    ) -> LeafHistory {
        let sides = captures.enumerated().map { index, text in
            ContentSide(
                content: text.map { Array($0.utf8) },
                stamp: stamp(1000 + Int64(index), "device \(index)", text),
                terms: terms)
        }
        return LeafHistory(
            base: base.map { Array($0.utf8) }, baseTerms: terms, captures: sides, rule: rule,
            path: TreePath("notes/a.md"))
    }

    /// What comes of fifty orders.
    static func results(_ history: LeafHistory) -> [ContentResult] {
        let seed = Dice.seed
        print("any order of merging: SYNC_SEED=\(seed)")
        var dice = Dice(seed)
        return (0..<50).map { _ in history.merged(&dice) }
    }

    @Test(
        "documents give the same bytes and the same terms",
        arguments: [
            // Two who made the same text but for its last end, one who did nothing.
            ("", ["", "e0", "e1\n", "e1"]),
            ("a\nb\nc\n", ["a\nX\nc\n", "a\nY\nc\n", "a\nZ\nc\n", "a\nb\nc\n"]),
            ("a\nb\nc\n", ["A\nb\nc\n", "a\nb\nC\n", "a\nb\nc\nd\n", "a\nB\nc\n"]),
            ("a\n", ["\u{feff}a\n", "a\r\n", "b\n", "a"]),
            ("- [ ] t\n", ["- [x] t\n", "- [-] t\n", "- [ ] u\n", "- [ ] t\n- [ ] v\n"]),
            (nil, ["a\n", nil, "b\n", "a\n"]),
            // The first two together have the base's bytes.
            ("t\n", ["t", "t\n\n", "edited\n"]),
        ])
    func documents(base: String?, captures: [String?]) {
        let results = Self.results(Self.history(base, captures, FileRule(.document)))
        #expect(Set(results.map(\.text)).count == 1)
        #expect(Set(results.map { $0.conflict?.sideIDs ?? [] }).count == 1)
        #expect(Set(results.map { $0.conflict?.bases ?? [] }).count == 1)
    }

    @Test("a conflict that some resolve and some edit around ends in the same terms")
    func resolved() throws {
        let rule = FileRule(.document)
        let open = merge("a\nb\nc\nd\n", "a\nX\nc\nd\n", "a\nY\nc\nd\n", as: rule)
        let text = try #require(open.text)
        let around = text.replacing("c\nd\n", with: "c\nD\n")
        let captures = [around, "a\nX!\nc\nd\n", "a\nY!\nc\nd\n", "a\nXY\nc\nd\n", text]
        let history = Self.history(text, captures, rule, terms: open.conflict)
        let results = Self.results(history)
        #expect(Set(results.map { $0.conflict?.sideIDs ?? [] }).count == 1)
        #expect(Set(results.map { $0.conflict?.bases ?? [] }).count == 1)
        #expect(results.allSatisfy { $0.text?.hasSuffix("c\nD\n") == true })
    }

    @Test(
        "what is edited around a conflict that stands ends in the same terms",
        arguments: [
            // Beside it, far from it, over it, nothing, and the first device once more.
            [">\nnew 1\n", ">\nnew 2\n", ">\nnew 3\n"], ["A\n", ">\nnew\n", "D\n"],
            ["+\n", ">\nnew 1\n", "X!\n", ">\nnew 2\n"], ["", "A\n", "a!\n"],
            ["X!\n", "X!\n", ">\nnew\n"], ["X!\n", "X?\n", ">\nnew\n"],
        ])
    func standing(edits: [String]) throws {
        let rule = FileRule(.document)
        for end in ["", "d\n"] {
            let open = merge("a\nb\n" + end, "a\nX\n" + end, "a\nY\n" + end, as: rule)
            let text = try #require(open.text)
            let captures = edits.map { edit in
                switch edit.first {
                case ">": text.replacing(/(>>>>>>>.*\n)/) { "\($0.1)\(edit.dropFirst(2))" }
                case "X": text.replacing("\nX\n", with: "\n\(edit)")
                case "D": text + edit
                case nil: text
                default: edit + text
                }
            }
            let history = Self.history(text, captures, rule, terms: open.conflict)
            let results = Self.results(history)
            #expect(Set(results.map(\.text)).count == 1)
            #expect(Set(results.map { $0.conflict?.sideIDs ?? [] }).count == 1)
            #expect(Set(results.map { $0.conflict?.bases ?? [] }).count == 1)
            // Nothing is lost.
            for edit in edits {
                for line in edit.split(separator: "\n") where line != ">" {
                    #expect(results[0].text?.contains(line) == true)
                }
            }
        }
    }

    /// What a random device makes of a file with markers: the text, the lines that it added, and
    /// whether it left what is between the markers as it was.
    private static func edited(
        _ text: String, _ dice: inout Dice, fresh: () -> String
    ) -> (text: String, added: [String], isAround: Bool) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.removeLast()
        var (added, isAround): ([String], Bool) = ([], true)
        for _ in 0..<dice.below(3) {
            // Places of lines of a side, and of lines outside.
            var (inside, outside): ([Int], [Int]) = ([], [0])
            var mark: Character?
            for (index, line) in lines.enumerated() {
                if let first = line.first, "<|=>".contains(first) { mark = first }
                if mark == "<" || mark == "=" { inside.append(index + 1) }
                if mark == nil || mark == ">" { outside.append(index + 1) }
                if mark == ">" { mark = nil }
            }
            if dice.chance(12) {
                isAround = false
                added.append(fresh())
                lines.insert(added[added.count - 1], at: dice.pick(inside))
            } else if dice.chance(20) {
                let place = dice.pick(outside)
                if place < lines.count, lines[place].hasPrefix("line") { lines.remove(at: place) }
            } else {
                added.append(fresh())
                // At the file's end more often than anywhere else.
                let place = dice.chance(40) ? lines.count : dice.pick(outside)
                lines.insert(added[added.count - 1], at: place)
            }
        }
        // What was added and taken out again is not asked for.
        return (lines.map { $0 + "\n" }.joined(), added.filter(lines.contains), isAround)
    }

    @Test("of random edits around a conflict nothing is lost, twice, or hangs on the order")
    func standingAtRandom() throws {
        let seed = Dice.seed
        var dice = Dice(seed)
        var (number, standing) = (0, 0)
        func fresh() -> String {
            number += 1
            return "line \(number)"
        }
        for _ in 0..<(Dice.cases / 200) {
            var rule = FileRule(.document)
            rule.isAppendOnly = dice.chance(20)
            let base = (0...dice.below(7)).map { _ in fresh() }
            let places = Set((0...dice.below(2)).map { _ in dice.below(base.count) })
            let sides = (0..<2).map { _ in
                base.enumerated().map { (places.contains($0) ? fresh() : $1) + "\n" }.joined()
            }
            let open = merge(base.map { $0 + "\n" }.joined(), sides[0], sides[1], as: rule)
            let text = try #require(open.text)
            if open.conflict == nil { continue }
            let edits = (0..<(2 + dice.below(3))).map { _ in
                Self.edited(text, &dice, fresh: fresh)
            }
            let history = Self.history(text, edits.map(\.text), rule, terms: open.conflict)
            let results = (0..<6).map { _ in history.merged(&dice) }
            // Two that were changed in two ways add up whole, as far as they have few sides.
            let apart = edits.count { !$0.isAround }
            if apart > 1 && edits.count > 3 { continue }
            let words: Comment = "SYNC_SEED=\(seed): \(edits.map(\.text)) of \(text)"
            #expect(Set(results.map(\.text)).count == 1, words)
            #expect(Set(results.map { $0.conflict?.sideIDs ?? [] }).count == 1, words)
            #expect(Set(results.map { $0.conflict?.bases ?? [] }).count == 1, words)
            let lines = results[0].text?.split(separator: "\n").map(String.init) ?? []
            for line in edits.flatMap(\.added) {
                let count = lines.count { $0 == line }
                #expect(count > 0, words)
                if edits.allSatisfy(\.isAround) {
                    #expect(count == 1, words)
                    standing += 1
                }
            }
        }
        #expect(standing > Dice.cases / 400, "how many lines were added around conflicts")
    }

    @Test("records that one device damaged and another emptied")
    func damaged() {
        let base = "{\"id\":1}\n{\"id\":2}\n"
        let captures = [
            "", base + "oops\n", base + "{\"id\":3}\n", "{\"id\":1,\"a\":1}\n{\"id\":2}\n",
        ]
        let results = Self.results(Self.history(base, captures, FileRule(.memory)))
        for result in results {
            #expect(
                Set(result.text?.split(separator: "\n") ?? [])
                    == ["{\"id\":1,\"a\":1}", "oops", "{\"id\":3}"])
        }
    }

    @Test("an object without the identity that the others have changes nothing for them")
    func identities() {
        let base = "{\"uuid\":1,\"n\":1}\n{\"uuid\":2,\"n\":1}\n"
        let captures = [
            "{\"uuid\":1,\"n\":2}\n{\"uuid\":2,\"n\":1}\n",
            "{\"uuid\":1,\"n\":1,\"m\":3}\n{\"uuid\":2,\"n\":1}\n",
            base + "{\"summary\":\"two\"}\n",
        ]
        for result in Self.results(Self.history(base, captures, FileRule(.memory))) {
            #expect(
                SmallRecords.meanings(result.content)
                    == SmallRecords.meanings(
                        Array(
                            """
                            {"uuid":1,"n":2,"m":3}
                            {"uuid":2,"n":1}
                            {"summary":"two"}

                            """.utf8)))
        }
    }

    @Test("an emptied file of records is still one when a third device has it")
    func emptied() {
        let base = #"{"of":[{"x":1},{"x":2}],"v":1}"#
        let captures = [
            #"{"of":[{"x":1}],"v":1}"#, #"{"of":[{"x":2}],"v":1}"#, #"{"of":[{"x":2}],"v":2}"#,
        ]
        for result in Self.results(Self.history(base, captures, FileRule(.memory))) {
            #expect(result.text == #"{"of":[],"v":2}"#)
        }
    }

    @Test("blocks of Markdown that would run together are merged as a text")
    func blocks() {
        func block(_ id: Int, _ text: String) -> String { "---\nid: \(id)\n---\n\(text)\n" }
        // As a text of its own this ends in a line that opens a header, were one to follow.
        let open = block(1, "first\n\n---\nid: 9")
        let result = merge(
            block(1, "first") + "\n" + block(2, "x"), open + "\n" + block(2, "x"),
            open + "\n" + block(2, "x") + "\n" + block(3, "y"), as: FileRule(.memory))
        #expect(result.text?.contains("id: 9") == true && result.text?.contains("id: 3") == true)
    }

    @Test("leaves that do not make up the side are not used: an edit of the merge counts whole")
    func edited() {
        let base = Array("a\n1\nb\n2\nc\n".utf8)
        func leaf(_ text: String, _ at: Int64) -> CapturedContent {
            CapturedContent(content: Array(text.utf8), stamp: stamp(at))
        }
        let edited = ContentSide(
            content: Array("A\n1\nb\n2\nMINE\n".utf8), stamp: stamp(30),
            captures: [leaf("A\n1\nb\n2\nc\n", 10), leaf("a\n1\nb\n2\nC\n", 20)])
        let result = ContentMerge.merge(
            base: base, edited, side("a\n1\nB\n2\nc\n", at: 40), as: FileRule(.document))
        #expect(result.isClean)
        #expect(result.text == "A\n1\nB\n2\nMINE\n")
    }
}
