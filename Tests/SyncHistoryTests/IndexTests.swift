internal import Foundation
internal import SyncGit
internal import SyncModel
internal import SyncStore
import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("The history's index")
struct IndexTests {
    private static let seed = SeededRandom.seed

    /// A made history, with a place for its index.
    private struct Indexed {
        let made: MadeHistory
        let repository: GitRepository
        var file: String { made.directory + "/history.db" }
        var head: ObjectID {
            get throws { try #require(try repository.reference("refs/heads/sync")) }
        }

        init(seed: UInt64, commits: Int) throws {
            made = try MadeHistory(seed: seed, commits: commits, renames: true)
            repository = try GitRepository(opening: made.directory)
        }

        /// Takes in what is behind a commit.
        @discardableResult
        func fill(to head: ObjectID, limit: Int = .max) throws -> Int {
            try HistoryIndexer(reading: repository, into: .filling(file))
                .fill(to: head, limit: limit)
        }

        func log(_ path: TreePath, _ index: IndexedHistory?) -> HistoryLog {
            HistoryLog(reading: repository, path: path, index: index)
        }

        func opened() throws -> IndexedHistory {
            try IndexedHistory(#require(try HistoryIndex.reading(file)))
        }
    }

    @Test("a tree that holds another many times ends at its bound and not at the memory's")
    func manyPaths() throws {
        let repository = InMemoryRepository()
        let pack = try repository.beginPack()
        var tree = try pack.add(.tree, [])
        for _ in 0..<12 {
            let entries = ["a", "b", "c", "d"].flatMap { name in
                Array("40000 \(name)\0".utf8) + tree.bytes
            }
            tree = try pack.add(.tree, entries)
        }
        try pack.finish()
        // A part of the bound, which a debug build takes half a minute to reach.
        let most = Limits.indexedCommitBytes / 16
        let found = try TouchedPaths.list(
            of: tree, parents: [], reading: repository, atMost: most)
        #expect(found == nil)
    }

    @Test("the paths of a commit may take just as much as the bound", arguments: [-1, 0, 1])
    func atTheBound(more: Int) throws {
        let history = SmallHistory()
        let files = ["a": "1", "b/c": "2"]
        let commit = try history.commit(files, time: 1_000)
        let tree = try history.repository.commit(commit).tree
        // The directory on the way counts too.
        let cost = ["a", "b", "b/c"].compactMap { TreePath($0) }.map(TouchedPaths.cost)
        let found = try TouchedPaths.list(
            of: tree, parents: [], reading: history.repository, atMost: cost.reduce(more, +))
        #expect((found == nil) == (more < 0))
        #expect(found.map { $0.filter { $0.text != "b" }.count } ?? 2 == 2)
    }

    @Test("gives the answer of a walk, filled to any point", arguments: 0..<12)
    func sameAnswer(number: UInt64) throws {
        let seed = Self.seed + number
        let indexed = try Indexed(seed: seed, commits: 70)
        defer { #expect(throws: Never.self) { try indexed.made.remove() } }
        var random = SeededRandom(seed: seed)
        let all = try indexed.made.log(["sync"]).compactMap { ObjectID(hex: $0) }
        var fills: [() throws -> Void] = [
            { try indexed.fill(to: all[all.count / 2]) },
            { try indexed.fill(to: indexed.head, limit: 5) },
            { try indexed.fill(to: indexed.head) },
        ]
        if Bool.random(using: &random) { fills.removeFirst() }
        for fill in fills {
            try fill()
            for name in MadeHistory.paths + ["d", "none"] {
                let path = try #require(TreePath(name))
                var filter = HistoryFilter()
                filter.everyMerge = Bool.random(using: &random)
                filter.deletions = Int.random(in: 0..<4, using: &random) == 0
                if Int.random(in: 0..<3, using: &random) == 0 {
                    filter.since = 1_700_000_000_000 + .random(in: 0..<4_200_000, using: &random)
                }
                let from = try #require(all.randomElement(using: &random))
                let wanted = try indexed.log(path, nil).entries(
                    from: from, where: filter, most: 1_000)
                let index = try indexed.opened()
                let found = try indexed.log(path, index).entries(
                    from: from, where: filter, most: 1_000)
                #expect(found == wanted, "\(path), SYNC_SEED=\(seed)")
                guard let last = wanted.randomElement(using: &random) else { continue }
                let page = try indexed.log(path, index).entries(
                    from: from, where: filter, most: 1_000, after: last.commit)
                let rest = wanted.drop { $0.commit != last.commit }.dropFirst()
                #expect(page == Array(rest), "\(path) after a page, SYNC_SEED=\(seed)")
            }
        }
    }

    @Test("says of a time that no clock shows yet what a walk says")
    func future() throws {
        let history = SmallHistory()
        var commits: [ObjectID] = []
        for (number, time) in [1_000, 1_900_000_000_000, 9_000].enumerated() {
            commits.append(
                try history.commit(
                    ["a": "\(number)"], on: Array(commits.suffix(1)), time: Int64(time)))
        }
        let now = Timestamp(seconds: 10)
        let file = NSTemporaryDirectory() + "/\(UUID()).db"
        defer { #expect(throws: Never.self) { try HistoryIndex.discard(file) } }
        _ = try HistoryIndexer(
            reading: history.repository, into: .filling(file), latest: now.latestClaim
        ).fill(to: commits[2])
        let index = try IndexedHistory(#require(try HistoryIndex.reading(file)))
        for (until, count) in [(500, 0), (2_000, 2), (8_000, 2), (10_000, 3)] as [(Int64, Int)] {
            var filter = HistoryFilter(now: now)
            filter.until = until
            func found(_ index: IndexedHistory?) throws -> [HistoryEntry] {
                try HistoryLog(reading: history.repository, path: TreePath("a"), index: index)
                    .entries(from: commits[2], where: filter, most: 9)
            }
            #expect(try found(index) == found(nil), "until \(until)")
            #expect(try found(nil).count == count)
        }
    }

    @Test("takes in each commit once, and goes on where it was")
    func growth() throws {
        let indexed = try Indexed(seed: Self.seed, commits: 60)
        defer { #expect(throws: Never.self) { try indexed.made.remove() } }
        let all = try indexed.made.log(["sync"]).compactMap { ObjectID(hex: $0) }
        let first = try indexed.fill(to: indexed.head, limit: 7)
        #expect(first == 7)
        let rest = try indexed.fill(to: indexed.head)
        #expect(first + rest == all.count)
        #expect(try indexed.fill(to: indexed.head) == 0)
        let index = try #require(try HistoryIndex.reading(indexed.file))
        #expect(try index.commits().count == all.count)
    }

    @Test("that is damaged or gone is as good as none, and made anew")
    func damage() throws {
        let indexed = try Indexed(seed: Self.seed, commits: 40)
        defer { #expect(throws: Never.self) { try indexed.made.remove() } }
        let configuration = Configuration(
            device: "ada", repository: indexed.made.directory, folders: [],
            stateDirectory: indexed.made.directory, socket: "/nowhere/s")
        let wanted = try VaultHistory(configuration).log(TreePath("a"), most: 100)
        #expect(try HistoryIndexer.fill(configuration, now: .latest) > 0)
        for damage in [Data("no database at all".utf8), Data(), Data(repeating: 7, count: 9_000)] {
            try HistoryIndex.discard(indexed.file)
            try damage.write(to: URL(filePath: indexed.file))
            #expect(try VaultHistory(configuration).log(TreePath("a"), most: 100) == wanted)
            #expect(try HistoryIndexer.fill(configuration, now: .latest) > 0)
            #expect(IndexedHistory(configuration) != nil)
            #expect(try VaultHistory(configuration).log(TreePath("a"), most: 100) == wanted)
        }
        let file = try FileHandle(forUpdating: URL(filePath: indexed.file))
        try file.seek(toOffset: 4_096)
        try file.write(contentsOf: Data(repeating: 0xff, count: 12_288))
        try file.close()
        #expect(try VaultHistory(configuration).log(TreePath("a"), most: 100) == wanted)
        // The first try may be what finds the damage.
        do { try HistoryIndexer.fill(configuration, now: .latest) } catch let error
            as StateStoreError
        {
            #expect(error.code == .corrupt)
        }
        _ = try HistoryIndexer.fill(configuration, now: .latest)
        #expect(try VaultHistory(configuration).log(TreePath("a"), most: 100) == wanted)
    }
}
