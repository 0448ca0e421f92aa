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
