import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("Merging commits by the types of their files")
struct MergeByTypeTests {
    private let history = SmallHistory()

    private func merge(
        _ base: [String: String]?, _ earlier: [String: String], _ later: [String: String],
        version: Int = MergeIdentity.version
    ) throws -> (files: [String: String], losses: [MergeLoss]) {
        let parents = try base.map { [try history.commit($0, time: 1_000)] } ?? []
        let one = try history.commit(earlier, on: parents, time: 2_000, device: "a")
        let two = try history.commit(later, on: parents, time: 3_000, device: "b")
        let made = try CommitMerge(history.repository, version: version).merge(two, one)
        let again = try CommitMerge(history.repository, version: version).merge(one, two)
        #expect(made.commit == again.commit)
        let files = try history.files(of: history.repository.commit(made.commit).tree)
        return (files.filter { !$0.key.hasPrefix(".sync/") }, made.losses)
    }

    @Test("two photos added under one name: both stay, unless they are declared simple")
    func photos() throws {
        let kept = try merge([:], ["i.jpg": "\0one"], ["i.jpg": "\0two"])
        #expect(kept.files == ["i.jpg": "\0two", "i.#.jpg": "\0one"])
        #expect(kept.losses.map(\.kind) == [.addAdd])
        #expect(kept.losses.first?.copy != nil)
        let rules = "*.jpg sync=simple\n"
        let declared = try merge(
            [".gitattributes": rules], [".gitattributes": rules, "i.jpg": "\0one"],
            [".gitattributes": rules, "i.jpg": "\0two"])
        #expect(declared.files["i.jpg"] == "\0two")
        #expect(declared.files.count == 2)
        let layout = try merge(
            [:], ["shared/settings/a.bin": "\0one"], ["shared/settings/a.bin": "\0two"])
        #expect(layout.files == ["shared/settings/a.bin": "\0two"])
        let edited = try merge(["i.jpg": "\0"], ["i.jpg": "\0one"], ["i.jpg": "\0two"])
        #expect(edited.files == ["i.jpg": "\0two"])
    }

    @Test("settings that both sides changed: by key, the later value, the other version listed")
    func settings() throws {
        let merged = try merge(
            ["a.json": "{\"x\":1,\"y\":1}"], ["a.json": "{\"x\":2,\"y\":2}"],
            ["a.json": "{\"x\":3,\"y\":1}"])
        #expect(merged.files == ["a.json": "{\"x\":3,\"y\":2}"])
        #expect(merged.losses.map(\.kind) == [.content])
        #expect(merged.losses.first?.copy == nil)
        #expect(merged.losses.first?.type == .data)
    }

