import SyncModel
import SyncTestKit
import Testing

@testable import SyncMerge

/// A conflict that its file shows without markers is resolved after somebody worked on in the file.
@Suite struct ShownConflictTests {
    private static let base = "k1: 1\nk2: 2\nk3: 3\nk4: 4\nk5: 5\n"
    private static let path = TreePath("c.yaml")
    private static let choices = [
        ConflictChoice.ours(of: "laptop"), .theirs(of: "laptop"), .base, .both,
    ]
    private let quiet = FileRule(.document, writesMarkers: false)

    /// What each choice leaves of an edited file.
    private func resolved(
        _ base: String, _ early: String, _ late: String, edited: String,
        as rule: FileRule, then later: FileRule? = nil
    ) throws -> [String?] {
        let merged = merge(base, early, late, as: rule, path: Self.path)
        let terms = try #require(merged.conflict)
        return Self.choices.map { choice in
            ContentMerge.resolved(
                Array(edited.utf8), terms, as: later ?? rule, path: Self.path, by: choice
            ).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test(
        "what was edited since stays, whatever is chosen",
        arguments: [
            "k1: 1\nk2: 2\nk3: A\nk4: 4\nk5: 5\n",
            "k1: edited\nk2: 2\nk3: A\nk4: 4\nk5: 5\nlater: 1\n",
            "k1: 1\nk2: edited\nk3: A\nk4: edited\nk5: 5\n",
            "k1: 1\nk2: 2\nnew: 1\nk3: A\nk4: 4\nk5: 5\n",
            "k1: 1\nk2: 2\nk3: A\nnew: 1\nk4: 4\nk5: 5\n",
            "k1: 1\nk3: A\n",
            // The lines that disagree were edited themselves.
            "k1: 1\nk2: 2\nk3: by hand\nk4: edited\nk5: 5\n",
            "k1: 1\nk2: 2\nnew: 1\nk3: by hand\nk4: 4\nk5: 5\n",
            "k1: 1\nk2: 2\nk3: by hand\nnew: 1\nother: 2\nk4: 4\nk5: 5\n",
        ])
    func edits(edited: String) throws {
        let found = try resolved(
            Self.base, Self.base.replacing("k3: 3", with: "k3: A"),
            Self.base.replacing("k3: 3", with: "k3: B"), edited: edited, as: quiet)
        let own = edited.contains("k3: A") ? "k3: A" : "k3: by hand"
        let others = ["k3: B", "k3: 3", "\(own)\nk3: B"]
        #expect(found == [edited] + others.map { edited.replacing(own, with: $0) })
    }

    @Test("a file that both made, and a line that the file's side deleted")
    func withoutLines() throws {
        let made = try resolved(
            "", "x: A\n", "x: B\n", edited: "x: A\nlater: 1\n", as: quiet)
        #expect(
            made == [
                "x: A\nlater: 1\n", "x: B\nlater: 1\n", "later: 1\n", "x: A\nx: B\nlater: 1\n",
            ])
        let gone = try resolved(
            "a\nb\nc\n", "a\nc\n", "a\nB\nc\n", edited: "a\nc\nlater\n", as: quiet)
        #expect(
            gone == [
                "a\nc\nlater\n", "a\nB\nc\nlater\n", "a\nb\nc\nlater\n", "a\nB\nc\nlater\n",
            ])
    }

