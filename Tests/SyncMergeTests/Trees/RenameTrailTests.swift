import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("A rename is followed commit by commit")
struct RenameTrailTests {
    private let history = SmallHistory()

    /// Merges what two sides made of one file.
    private func merged(
        _ one: [[String: String]], _ other: [[String: String]]
    ) throws -> [String: String] {
        let base = try history.commit(["old.md": "text", "n.md": "n"], time: 1)
        var tips = [base, base]
        for (side, steps) in [one, other].enumerated() {
            for (number, files) in steps.enumerated() {
                tips[side] = try history.commit(
                    files, on: [tips[side]], time: Int64(10 * (number + 1) + side),
                    device: side == 0 ? "maple" : "linden")
            }
        }
        let forward = try history.merge(base: base, tips[0], tips[1]).files
        #expect(try history.merge(base: base, tips[1], tips[0]).files == forward)
        return forward
    }

    @Test("renamed, then edited: the other side's edit lands at the new name")
    func renamedAndEdited() throws {
        let files = try merged(
            [["new.md": "text", "n.md": "n"], ["new.md": "mine", "n.md": "n"]],
            [["old.md": "theirs", "n.md": "n"]])
        #expect(files == ["new.md": "mine", "n.md": "n"])
    }

    @Test("renamed twice, then edited")
    func twice() throws {
        let files = try merged(
            [
                ["new.md": "text", "n.md": "n"], ["newer.md": "text", "n.md": "n"],
                ["newer.md": "mine", "n.md": "n"],
            ], [["old.md": "theirs", "n.md": "n"]])
        #expect(files == ["newer.md": "mine", "n.md": "n"])
    }

    @Test("edited and then renamed is another file's rename, and known as well")
    func editedFirst() throws {
        let files = try merged(
            [["old.md": "mine", "n.md": "n"], ["new.md": "mine", "n.md": "n"]],
            [["old.md": "theirs", "n.md": "n"]])
        #expect(files == ["new.md": "mine", "n.md": "n"])
    }

    @Test("deleted and another added is no rename: the edit stays")
    func deleted() throws {
        let files = try merged(
            [["new.md": "another", "n.md": "n"]], [["old.md": "theirs", "n.md": "n"]])
        #expect(files == ["new.md": "another", "old.md": "theirs", "n.md": "n"])
    }
}

/// Names that were given up, and what came to have them.
@Suite("A name that is free again leads to no other file")
struct FreedNameTests {
    private let history = SmallHistory()

    /// Merges what a device made step by step with what another made at once.
    private func merged(
        _ before: [String: String], _ steps: [[String: String]], _ other: [String: String]
    ) throws -> (files: [String: String], kinds: [String]) {
        let base = try history.commit(before, time: 1)
        var tip = base
        for (number, files) in steps.enumerated() {
            tip = try history.commit(files, on: [tip], time: Int64(10 * (number + 1)))
        }
        let far = try history.commit(other, on: [base], time: 15, device: "linden")
        let forward = try history.merge(base: base, tip, far)
        let backward = try history.merge(base: base, far, tip)
        #expect(backward.files == forward.files)
        #expect(backward.losses == forward.losses)
        return (forward.files, forward.losses.map { "\($0.path.text) \($0.kind.rawValue)" })
    }

    @Test(
        "a file whose name another took is not that one",
        arguments: [
            // Deleted first, or replaced at once.
            [["draft": "B", "final": "A"], ["draft": "B"], ["final": "B"], ["final": "B!"]],
            [["draft": "B", "final": "A"], ["final": "B"], ["final": "B!"]],
        ])
    func taken(steps: [[String: String]]) throws {
        let (files, kinds) = try merged(
            ["report": "A", "draft": "B"], steps, ["report": "A!", "draft": "B"])
        #expect(files == ["final": "B!", "report": "A!"])
        #expect(kinds == ["report delete-modify"])
    }

    @Test("a file that came to a name which was free, and went on, is not the one of before")
    func another() throws {
        let (files, _) = try merged(
            ["report": "A"],
            [
                ["final": "A"], ["final": "A+"], ["final": "A+", "report": "N"],
                ["final": "A+", "other": "N"],
            ], ["report": "A!"])
        #expect(files == ["final": "A+", "other": "N"])
    }

    @Test("a path that still stands was not renamed")
    func standing() throws {
        let steps = [["b": "A", "c": "C"], ["b": "A", "a": "X", "c": "C"], ["b": "A", "a": "X"]]
        let (files, kinds) = try merged(
            ["a": "A", "c": "C"], steps, ["a": "A!", "c": "C!"])
        #expect(files == ["a": "X", "b": "A", "c": "C!"])
        #expect(kinds == ["a content", "c delete-modify"])
    }
}
