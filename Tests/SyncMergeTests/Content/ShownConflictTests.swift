import SyncModel
import Testing

@testable import SyncMerge

/// A conflict that its file shows without markers is resolved after somebody worked on in the file.
@Suite struct ShownConflictTests {
    private static let base = "k1: 1\nk2: 2\nk3: 3\nk4: 4\nk5: 5\n"
    private static let path = TreePath("c.yaml")
    private static let choices = [ConflictChoice.side(0), .side(1), .base, .both]
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
}
