import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// Where a joining file's version once stood.
@Suite("Past versions, and their index")
struct PastVersionsTests {
    private let history = SmallHistory()
    private let store = InMemoryStateStore()

    private var past: PastVersions {
        PastVersions(repository: history.repository, store: store)
    }

    private func version(_ text: String) -> FileVersion {
        FileVersion(mode: .regular, id: ObjectID(hashing: Array(text.utf8), as: .blob))
    }

    private func find(_ wanted: [String: String], behind head: ObjectID) throws
        -> [String: ObjectID]
    {
        var versions: [TreePath: FileVersion] = [:]
        for (path, text) in wanted { versions[try #require(TreePath(path))] = version(text) }
        let found = try past.commits(having: versions, behind: head)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.key.text, $0.value) })
    }

    @Test("are found at any depth, and again without a walk")
    func found() throws {
        let one = try history.commit(["a": "1", "d/b": "1"], time: 1_000)
        let two = try history.commit(["a": "2", "d/b": "1"], on: [one], time: 2_000)
        let side = try history.commit(["a": "1", "c": "s"], on: [one], time: 2_500)
        let head = try history.commit(["a": "2", "c": "s"], on: [two, side], time: 3_000)
        for _ in 0..<2 {
            // The merge brought the side's file to its first parent.
            let found = try find(
                ["a": "1", "d/b": "1", "c": "s", "x": "1", "d": "1", "y": "none"], behind: head)
            #expect(Set(found.keys) == ["a", "d/b", "c"])
            #expect(found["a"] == one && found["d/b"] == one)
        }
        let count = try store.pastVersionCount()
        let next = try history.commit(["a": "4"], on: [head], time: 4_000)
        #expect(try find(["a": "4"], behind: next) == ["a": next])
        #expect(try store.pastVersionCount() == count, "what is near needs no index")
        #expect(try find(["a": "4", "x": "1"], behind: next) == ["a": next])
        #expect(try store.pastVersionCount() == count + 1, "only what came is indexed")
    }

    @Test("of a history that was left behind are none of the head's")
    func leftBehind() throws {
        let one = try history.commit(["a": "1"], time: 1_000)
        let left = try history.commit(["a": "2"], on: [one], time: 2_000)
        #expect(try find(["a": "2"], behind: left) == ["a": left])
        let head = try history.commit(["a": "3"], on: [one], time: 3_000)
        #expect(try find(["a": "2"], behind: head) == [:])
        #expect(try find(["a": "1"], behind: head) == ["a": one])
        let back = try history.commit(["a": "2"], on: [head], time: 4_000)
        let end = try history.commit(["a": "4"], on: [back], time: 5_000)
        #expect(try find(["a": "2"], behind: end) == ["a": back], "the index names the one left")
        #expect(try find(["a": "3"], behind: head) == ["a": head])
    }

    @Test("are known by content and mode, also those of directories with nothing in them")
    func modes() throws {
        let one = try history.commit(["a": "exec:1", "d": "dir:"], time: 1_000)
        let head = try history.commit(["b": "1"], on: [one], time: 2_000)
        #expect(try find(["a": "1"], behind: head) == [:])
        let directory = try #require(TreePath("d"))
        #expect(
            try past.commits(having: [directory: .emptyDirectory], behind: head)
                == [directory: one])
    }

    @Test("of more history than the index holds are walked for")
    func full() throws {
        var head = try history.commit(["a": "0"], time: 1_000)
        let first = head
        // The index has its most versions already.
        try store.addPastVersions(
            Dictionary(
                uniqueKeysWithValues: (0..<Limits.indexedVersions).map { (Int64($0), first) }))
        for number in 1...20 {
            head = try history.commit(
                ["a": "\(number)"], on: [head], time: Int64(number) * 1_000 + 1_000)
        }
        let walked = try find(["a": "0", "b": "1"], behind: head)
        #expect(walked == ["a": first])
        #expect(try store.pastVersionCount() == Limits.indexedVersions)
    }

    @Test("are indexed as commits come in, from the first on where there are few")
    func filled() async throws {
        let scene = ExchangeOptionsTests.Scene()
        let vault = try scene.vault()
        for number in 0..<(Limits.indexedMoves - 1) {
            _ = try await scene.cycle(vault, writing: "\(number)")
        }
        try vault.indexPastVersions()
        #expect(try vault.store.pastVersionCount() == 0, "not with each commit")
        for number in 0..<2 { _ = try await scene.cycle(vault, writing: "more \(number)") }
        try vault.indexPastVersions()
        #expect(try vault.store.pastVersionCount() > Limits.indexedMoves)
    }
}