    @Test("line ends and front matter are as the file has them by now")
    func form() throws {
        let ends = try resolved(
            "a: 1\nb: 1\n", "a: 2\nb: 1\n", "a: 3\nb: 1\n", edited: "a: 2\r\nb: new", as: quiet)
        #expect(
            ends == [
                "a: 2\r\nb: new", "a: 3\r\nb: new", "a: 1\r\nb: new", "a: 2\r\na: 3\r\nb: new",
            ])
        func text(_ title: Int, _ tag: Int, _ line: String) -> String {
            "---\ntitle: \(title)\ntag: \(tag)\n---\n\nfirst\n\(line)\n"
        }
        let head = try resolved(
            text(1, 1, "b"), text(2, 1, "X"), text(1, 2, "Y"), edited: text(9, 2, "X"), as: quiet)
        #expect(head == ["X", "Y", "b", "X\nY"].map { text(9, 2, $0) })
    }

    @Test(
        "whether markers are in the file it says itself, whatever rule was set since",
        arguments: [true, false], [true, false])
    func rules(wroteMarkers: Bool, writesMarkers: Bool) throws {
        let rule = FileRule(.document, writesMarkers: wroteMarkers)
        let (one, two) = ("k1: 1\nk2: A\nk3: 3\n", "k1: 1\nk2: B\nk3: 3\n")
        let text = try #require(
            merge("k1: 1\nk2: 2\nk3: 3\n", one, two, as: rule, path: Self.path).text)
        #expect(text.contains("<<<<<<<") == wroteMarkers)
        let found = try resolved(
            "k1: 1\nk2: 2\nk3: 3\n", one, two, edited: text.replacing("k3: 3", with: "k3: new"),
            as: rule, then: FileRule(.document, writesMarkers: writesMarkers))
        #expect(
            found == ["A", "B", "2", "A\nk2: B"].map { "k1: 1\nk2: \($0)\nk3: new\n" })
    }

    /// A conflict that nobody resolved, with markers or without them.
    private struct Open {
        let rule: FileRule
        let content: String
        let terms: ConflictTerms

        init(_ base: String, as rule: FileRule) throws {
            self.rule = rule
            let merged = merge(
                base, base.replacing("k3: 3", with: "k3: A"),
                base.replacing("k3: 3", with: "k3: B"), as: rule, path: ShownConflictTests.path)
            content = try #require(merged.text)
            terms = try #require(merged.conflict)
        }

        /// What two devices make of it.
        /// - Parameter edits: each device's: a text and what stands in its place, or the number of
        ///   the side that it takes.
        func merged(_ edits: [[(String, String)]], taking choices: [Int?]) throws -> ContentResult {
            var sides: [ContentSide] = []
            for (number, device) in ["laptop", "phone"].enumerated() {
                var text = content
                for (old, new) in edits[number] { text = text.replacing(old, with: new) }
                var terms: ConflictTerms? = terms
                if let choice = choices[number], let open = terms {
                    let taken = try #require(
                        ContentMerge.resolved(
                            Array(text.utf8), open, as: rule, path: ShownConflictTests.path,
                            by: choice == 0 ? .ours(of: "laptop") : .theirs(of: "laptop")))
                    text = String(decoding: taken, as: UTF8.self)
                    terms = nil
                }
                sides.append(
                    ContentSide(
                        content: Array(text.utf8), stamp: stamp(3000 + Int64(number), device, text),
                        terms: terms))
            }
            return ContentMerge.merge(
                base: Array(content.utf8), sides[0], sides[1], as: rule,
                path: ShownConflictTests.path, baseTerms: terms)
        }
    }

    @Test("what devices make of it comes to what it comes to with markers", arguments: 0..<400)
    func secondRound(seed: UInt64) throws {
        let base = (1...9).map { "k\($0): \($0)\n" }.joined()
        let open = [try Open(base, as: quiet), try Open(base, as: FileRule(.document))]
        var dice = Dice(seed: seed)
        var edits: [[(String, String)]] = []
        var choices: [Int?] = []
        for device in ["l", "p"] {
            edits.append(
                [
                    ("k1: 1", "k1: \(device)"), ("k3: A", "k3: \(device)"), ("k6: 6\n", ""),
                    ("k7: 7\n", "k7: 7\nnew: \(device)\n"), ("k9: 9\n", "k9: 9\nend: same\n"),
                ].filter { _ in dice.below(3) == 0 })
            choices.append(dice.below(4) == 0 ? dice.below(2) : nil)
        }
        let results = try open.map { try $0.merged(edits, taking: choices) }
        let found = results.map { result in
            result.conflict.map { terms in
                terms.sides.map { side in
                    "\(side.stamp.device): " + String(decoding: side.content ?? [], as: UTF8.self)
                }.sorted()
            } ?? [result.text ?? ""]
        }
        #expect(found[0] == found[1], "\(edits), \(choices)")
        #expect(results[0].text?.contains("<<<<<<<") == false)
    }

    @Test("the text that is shown stays, and each side that of its device, however often all edit")
    func stays() throws {
        let open = try Open(Self.base, as: quiet)
        let elsewhere = try open.merged(
            [[("k1: 1", "k1: l")], [("k5: 5", "k5: p")]], taking: [nil, nil])
        #expect(elsewhere.text == "k1: l\nk2: 2\nk3: A\nk4: 4\nk5: p\n")
        #expect(elsewhere.conflict?.sides.map(\.stamp.device) == ["laptop", "phone"])
        let there = try open.merged(
            [[("k3: A", "k3: l")], [("k3: A", "k3: p")]], taking: [nil, nil])
        #expect(there.text == Self.base.replacing("k3: 3", with: "k3: l"))
        let sides = try #require(there.conflict).sides.map { side in
            let lines = String(decoding: side.content ?? [], as: UTF8.self).split(separator: "\n")
            return "\(side.stamp.device) \(lines[2])"
        }
        #expect(sides == ["laptop k3: l", "phone k3: p", "phone k3: B"])
        let opposite = try open.merged([[], []], taking: [0, 1])
        #expect(opposite.conflict?.sides.map(\.stamp.device) == ["laptop", "phone"])
    }
}
