import SyncMerge
import SyncModel
import SyncTestKit
import Testing

/// One row of the rules for trees: base, an earlier and a later side, what must come out.
struct TreeCase: Sendable, CustomTestStringConvertible {
    let name: String
    let base: [String: String]?
    let earlier: [String: String]
    let later: [String: String]
    let merged: [String: String]
    var losses: [MergeLoss.Kind] = []

    var testDescription: String { name }
}

@Suite("Merging trees, for every type of file")
struct TreeMergeTests {
    static let table: [TreeCase] = [
        TreeCase(
            name: "one side changed: it is taken", base: ["a": "0", "b": "0"],
            earlier: ["a": "1", "b": "0"], later: ["a": "0", "b": "0", "c": "2"],
            merged: ["a": "1", "b": "0", "c": "2"]),
        TreeCase(
            name: "both changed alike: no question", base: ["a": "0"], earlier: ["a": "1"],
            later: ["a": "1"], merged: ["a": "1"]),
        TreeCase(
            name: "both changed: the later write wins", base: ["a": "0"], earlier: ["a": "1"],
            later: ["a": "2"], merged: ["a": "2"], losses: [.content]),
        TreeCase(
            name: "both added: the later wins", base: [:], earlier: ["a": "1"], later: ["a": "2"],
            merged: ["a": "2"], losses: [.addAdd]),
        TreeCase(
            name: "unrelated histories: the union", base: nil, earlier: ["a": "1", "s": "="],
            later: ["b": "2", "s": "="], merged: ["a": "1", "b": "2", "s": "="]),
        TreeCase(
            name: "one deleted: deleted", base: ["a": "0", "b": "0"], earlier: ["b": "0"],
            later: ["a": "0", "b": "1"], merged: ["b": "1"]),
        TreeCase(
            name: "edited and deleted: the edit stays, the deletion is listed", base: ["a": "0"],
            earlier: ["a": "1"], later: [:], merged: ["a": "1"], losses: [.deleteModify]),
        TreeCase(
            name: "deleted and edited: the edit stays", base: ["a": "0"], earlier: [:],
            later: ["a": "2"], merged: ["a": "2"], losses: [.deleteModify]),
        TreeCase(
            name: "renamed here, edited there: the edit lands at the new name",
            base: ["a": "text"], earlier: ["b": "text"], later: ["a": "text!"],
            merged: ["b": "text!"]),
        TreeCase(
            name: "edited here, renamed there", base: ["a": "text"], earlier: ["a": "text!"],
            later: ["d/b": "text"], merged: ["d/b": "text!"]),
        TreeCase(
            name: "renamed twice: the later names it", base: ["a": "text"],
            earlier: ["b": "text"], later: ["c": "text"], merged: ["c": "text"]),
        TreeCase(
            name: "renamed alike: one file", base: ["a": "text"], earlier: ["b": "text"],
            later: ["b": "text"], merged: ["b": "text"]),
        TreeCase(
            name: "renamed and deleted: the rename is an addition, it stays",
            base: ["a": "text"], earlier: ["b": "text"], later: [:], merged: ["b": "text"]),
        TreeCase(
            name: "two contents of one text are no rename: nothing is guessed",
            base: ["a": "text", "b": "text"], earlier: ["c": "text", "d": "text"],
            later: ["a": "text!", "b": "text"], merged: ["a": "text!", "c": "text", "d": "text"],
            losses: [.deleteModify]),
        TreeCase(
            name: "empty files are never followed as renames", base: ["a": ""],
            earlier: ["b": ""], later: ["a": "1"], merged: ["a": "1", "b": ""],
            losses: [.deleteModify]),
        TreeCase(
            name: "the executable bit merges on its own", base: ["a": "0"],
            earlier: ["a": "exec:0"], later: ["a": "1"], merged: ["a": "exec:1"]),
        TreeCase(
            name: "a bit taken away and an edit", base: ["a": "exec:0"], earlier: ["a": "exec:1"],
            later: ["a": "0"], merged: ["a": "1"]),
        TreeCase(
            name: "a link against a link: the later wins, the other is copied",
            base: ["a": "link:x"], earlier: ["a": "link:y"], later: ["a": "link:z"],
            merged: ["a": "link:z", "a.#": "link:y"], losses: [.typeChange]),
        TreeCase(
            name: "a file against a link: the later wins, the other is copied",
            base: ["a.md": "0"], earlier: ["a.md": "1"], later: ["a.md": "link:z"],
            merged: ["a.md": "link:z", "a.#.md": "1"], losses: [.typeChange]),
        TreeCase(
            name: "a directory keeps its name, the file becomes a conflict copy", base: [:],
            earlier: ["d": "file"], later: ["d/x": "1"], merged: ["d.#": "file", "d/x": "1"],
            losses: [.typeChange]),
        TreeCase(
            name: "a directory replaced by a file while a file in it is edited",
            base: ["d/x": "0", "d/y": "0"], earlier: ["d": "file"],
            later: ["d/x": "1", "d/y": "0"], merged: ["d.#": "file", "d/x": "1"],
            losses: [.typeChange, .deleteModify]),
        TreeCase(
            name: "names that differ in case only: one becomes a conflict copy", base: [:],
            earlier: ["README.md": "1"], later: ["Readme.md": "2"],
            merged: ["README.md": "1", "Readme.#.md": "2"], losses: [.caseClash]),
        TreeCase(
            name: "names that are one after composition", base: [:],
            earlier: ["caf\u{e9}": "1"], later: ["cafe\u{301}": "2"],
            merged: ["cafe\u{301}": "2", "caf\u{e9}.#": "1"], losses: [.caseClash]),
        TreeCase(
            name: "twins that both had, each edited on one side, stay", base: ["M": "1", "m": "2"],
            earlier: ["M": "1a", "m": "2"], later: ["M": "1", "m": "2b"],
            merged: ["M": "1a", "m": "2b"]),
        TreeCase(
            name: "a twin that one side put beside the other on purpose stays",
            base: ["README": "1"], earlier: ["README": "1", "Readme": "2"],
            later: ["README": "3"], merged: ["README": "3", "Readme": "2"]),
        TreeCase(
            name: "one of the names came by a rename that was followed", base: ["a.md": "text"],
            earlier: ["b.md": "text"], later: ["a.md": "text!", "B.md": "2"],
            merged: ["B.md": "2", "b.#.md": "text!"], losses: [.caseClash]),
        TreeCase(
            name: "a name written anew in another case, and the old one edited: new twins",
            base: ["Make": "1"], earlier: ["make": "2"], later: ["Make": "1!"],
            merged: ["Make": "1!", "make.#": "2"], losses: [.deleteModify, .caseClash]),
        TreeCase(
            name: "one side's own two cases are its own business", base: [:],
            earlier: ["A": "1", "a": "2"], later: ["b": "3"],
            merged: ["A": "1", "a": "2", "b": "3"]),
    ]

