import SyncTestKit
import Testing

@testable import SyncMerge

@Suite("Paragraphs on one line")
struct SentenceTests {
    static let paragraph =
        "The first one is here. The second one follows it. A third ends the thought."

    static func edited(_ edits: [String: String], _ text: String = paragraph) -> String {
        edits.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }

    @Test(
        "edits of different sentences join",
        arguments: [
            (["first": "1st"], ["third": "3rd"]), (["first": "1st"], ["second": "2nd"]),
            (["The first one is here. ": ""], ["third": "3rd"]),
            (["second": "2nd"], [" A third ends the thought.": ""]),
            (["A third": "But wait. A third"], ["first": "1st"]),
        ])
    func join(early: [String: String], late: [String: String]) {
        for frame in ["%\n", "# T\n\n%\n\nEnd.\n", "- one\n- %\n- two\n", "%"] {
            func text(_ edits: [String: String]) -> String {
                frame.replacing("%", with: Self.edited(edits))
            }
            let result = merge(text([:]), text(early), text(late), as: FileRule(.document))
            #expect(result.conflict == nil, "\(early) \(late)")
            let both = frame.replacing("%", with: Self.edited(late, Self.edited(early)))
            #expect(result.text == both)
        }
    }

    @Test(
        "one sentence edited twice, or what is no paragraph, stays a conflict",
        arguments: [
            (paragraph, "first", "here"),
            ("| a. B | c. D |", "a", "c"), ("```\nOne thing. Other thing.\n```", "One", "Other"),
            ("    One thing. Other thing.", "One", "Other"),
            ("It was e.g. a thing.", "It", "thing"),
            ("A wrapped one. It goes\non in the next line. End.", "wrapped", "next"),
        ])
    func conflict(text: String, one: String, other: String) {
        let result = merge(
            text + "\n", text.replacing(one, with: "ONE") + "\n",
            text.replacing(other, with: "OTHER") + "\n", as: FileRule(.document))
        #expect(result.conflict != nil, "\(result.text ?? "")")
    }

    @Test(
        "scripts that part no words get no blanks",
        arguments: [
            ("甲甲。乙。丙。", "甲。乙。丙丙。", "甲甲。乙。丙丙。"),
            ("甲！甲。乙。丙。", "甲。乙。丙。丁？", "甲！甲。乙。丙。丁？"),
            // Where the one before parts words, the next is no sentence of its own without one.
            ("甲甲。乙。丙。", "甲。乙。End.", "甲甲。乙。End."),
            ("甲甲。乙。丙。", "甲。乙。丙。 End.", "甲甲。乙。丙。 End."),
        ])
    func withoutBlanks(early: String, late: String, merged: String) {
        let result = merge("甲。乙。丙。\n", early + "\n", late + "\n", as: FileRule(.document))
        #expect(result.conflict == nil)
        #expect(result.text == merged + "\n")
    }

    @Test("by the rules of version 8 they got some")
    func withBlanks() {
        var rule = FileRule(.document)
        rule.version = 8
        let result = merge("甲。乙。丙。\n", "甲甲。乙。丙。\n", "甲。乙。丙丙。\n", as: rule)
        #expect(result.text == "甲甲。 乙。 丙丙。\n")
    }

    @Test("code files merge by line alone")
    func code() {
        var rule = FileRule(.document)
        rule.isProse = false
        let result = merge("One. Two.\n", "1. Two.\n", "One. 2.\n", as: rule)
        #expect(result.conflict != nil)
    }

    @Test(
        "where sentences end",
        arguments: [
            ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
            (
                "He said \u{201c}No.\u{201d} Then he left.",
                ["He said \u{201c}No.\u{201d} ", "Then he left."]
            ),
            ("Dr. Ada saw 3.5 cats. Good.", ["Dr. Ada saw 3.5 cats. ", "Good."]),
            ("1. An item. Its rest.", ["1. An item. ", "Its rest."]),
            ("一つ。二つ。", ["一つ。", "二つ。"]), ("Wait... what. ", ["Wait... what. "]), ("", []),
            ("See a.b/c.D now. Ok", ["See a.b/c.D now. ", "Ok"]),
        ])
    func split(line: String, parts: [String]) {
        let found = Sentences.split(Array(line.utf8)[...])
        #expect(found.map { String(decoding: $0.text + $0.blank, as: UTF8.self) } == parts)
    }

    @Test("random edits: no sentence is lost, none doubled, and both orders agree")
    func random() {
        let seed = Dice.seed
        var dice = Dice(seed)
        var joined = 0
        for number in 0..<3_000 {
            let old = (0..<(2 + dice.below(5))).map { "Sentence \($0) says what it says." }
            var written = 0
            func edit(_ mark: String) -> [String] {
                var new = old
                for _ in 0..<(1 + dice.below(2)) {
                    let at = dice.below(new.count)
                    written += 1
                    switch dice.below(4) {
                    case 0 where new.count > 1: new.remove(at: at)
                    case 1: new.insert("New \(mark)\(written) is here.", at: at)
                    default: new[at] = "Changed \(mark)\(written) it is."
                    }
                }
                return new
            }
            let (one, two) = (edit("a"), edit("b"))
            func line(_ sentences: [String]) -> String { sentences.joined(separator: " ") + "\n" }
            let result = merge(line(old), line(one), line(two), as: FileRule(.document))
            guard result.conflict == nil, let text = result.text else { continue }
            joined += 1
            for sentence in Set(old + one + two) {
                let count = text.ranges(of: sentence).count
                let kept = one.contains(sentence) && two.contains(sentence)
                let isNew = !old.contains(sentence)
                let wanted = isNew || kept ? 1 : 0
                #expect(
                    count == wanted, "\(sentence) in \(text), SYNC_SEED=\(seed), case \(number)")
            }
        }
        #expect(joined > 500)
        print("sentences: \(joined) of 3000 joined, SYNC_SEED=\(seed)")
    }
}