    @Test(
        "of memories the version that is not wholly in the file is listed, by name too",
        arguments: ["m.jsonl", "shared/memories/m.jsonl"])
    func memories(name: String) throws {
        let base = "{\"id\":1,\"n\":1}\n{\"id\":2}\n"
        let merged = try merge(
            [name: base], [name: base.replacing("\"n\":1", with: "\"n\":2")],
            [name: base.replacing("\"n\":1", with: "\"n\":3") + "{\"id\":3}\n"])
        #expect(
            merged.files == [name: "{\"id\":1,\"n\":3}\n{\"id\":2}\n{\"id\":3}\n"])
        #expect(merged.losses.map(\.kind) == [.content])
        #expect(merged.losses.first?.copy == nil)
        #expect(merged.losses.first?.loserStamp.device == "a")
        // Deletion against edit, and the other way round: either version lost something.
        let crossed = try merge(
            [name: base], [name: "{\"id\":1,\"n\":2}\n"], [name: "{\"id\":2,\"n\":2}\n"])
        #expect(crossed.files[name]?.split(separator: "\n").count == 2)
        #expect(crossed.losses.map(\.loserStamp.device).sorted() == ["a", "b"])
        let apart = try merge(
            [name: base], [name: "{\"id\":1,\"n\":2}\n{\"id\":2}\n"],
            [name: "{\"id\":1,\"n\":1}\n{\"id\":2,\"n\":2}\n"])
        #expect(apart.losses.isEmpty)
    }

    @Test("by the rules of version 6 the same memories come out, and nothing is listed")
    func memoriesBefore() throws {
        let name = "shared/memories/m.jsonl"
        let sides = (1...3).map { "{\"id\":1,\"n\":\($0)}\n" }
        let before = try merge([name: sides[0]], [name: sides[1]], [name: sides[2]], version: 6)
        let now = try merge([name: sides[0]], [name: sides[1]], [name: sides[2]])
        #expect(before.files == now.files)
        #expect(before.losses.isEmpty)
        #expect(now.losses.count == 1)
    }

    @Test("what a side had at a name before it had a file there is no text of the file")
    func afterDirectory() throws {
        let kept = ["own.md": "1\n", "gone.md": "2\n"]
        let base = try history.commit(kept, time: 1_000)
        let second = try history.commit(
            kept.merging(["a.md": "c\n"]) { $1 }, on: [base], time: 9_000)
        let make = { (before: String, time: Int64) in
            let one = try history.commit(
                kept.merging(["a.md": before]) { $1 }, on: [base], time: time, device: "a")
            return try CommitMerge(history.repository).merge(
                one, history.commit(kept.merging(["b.md": "b\n"]) { $1 }, on: [base], time: 2_500)
            ).commit
        }
        let directory = try make("dir:", 2_000)
        let link = try make("link:own.md", 2_100)
        for former in [directory, link] {
            let one = try history.commit(
                ["own.md": "1 more\n", "a.md": "a\n", "b.md": "b\n"], on: [former], time: 4_000,
                device: "a")
            let made = try CommitMerge(history.repository).merge(one, second).commit
            let files = try history.files(of: history.repository.commit(made).tree)
            #expect(files["own.md"] == "1 more\n")
            #expect(files["gone.md"] == nil)
            #expect(files["a.md"]?.contains("a\n") ?? false)
        }
    }

    @Test("a torn version is kept beside the whole one")
    func torn() throws {
        let merged = try merge(
            ["a.json": "{\"x\":1}"], ["a.json": "{\"x\":2}"], ["a.json": "{\"x\""])
        #expect(merged.files == ["a.json": "{\"x\":2}", "a.#.json": "{\"x\""])
    }

    @Test(
        "of three bases one that has nothing to do with the others hides none",
        arguments: [0, 1, 2])
    func threeBases(unrelated: Int) throws {
        let times: [Int64] = [
            [3_000, 2_000, 4_000], [2_000, 3_000, 4_000], [2_000, 4_000, 3_000],
        ][
            unrelated]
        let root = try history.commit(["f.md": "one\n"], time: 1_000)
        let bases = [
            try history.commit(["f.md": "two\n"], on: [root], time: times[0]),
            try history.commit(["g": "g"], time: times[1]),
            try history.commit(["f.md": "one\n", "h": "h"], on: [root], time: times[2]),
        ]
        let deleted = try history.commit(["g": "g", "h": "h"], on: bases, time: 5_000)
        let kept = try history.commit(
            ["f.md": "two\n", "g": "g", "h": "h", "z": "z"], on: bases, time: 6_000)
        let made = try CommitMerge(history.repository).merge(deleted, kept)
        let files = try history.files(of: history.repository.commit(made.commit).tree)
        #expect(files == ["g": "g", "h": "h", "z": "z"])
        #expect(made.losses.isEmpty)
    }

    @Test("by the rules of before the same commits merge as they did")
    func before() throws {
        let merged = try merge(
            ["a.json": "{\"x\":1}\n", "m": "1", "M": "2", "p.md": "One. Two.\n"],
            ["a.json": "{\"x\":2}\n", "m": "1a", "M": "2", "p.md": "1. Two.\n"],
            ["a.json": "{\"x\":3}\n", "m": "1", "M": "2b", "p.md": "One. 2.\n"], version: 1)
        #expect(merged.files["a.json"]?.contains("<<<<<<<") == true)
        #expect(merged.files["p.md"]?.contains("<<<<<<<") == true)
        #expect(merged.files["m.#"] == "1a" || merged.files["m"] == nil)
    }
}