    static let directories: [TreeCase] = [
        TreeCase(
            name: "an empty directory comes", base: ["a": "0"], earlier: ["a": "0", "d/e": "dir:"],
            later: ["a": "1"], merged: ["a": "1", "d/e": "dir:"]),
        TreeCase(
            name: "and goes", base: ["a": "0", "d": "dir:"], earlier: ["a": "0"],
            later: ["a": "1", "d": "dir:"], merged: ["a": "1"]),
        TreeCase(
            name: "gone here, filled there", base: ["d": "dir:"], earlier: [:],
            later: ["d/x": "1"], merged: ["d/x": "1"]),
        TreeCase(
            name: "filled on both sides", base: ["d": "dir:"], earlier: ["d/x": "1"],
            later: ["d/y": "1"], merged: ["d/x": "1", "d/y": "1"]),
        TreeCase(
            name: "emptied here, edited there", base: ["d/x": "0"], earlier: ["d": "dir:"],
            later: ["d/x": "1"], merged: ["d/x": "1"], losses: [.deleteModify]),
        TreeCase(
            name: "edited here, emptied there", base: ["d/x": "0"], earlier: ["d/x": "1"],
            later: ["d": "dir:"], merged: ["d/x": "1"], losses: [.deleteModify]),
        TreeCase(
            name: "emptied here, one more there", base: ["d/x": "0"], earlier: ["d": "dir:"],
            later: ["d/x": "0", "d/y": "1"], merged: ["d/y": "1"]),
        TreeCase(
            name: "emptied here, gone there", base: ["d/x": "0"], earlier: ["d": "dir:"],
            later: [:], merged: ["d": "dir:"]),
        TreeCase(
            name: "emptied on both sides", base: ["d/x": "0"], earlier: ["d": "dir:"],
            later: ["d": "dir:"], merged: ["d": "dir:"]),
        TreeCase(
            name: "an empty directory keeps its name against a file", base: [:],
            earlier: ["n": "dir:"], later: ["n": "1"], merged: ["n": "dir:", "n.#": "1"],
            losses: [.typeChange]),
        TreeCase(
            name: "also where the file was edited", base: ["n": "0"], earlier: ["n": "1"],
            later: ["n": "dir:"], merged: ["n": "dir:", "n.#": "1"], losses: [.typeChange]),
        TreeCase(
            name: "and against a link", base: [:], earlier: ["n": "link:x"],
            later: ["n": "dir:"], merged: ["n": "dir:", "n.#": "link:x"], losses: [.typeChange]),
        TreeCase(
            name: "a file in place of an empty directory", base: ["n": "dir:", "a": "0"],
            earlier: ["n": "1", "a": "0"], later: ["n": "dir:", "a": "1"],
            merged: ["n": "1", "a": "1"]),
        TreeCase(
            name: "two files in place of an empty directory are two additions",
            base: ["n": "dir:"], earlier: ["n": "1"], later: ["n": "2"], merged: ["n": "2"],
            losses: [.addAdd]),
        TreeCase(
            name: "a file in place of an empty directory, and files in it", base: ["n": "dir:"],
            earlier: ["n": "1"], later: ["n/x": "2"], merged: ["n.#": "1", "n/x": "2"],
            losses: [.typeChange]),
        TreeCase(
            name: "a file where the other side has an empty directory deeper", base: [:],
            earlier: ["n": "1"], later: ["n/e": "dir:"], merged: ["n.#": "1", "n/e": "dir:"],
            losses: [.typeChange]),
        TreeCase(
            name: "a file moved out of a directory that stays, and edited", base: ["d/x": "text"],
            earlier: ["d": "dir:", "x": "text"], later: ["d/x": "text!"],
            merged: ["d": "dir:", "x": "text!"]),
        TreeCase(
            name: "empty directories whose names differ in case stand", base: [:],
            earlier: ["d": "dir:"], later: ["D": "dir:"], merged: ["d": "dir:", "D": "dir:"]),
        TreeCase(
            name: "a file gives way to one", base: [:], earlier: ["d": "dir:"],
            later: ["D": "1"], merged: ["d": "dir:", "D.#": "1"], losses: [.caseClash]),
        TreeCase(
            name: "whichever comes first", base: [:], earlier: ["d": "1"],
            later: ["D": "dir:"], merged: ["d.#": "1", "D": "dir:"], losses: [.caseClash]),
    ]

