import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("What several decide about one conflict")
struct SeveralDecisionsTests {
    private let history = SmallHistory()

    /// What came of a merge: the file, and who says what in its conflict.
    private struct Standing: Hashable {
        var text: String?
        var sides: [String] = []
    }

    private func attributes(_ isUnmarked: Bool) -> [String: String] {
        [".gitattributes": isUnmarked ? "*.txt sync-markers=off\n" : "\n"]
    }

    private func merge(_ one: ObjectID, _ two: ObjectID) throws -> ObjectID {
        let made = try CommitMerge(history.repository).merge(one, two).commit
        let again = try CommitMerge(history.repository).merge(two, one).commit
        #expect(made == again)
        return made
    }

    private func standing(at commit: ObjectID, isUnmarked: Bool) throws -> Standing {
        let tree = try history.repository.commit(commit).tree
        let open = try ConflictList(of: tree, reading: history.repository).records
        #expect(open.count <= 1)
        var result = Standing()
        if let terms = try open.first?.terms(reading: history.repository) {
            result.sides = terms.sides.map {
                "\($0.stamp.device): " + String(decoding: $0.content ?? [], as: UTF8.self)
            }
        }
        let files = try history.files(of: tree).filter { $0.key.hasSuffix("f.txt") }
        #expect(files.count == 1)
        if let record = open.first { #expect(record.path.text == files.first?.key) }
        if isUnmarked || open.isEmpty { result.text = files.first?.value }
        return result
    }

    /// An edit above the conflict, which stays open.
    private static let above = "+"
    /// An edit of another file.
    private static let nothing = "="

    /// The devices each change one line, meet, and each decide; what came of it in every order.
    /// - Parameters:
    ///   - sides: how many of them change the line; the others have no side.
    ///   - directories: to which each renames the file's directory; nil stays.
    private func decided(
        _ choices: [String], isUnmarked: Bool, sides: Int = 4,
        renaming directories: [String?] = [],
        orders: [[Int]] = [
            [0, 1, 2, 3], [0, 2, 1, 3], [1, 2, 0, 3], [3, 2, 1, 0], [1, 3, 0, 2],
        ]
    ) throws -> Set<Standing> {
        let rules = attributes(isUnmarked)
        let file = "d/f.txt"
        let base = try history.commit(rules.merging([file: "1\n2\n3\n"]) { $1 }, time: 1_000)
        let devices = Array(["ada", "bob", "cyd", "dan"].prefix(choices.count))
        let edits = try devices.prefix(sides).enumerated().map { index, device in
            try history.commit(
                rules.merging([file: "1\n\(device)\n3\n"]) { $1 }, on: [base],
                time: 2_000 + Int64(index), device: device)
        }
        let open = try edits.dropFirst().reduce(edits[0], merge)
        #expect(try standing(at: open, isUnmarked: isUnmarked).sides.count == edits.count)
        let record = try #require(
            try ConflictList(
                of: history.repository.commit(open).tree, reading: history.repository
            ).records.first)
        let decisions = try zip(devices, choices).enumerated().map { index, made in
            var files = try history.files(of: history.repository.commit(open).tree)
            var (file, parent) = (file, open)
            let time = 3_000 + 10 * Int64(index)
            if directories.indices.contains(index), let directory = directories[index] {
                // As a capture does it: the file moves, and is changed then.
                let new = "\(directory)/f.txt"
                files[new] = files.removeValue(forKey: file)
                let moved = record.moved(to: try #require(TreePath(new)))
                files[moved.recordPath.text] = String(decoding: moved.rendered, as: UTF8.self)
                parent = try history.commit(files, on: [open], time: time, device: made.0)
                file = new
            }
            if made.1 == Self.above {
                files[file] = "0\n" + (files[file] ?? "")
            } else if made.1 == Self.nothing {
                files["other.txt"] = "o\n"
            } else {
                files = rules.merging([file: "1\n\(made.1)\n3\n"]) { $1 }
            }
            return try history.commit(files, on: [parent], time: time + 1, device: made.0)
        }
        var found: Set<Standing> = []
        for order in orders {
            let order = order.filter { $0 < devices.count }
            let merged = try order.dropFirst().reduce(decisions[order[0]]) {
                try merge($0, decisions[$1])
            }
            found.insert(try standing(at: merged, isUnmarked: isUnmarked))
        }
        return found
    }

    @Test(
        "stands as it would without them, though devices rename the file",
        arguments: [
            ["=", "bob", "+"], ["=", "ada", "cyd"], ["ada", "bob", "cyd"], ["+", "ada", "="],
            ["ada", "=", "="], ["+", "=", "new"], ["ada", "ada", "="], ["+", "=", "="],
            ["new", "bob", "cyd"], ["bob", "bob", "+"],
        ], [false, true])
    func renamed(choices: [String], isUnmarked: Bool) throws {
        // Which device is said to have made a side hangs on who renamed it, and so does which of
        // them an unmarked file shows.
        func texts(_ found: Set<Standing>) -> Set<Standing> {
            Set(
                found.map { standing in
                    let sides = standing.sides.map { String($0.drop { $0 != ":" }) }.sorted()
                    if sides.isEmpty { return Standing(text: standing.text) }
                    let shown = standing.text.map { ": " + $0.replacing("0\n1\n", with: "1\n") }
                    #expect(shown.map(sides.contains) ?? true)
                    return Standing(text: nil, sides: sides)
                })
        }
        let plain = texts(try decided(choices, isUnmarked: isUnmarked))
        #expect(plain.count == 1)
        for directories in [
            ["d2", nil, "d3"], ["d2", nil, "d2"], [nil, "d2", nil], ["d2", "d3", nil],
            ["d2", "d2", "d2"], ["d2", "d3", "d4"],
        ] {
            let renamed = texts(
                try decided(
                    choices, isUnmarked: isUnmarked, renaming: directories,
                    orders: [[0, 1, 2], [0, 2, 1], [1, 2, 0]]))
            #expect(renamed == plain, "\(directories)")
        }
    }

    @Test(
        "stands as in one with markers, also of devices that have no side in it",
        arguments: [
            ["bob", "ada", "new"], ["ada", "=", "new"], ["=", "bob", "new"],
            ["ada", "ada", "new"], ["=", "ada", "bob"], ["+", "=", "ada"],
            ["ada", "ada", "=", "new"], ["new", "=", "ada\nbob"], ["bob", "new", "=", "newer"],
        ])
    func ofOthers(choices: [String]) throws {
        let unmarked = try decided(choices, isUnmarked: true, sides: 2)
        let marked = try decided(choices, isUnmarked: false, sides: 2)
        #expect(marked.count == 1 && unmarked.count == 1)
        #expect(unmarked.first?.sides == marked.first?.sides)
        if marked.first?.sides.isEmpty ?? true { #expect(unmarked == marked) }
    }

    @Test(
        "stands as in one with markers, in any order",
        arguments: [
            ["ada", "bob", "cyd"], ["bob", "cyd", "ada"], ["ada", "ada", "cyd"],
            ["ada", "cyd", "cyd"], ["ada", "ada", "ada"], ["cyd", "ada", "ada"],
            ["ada", "bob", "ada\nbob\ncyd"], ["ada", "bob", "new"], ["new", "ada", "bob"],
            ["2", "ada", "bob"], ["ada", "2", "2"], ["bob", "ada", "2"],
            ["new", "newer", "ada"], ["ada\nbob\ncyd", "ada", "cyd"], ["ada", "+", "cyd"],
            ["+", "ada", "cyd"], ["=", "ada", "bob"], ["ada", "bob", "="], ["+", "ada", "="],
            ["ada", "bob", "cyd", "dan"], ["ada", "dan", "new", "+"], ["=", "bob", "bob", "ada"],
            ["ada", "bob"], ["bob", "ada"], ["ada", "new"], ["+", "ada"],
        ])
    func likeMarked(choices: [String]) throws {
        let unmarked = try decided(choices, isUnmarked: true)
        let marked = try decided(choices, isUnmarked: false)
        #expect(marked.count == 1)
        #expect(unmarked.count == 1)
        let (one, other) = (try #require(unmarked.first), try #require(marked.first))
        #expect(one.sides == other.sides)
        if other.sides.isEmpty { #expect(one.text == other.text) }
        // Only what one of them decided stands there.
        let texts = choices.map { "1\n\($0)\n3\n" }
        let text = try #require(one.text)
        #expect(texts.contains(text) || texts.contains { "0\n" + $0 == text })
    }
}
