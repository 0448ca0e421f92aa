internal import Foundation
internal import SyncModel
internal import SyncStore
import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("Limits of the history's index")
struct IndexLimitTests {
    private let file = "/tmp/history-\(UInt32.random(in: .min ... .max)).db"

    /// Commits in a row, each of which changes one file more.
    private func line(_ count: Int) throws -> (history: SmallHistory, commits: [ObjectID]) {
        let history = SmallHistory()
        var commits: [ObjectID] = []
        for number in 1...count {
            commits.append(
                try history.commit(
                    ["a": "\(number)"], on: commits.last.map { [$0] } ?? [],
                    time: Int64(number) * 1_000))
        }
        return (history, commits)
    }

    @Test(
        "holds as many changed paths as it may, and from then on takes in nothing",
        arguments: [(0, 0), (4, 4), (5, 5), (6, 5)])
    func paths(most: Int, taken: Int) throws {
        let (history, commits) = try line(5)
        defer { #expect(throws: Never.self) { try HistoryIndex.discard(file) } }
        let indexer = HistoryIndexer(
            reading: history.repository, into: try .filling(file), most: most)
        #expect(try indexer.fill(to: commits[4]) == taken)
        #expect(try HistoryIndex.filling(file).pathCount() == taken)
        #expect(try indexer.fill(to: commits[4]) == 0)
        // What it does not hold is walked over.
        let index = try IndexedHistory(#require(try HistoryIndex.reading(file)))
        let log = HistoryLog(reading: history.repository, path: TreePath("a"), index: index)
        #expect(try log.entries(from: commits[4], most: 9).map(\.commit) == commits.reversed())
    }

    @Test(
        "is believed as far as the clocks that commits claim are",
        arguments: [(hours: 1, taken: 3), (25, 1), (26, 3), (999, 3)])
    func claims(hours: Int64, taken: Int) throws {
        let history = SmallHistory()
        let now: Int64 = 1_800_000_000_000
        let first = try history.commit(["a": "1"], time: now - 60_000)
        // A clock that is ahead; what comes upon it is as old as it is by then.
        let second = try history.commit(
            ["a": "2"], on: [first], time: now + hours * 3_600_000, device: "bob")
        let third = try history.commit(["a": "3"], on: [second], time: now + 1_000)
        defer { #expect(throws: Never.self) { try HistoryIndex.discard(file) } }
        let early = Timestamp(milliseconds: now).latestClaim
        let indexer = HistoryIndexer(
            reading: history.repository, into: try .filling(file), latest: early)
        #expect(try indexer.fill(to: third) == taken)
        let index = try IndexedHistory(#require(try HistoryIndex.reading(file)))
        let late = Timestamp(milliseconds: now + hours * 3_600_000)
        #expect(index.believes(asUntil: early))
        #expect(index.believes(asUntil: late) == (hours < 2 || taken < 3))
        for latest in [early, late] {
            var filter = HistoryFilter()
            filter.latest = latest
            filter.since = now - 3_600_000
            let logs = try [index, nil].map {
                try HistoryLog(reading: history.repository, path: TreePath("a"), index: $0)
                    .entries(from: third, where: filter, most: 9)
            }
            #expect(logs[0] == logs[1])
        }
    }

    @Test("takes in nothing where it lacks more than was said", arguments: [(4, 0), (5, 5)])
    func few(most: Int, taken: Int) throws {
        let (history, commits) = try line(7)
        defer { #expect(throws: Never.self) { try HistoryIndex.discard(file) } }
        let indexer = HistoryIndexer(reading: history.repository, into: try .filling(file))
        #expect(try indexer.fill(to: commits[1]) == 2)
        #expect(try indexer.fill(to: commits[6], ifAtMost: most) == taken)
    }

    @Test(
        "takes in so many commits at once: the rest of what is cut off is not in it",
        arguments: [(2, 4), (3, 3), (4, 4), (5, 0)])
    func batches(atOnce: Int, taken: Int) throws {
        let (history, commits) = try line(5)
        defer { #expect(throws: Never.self) { try HistoryIndex.discard(file) } }
        let reader = UnreadableTree(
            of: try history.repository.commit(commits[4]).tree, in: history.repository)
        let index = try HistoryIndex.filling(file)
        #expect(throws: RepositoryError.self) {
            try HistoryIndexer(reading: reader, into: index, atOnce: atOnce).fill(to: commits[4])
        }
        #expect(try index.commits().count == taken)
        let rest = HistoryIndexer(reading: history.repository, into: index, atOnce: atOnce)
        #expect(try rest.fill(to: commits[4]) == 5 - taken)
        #expect(try index.commits().count == 5)
    }

    @Test(
        "has the same commits in one row and in the next, however they came in",
        arguments: [1_023, 1_024, 1_025, 2_048, 2_049], [1, 1_000, 5_000])
    func rows(count: Int, atOnce: Int) throws {
        defer { #expect(throws: Never.self) { try HistoryIndex.discard(file) } }
        let ids = (0..<count).map { ObjectID(hashing: Array("\($0)".utf8), as: .commit) }
        let entries = ids.indices.map { number in
            HistoryIndex.Entry(
                id: ids[number], time: Int64(number) - 9, isMerge: number % 3 == 2,
                parents: number == 0 ? [] : Array(ids[max(0, number - 2)..<number]), paths: [])
        }
        let index = try HistoryIndex.filling(file)
        // One by one near the edge alone: each is a transaction.
        var start = atOnce == 1 ? count - 3 : 0
        try index.add(Array(entries[..<start]))
        while start < count {
            try index.add(Array(entries[start..<min(count, start + atOnce)]))
            start += atOnce
        }
        let commits = try index.commits()
        #expect(commits.count == count)
        for (number, entry) in entries.enumerated() {
            let place = Int32(number)
            #expect(commits.id(place) == entry.id && commits.time(place) == entry.time)
            #expect(commits.isMerge(place) == entry.isMerge)
            #expect(commits.parents(of: place).map { ids[Int($0)] } == entry.parents)
        }
    }
}

/// A repository in which one tree cannot be read.
private final class UnreadableTree: ObjectReader {
    private let id: ObjectID
    private let repository: any ObjectReader

    init(of id: ObjectID, in repository: any ObjectReader) {
        (self.id, self.repository) = (id, repository)
    }

    func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
        try repository.object(id)
    }

    func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
        try repository.header(id)
    }

    func tree(_ id: ObjectID) throws(RepositoryError) -> Tree {
        if id == self.id { throw RepositoryError(.io, "read tree", object: id, "as asked") }
        return try repository.tree(id)
    }

    func contains(_ id: ObjectID) -> Bool { repository.contains(id) }
}