    @Test("each row of the rules", arguments: table + directories)
    func row(_ row: TreeCase) throws {
        let history = SmallHistory()
        let base = try row.base.map { try history.commit($0, time: 1_000) }
        let parents = base.map { [$0] } ?? []
        let earlier = try history.commit(row.earlier, on: parents, time: 2_000, device: "a")
        let later = try history.commit(row.later, on: parents, time: 3_000, device: "b")
        let merged = try history.merge(base: base, earlier, later)
        #expect(merged.files == row.merged)
        #expect(merged.losses.map(\.kind) == row.losses)
        let swapped = try history.merge(base: base, later, earlier)
        #expect(swapped.files == row.merged, "the order of the sides must not matter")
    }

    @Test("a new conflict copy stands although both sides deleted the one of before")
    func copyAgain() throws {
        for name in ["a", "a.md"] {
            let history = SmallHistory()
            let path = try #require(TreePath(name))
            let before = ConflictCopy.paths(for: path, blob: ObjectID(hashing: [0x79], as: .blob))[
                0]
            let base = try history.commit([name: "0", before.text: "link:y"], time: 1_000)
            let one = try history.commit([name: "link:y"], on: [base], time: 2_000, device: "a")
            let two = try history.commit([name: "link:z"], on: [base], time: 3_000, device: "b")
            let merged = try history.merge(base: base, one, two)
            let copy = name.replacing("a", with: "a.#", maxReplacements: 1)
            #expect(merged.files == [name: "link:z", copy: "link:y"])
        }
    }

    @Test("a conflict copy's name fits in 255 bytes and keeps its extension")
    func copyNames() throws {
        let blob = ObjectID(hashing: [1], as: .blob)
        let long = try #require(TreePath("d/" + String(repeating: "n", count: 252) + ".md"))
        let copy = ConflictCopy.paths(for: long, blob: blob)[0]
        #expect(copy.name.count == 255)
        #expect(copy.text.hasSuffix(".conflict-\(blob.short).md"))
        let hidden = try #require(TreePath(".profile"))
        #expect(
            ConflictCopy.paths(for: hidden, blob: blob)[0].text == ".profile.conflict-\(blob.short)"
        )
    }

    @Test("random trees merge to the same tree whichever side comes first")
    func symmetric() throws {
        let seed = SeededRandom.seed
        var random = SeededRandom(seed: seed)
        let names = ["a", "b", "d", "d/x", "d/y", "A", "e/f/g", "e/f"]
        func scene(from base: [String: String]) -> [String: String] {
            var files = base
            for _ in 0..<(1 + random.below(4)) {
                let name = names[random.below(names.count)]
                for other in files.keys
                where other != name && (other.hasPrefix(name + "/") || name.hasPrefix(other + "/"))
                {
                    files[other] = nil
                }
                let kind = ["", "", "exec:", "link:"][random.below(4)]
                files[name] = random.oneIn(4) ? nil : kind + String(random.below(4))
                if random.oneIn(6) { files[name] = "dir:" }
            }
            return files
        }
        for round in 0..<3_000 {
            let history = SmallHistory()
            let start = scene(from: [:])
            let base = try history.commit(start, time: 1_000)
            let a = try history.commit(scene(from: start), on: [base], time: 2_000, device: "a")
            let b = try history.commit(
                scene(from: start), on: [base], time: random.oneIn(3) ? 2_000 : 3_000, device: "b")
            let one = try history.merge(base: base, a, b)
            let other = try history.merge(base: base, b, a)
            #expect(one.files == other.files, "seed \(seed), round \(round)")
            #expect(Set(one.losses) == Set(other.losses), "seed \(seed), round \(round)")
        }
    }
}
