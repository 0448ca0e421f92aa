import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("What several decide about a conflict in a file without markers")
struct UnmarkedDecisionTests {
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
        if isUnmarked || open.isEmpty { result.text = try history.files(of: tree)["f.txt"] }
        return result
    }

    /// An edit above the conflict, which stays open.
    private static let above = "+"
    /// An edit of another file.
    private static let nothing = "="

    /// The devices each change one line, meet, and each decide; what came of it in every order.
    private func decided(_ choices: [String], isUnmarked: Bool) throws -> Set<Standing> {
        let rules = attributes(isUnmarked)
        let base = try history.commit(rules.merging(["f.txt": "1\n2\n3\n"]) { $1 }, time: 1_000)
        let devices = Array(["ada", "bob", "cyd", "dan"].prefix(choices.count))
        let edits = try devices.enumerated().map { index, device in
            try history.commit(
                rules.merging(["f.txt": "1\n\(device)\n3\n"]) { $1 }, on: [base],
                time: 2_000 + Int64(index), device: device)
        }
        let open = try edits.dropFirst().reduce(edits[0], merge)
        #expect(try standing(at: open, isUnmarked: isUnmarked).sides.count == devices.count)
        let decisions = try zip(devices, choices).enumerated().map { index, made in
            var files = try history.files(of: history.repository.commit(open).tree)
            if made.1 == Self.above {
                files["f.txt"] = "0\n" + (files["f.txt"] ?? "")
            } else if made.1 == Self.nothing {
                files["other.txt"] = "o\n"
            } else {
                files = rules.merging(["f.txt": "1\n\(made.1)\n3\n"]) { $1 }
            }
            return try history.commit(
                files, on: [open], time: 3_000 + Int64(index), device: made.0)
        }
        var found: Set<Standing> = []
        for order in [[0, 1, 2, 3], [0, 2, 1, 3], [1, 2, 0, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
            let order = order.filter { $0 < devices.count }
            let merged = try order.dropFirst().reduce(decisions[order[0]]) {
                try merge($0, decisions[$1])
            }
            found.insert(try standing(at: merged, isUnmarked: isUnmarked))
        }
        return found
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
