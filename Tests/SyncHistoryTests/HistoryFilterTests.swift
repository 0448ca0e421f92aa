internal import SyncModel
internal import SyncTestKit
import Testing

@testable import SyncHistory

@Suite("A filtered history")
struct HistoryFilterTests {
    private let repository = InMemoryRepository()

    /// Five commits in a row, a second apart, numbered from 1.
    private func made() throws -> [ObjectID] {
        let pack = try repository.beginPack()
        var commits: [ObjectID] = []
        let said: [(String, String?, String)] = [
            ("oak", nil, "changed a.md"), ("oak", "claude", "changed b.md"),
            ("ash", "claude (claimed)", "changed a.md\n\nbecause of (this"),
            ("ash", "", "deleted [x]"),
            ("ash", nil, "changed c.md"),
        ]
        for (number, (device, agent, subject)) in said.enumerated() {
            let blob = try pack.add(.blob, Array("\(number)".utf8))
            let path = try #require(TreePath("f\(number)"))
            let tree = try TreeEdit.apply(
                [path: FileVersion(mode: .regular, id: blob)], to: nil, reading: repository,
                writing: pack)
            let seconds = Int64(number + 1)
            let who = Signature(
                name: device, email: "\(device)@syncd.invalid", seconds: seconds)
            let trailer = agent.map { "Sync-Agent: \($0)\n" } ?? ""
            let commit = Commit(
                tree: tree, parents: Array(commits.suffix(1)), author: who, committer: who,
                message: "\(subject)\n\nSync-Device: \(device)\n\(trailer)"
                    + "Sync-HLC: \(seconds * 1000)\n")
            commits.append(try pack.add(.commit, commit.serialized))
        }
        try pack.finish()
        return commits
    }

    private static func filter(
        since: Int64? = nil, until: Int64? = nil, device: String? = nil, agent: String? = nil,
        text: String? = nil
    ) -> HistoryFilter {
        var filter = HistoryFilter()
        (filter.since, filter.until) = (since, until)
        (filter.device, filter.agent, filter.text) = (device, agent, text)
        return filter
    }

    @Test(
        "holds what all its parts admit",
        arguments: [
            (filter(), [5, 4, 3, 2, 1]),
            (filter(since: 3_000), [5, 4, 3]),
            (filter(until: 3_000), [3, 2, 1]),
            (filter(since: 2_001, until: 4_999), [4, 3]),
            (filter(since: 6_000), []),
            (filter(until: 0), []),
            (filter(device: "oak"), [2, 1]),
            (filter(device: "OAK"), []),
            (filter(agent: "claude"), [3, 2]),
            (filter(agent: ""), []),
            (filter(device: "ash", agent: "claude"), [3]),
            (filter(text: "a.md"), [3, 1]),
            (filter(text: "(this"), [3]),
            (filter(text: "[x]"), [4]),
            (filter(text: ".*"), []),
        ])
    func parts(filter: HistoryFilter, wanted: [Int]) throws {
        let commits = try made()
        let found = try HistoryLog(reading: repository).entries(
            from: commits[4], where: filter, most: 100)
        #expect(found.map(\.commit) == wanted.map { commits[$0 - 1] })
    }

    @Test("ends before what is older, and never reads it")
    func early() throws {
        let commits = try made()
        let reader = CountingReader(repository)
        var filter = HistoryFilter()
        filter.since = 5_000
        let found = try HistoryLog(reading: reader).entries(
            from: commits[4], where: filter, most: 100)
        #expect(found.map(\.commit) == [commits[4]])
        #expect(reader.commits == 2)
        let first = CountingReader(repository)
        _ = try HistoryLog(reading: first).entries(from: commits[4], most: 1)
        #expect(first.commits == 2)
    }

    /// Four commits of other programs, the second and the third of 2030; the third says so in a
    /// trailer, as a device would.
    private func future() throws -> [ObjectID] {
        let pack = try repository.beginPack()
        var commits: [ObjectID] = []
        let claim = "\n\nSync-HLC: \(Self.year2030 * 1000)\n"
        for (seconds, trailer) in [
            (1, ""), (Self.year2030, ""), (Self.year2030, claim), (9, ""),
        ] {
            let who = Signature(name: "Ann", email: "ann@example.org", seconds: seconds)
            let commit = Commit(
                tree: try pack.add(.tree, []), parents: Array(commits.suffix(1)), author: who,
                committer: who, message: "work" + trailer)
            commits.append(try pack.add(.commit, commit.serialized))
        }
        try pack.finish()
        return commits
    }

    private static let year2030: Int64 = 1_900_000_000

    @Test("a time that no clock shows yet counts as not said")
    func notYet() throws {
        let commits = try future()
        func found(since: Int64? = nil, until: Int64? = nil) throws -> [ObjectID] {
            var filter = HistoryFilter(now: Timestamp(seconds: 10))
            (filter.since, filter.until) = (since, until)
            return try HistoryLog(reading: repository).entries(
                from: commits[3], where: filter, most: 9
            ).map(\.commit)
        }
        #expect(try found(until: 10_000) == commits.reversed())
        #expect(try found(until: 2_000) == commits.dropLast().reversed())
        #expect(try found(since: 8_000) == [commits[3]])
    }

    @Test(
        "a commit is found by a time as what can be true now",
        arguments: [
            ("1970-01-01T00:00:01Z", 10_000, 2), ("1970-01-01T00:00:01.000Z", 10_000, 0),
            ("1970-01-01T00:00:02Z", 10_000, 2),
            ("1970-01-01T00:00:09Z", 10_000, 3),
            ("0s ago", 10_000, 3),
            // A device's clock may be an hour ahead, and no millisecond more.
            ("2029-01-01", (year2030 - 3_600) * 1000, 0),
            ("2029-01-01", (year2030 - 3_600) * 1000 - 1, 3),
        ])
    func byTime(text: String, now: Int64, wanted: Int) throws {
        let commits = try future()
        let named = RevisionOrTime(head: commits[3], branch: "sync", repository)
        let found = try named.find(text, now: Timestamp(milliseconds: now))
        #expect(found == commits[wanted])
    }

    @Test("says which agent a commit names, and none where there is none")
    func agents() throws {
        let commits = try made()
        let found = try HistoryLog(reading: repository).entries(from: commits[4], most: 100)
        #expect(found.map(\.agent) == [nil, nil, "claude (claimed)", "claude", nil])
    }

    @Test(
        "knows the agents of a commit that another program made, as git does",
        arguments: [
            ("sync-agent: one", ["one"]), ("SYNC-AGENT:one", ["one"]),
            ("Sync-Agent: one\nSync-Agent: two (claimed)", ["one", "two"]),
            ("Sync-Agent: one\n\nOther: x", []), ("Sync-Agents: one", []), ("Sync-Agent", []),
        ] as [(String, [String])])
    func foreign(trailers: String, wanted: [String]) {
        let who = Signature(name: "me", email: "me@x", seconds: 1)
        let commit = Commit(
            tree: Tree.emptyID, parents: [], author: who, committer: who,
            message: "x\n\n\(trailers)\n")
        #expect(["one", "two", ""].filter { commit.isBy($0) } == wanted)
        #expect((commit.agent != nil) == !wanted.isEmpty)
    }
}
