import Foundation
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("Questions about the commit graph")
struct HistoryTests {
    /// The slow and plain way: all ancestors of a commit, itself included.
    private func ancestors(_ id: ObjectID, _ graph: [ObjectID: [ObjectID]]) -> Set<ObjectID> {
        var seen: Set<ObjectID> = [id]
        var pending = [id]
        while let next = pending.popLast() {
            for parent in graph[next] ?? [] where seen.insert(parent).inserted {
                pending.append(parent)
            }
        }
        return seen
    }

    @Test(
        "ancestry and merge bases of random graphs are what plain set arithmetic says",
        arguments: [false, true])
    func randomGraphs(stampsLie: Bool) throws {
        let seed = SeededRandom.seed
        var random = SeededRandom(seed: seed)
        for round in 0..<300 {
            let history = SmallHistory()
            var graph: [ObjectID: [ObjectID]] = [:]
            var ids: [ObjectID] = []
            var times: [ObjectID: Int64] = [:]
            for number in 0..<(3 + random.below(14)) {
                var parents: Set<ObjectID> = []
                for _ in 0..<random.below(3) where !ids.isEmpty {
                    parents.insert(ids[random.below(ids.count)])
                }
                let sorted = parents.sorted()
                let least = sorted.compactMap { times[$0] }.max() ?? 0
                let time = (stampsLie ? 0 : least) + 1 + Int64(random.below(50))
                let id = try history.commit(["n": "\(number)"], on: sorted, time: time)
                (graph[id], times[id]) = (sorted, time)
                ids.append(id)
            }
            let questions = History(CommitStamps(reading: history.repository))
            for _ in 0..<10 {
                let (a, b) = (ids[random.below(ids.count)], ids[random.below(ids.count)])
                let (overA, overB) = (ancestors(a, graph), ancestors(b, graph))
                #expect(try questions.isAncestor(a, of: b) == overB.contains(a), "seed \(seed)")
                let common = overA.intersection(overB)
                let best = common.filter { candidate in
                    !common.contains { $0 != candidate && ancestors($0, graph).contains(candidate) }
                }
                #expect(
                    try questions.mergeBases(a, b) == best.sorted(), "seed \(seed) round \(round)")
                let news = try questions.commits(behind: a, notBehind: [b])
                #expect(Set(news) == overA.subtracting(overB), "seed \(seed) round \(round)")
                #expect(try questions.count(from: a, notIn: b, most: 99) == news.count)
            }
        }
    }

    @Test("commits are counted up to a number without a look at all of history", arguments: [0, 1])
    func counted(known: Int) throws {
        let history = SmallHistory()
        var ids: [ObjectID] = []
        for number in 1...400 {
            ids.append(try history.commit([:], on: ids.suffix(1), time: Int64(number)))
        }
        let reader = CountingReader(history.repository)
        let questions = History(CommitStamps(reading: reader))
        let other = known == 0 ? nil : ids[0]
        #expect(try questions.count(from: ids[399], notIn: other, most: 10) == 10)
        #expect(reader.commits < 40)
    }

    @Test("a cherry-pick carries the trailers of another device and is not that device's")
    func cherryPick() throws {
        func device(_ name: String, _ email: String) -> String {
            let author = Signature(name: "linden", email: "linden@syncd.invalid", seconds: 1)
            let committer = Signature(name: name, email: email, seconds: 2)
            return CommitStamps.device(
                of: Commit(
                    tree: .zero, parents: [], author: author, committer: committer,
                    message: "x\n\nSync-Device: linden\nSync-HLC: 1\n"))
        }
        #expect(device("linden", "linden@syncd.invalid") == "linden")
        #expect(device("ada", "ada@example.org") == "ada")
    }

    @Test("a commit by another program ranks above its parents whatever its date says")
    func foreignCommits() throws {
        let history = SmallHistory()
        let ours = try history.commit(["a": "1"], time: 5_000_000)
        let tree = try history.repository.commit(ours).tree
        let who = Signature(name: "git", email: "g@x", seconds: 17)
        let foreign = Commit(
            tree: tree, parents: [ours], author: who, committer: who, message: "by hand\n")
        let pack = try history.repository.beginPack()
        let id = try pack.add(.commit, foreign.serialized)
        try pack.finish()
        let stamps = CommitStamps(reading: history.repository)
        #expect(try stamps.time(of: id).milliseconds == 5_000_001)
        #expect(try History(stamps).isAncestor(ours, of: id))
    }
}
