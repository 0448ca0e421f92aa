import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// Histories of a few commits, and what of them can go.
@Suite("What of the past can go")
struct ThinningPlanTests {
    private static let day: Int64 = 86_400_000
    private static let now: Int64 = 1_000 * day

    private let history = SmallHistory()
    private var repository: InMemoryRepository { history.repository }

    /// A line of commits, each at so many hours before now, with a note that says its place.
    private func line(_ hours: [Int64], on first: ObjectID? = nil) throws -> [ObjectID] {
        var commits: [ObjectID] = []
        for (place, hour) in hours.enumerated() {
            let parent = commits.last ?? first
            commits.append(
                try history.commit(
                    ["note": "\(first?.short ?? "") \(place)"], on: parent.map { [$0] } ?? [],
                    time: Self.now - hour * Self.day / 24))
        }
        return commits
    }

    private func plan(
        _ past: [ObjectID], tips: [ObjectID] = [], keeping days: Int = 10
    ) throws -> ThinningPlan {
        let ground = ThinningGround(
            head: past[0], past: past, tips: tips, now: Timestamp(milliseconds: Self.now))
        return try ThinningPlan(keeping: days, on: ground, reading: repository)
    }

    private func note(_ commit: ObjectID) throws -> ObjectID? {
        let tree = try repository.commit(commit).tree
        let path = try #require(TreePath("note"))
        return try TreeDiff.version(at: path, of: tree, reading: repository)?.id
    }

    @Test("of each old day the last commit keeps what it holds, and what is young all of it")
    func daily() throws {
        // Midnight is at whole days: the day at 480 hours has three, that at 456 one.
        let line = try line([479, 470, 458, 455, 241, 239, 100, 0])
        let plan = try plan([line[7], line[7]])
        #expect(Set(plan.commits) == [line[0], line[1]])
        #expect(try plan.objects.contains(#require(try note(line[0]))))
        #expect(try !plan.objects.contains(#require(try note(line[2]))))
        #expect(plan.objects.count == 4, "a tree and a note each")
        #expect(plan.boundary == [line[5]], "the oldest that is young")
    }

    @Test("nothing goes that a device, the remote or a reference still stands upon")
    func past() throws {
        let line = try line([479, 478, 477, 476, 475, 0])
        #expect(try plan([line[5]]).commits.count == 4)
        // A device that is not past the second keeps it, and all after it.
        #expect(Set(try plan([line[5], line[1]]).commits) == [])
        #expect(Set(try plan([line[5], line[2]]).commits) == [line[0]])
        #expect(try plan([line[5], line[0]]).commits == [])
        #expect(Set(try plan([line[5]], tips: [line[1]]).commits).contains(line[1]) == false)
        let alien = try history.commit(["note": "alien"], time: Self.now)
        #expect(try plan([line[5], alien]).commits == [], "a device of another history")
        #expect(try plan([line[5]], tips: [alien]).commits.count == 4)
    }

    @Test("what a kept commit holds too stays")
    func shared() throws {
        let first = try history.commit(["a": "same", "b": "old"], time: Self.now - 20 * Self.day)
        let second = try history.commit(
            ["a": "same", "b": "new"], on: [first], time: Self.now - 20 * Self.day + 1)
        let head = try history.commit(["a": "same"], on: [second], time: Self.now)
        let plan = try plan([head])
        #expect(plan.commits == [first])
        #expect(
            plan.objects == [try repository.commit(first).tree, ObjectID(hashing: "old")],
            "the tree, and the content that nobody else has")
    }

    @Test("a clock that ran ahead or behind does not make a commit young or old by itself")
    func clocks() throws {
        let old = try history.commit(["note": "0"], time: Self.now - 20 * Self.day)
        let wrong = try history.commit(["note": "1"], on: [old], time: 1_000)
        let next = try history.commit(["note": "2"], on: [wrong], time: Self.now - Self.day)
        let head = try history.commit(["note": "3"], on: [next], time: Self.now)
        // The last of its day each: nothing goes, however odd the days are.
        #expect(try plan([head]).commits == [])
    }

    @Test("the contents that a record of a conflict names stay with it")
    func conflicts() throws {
        let start = Self.now - 20 * Self.day
        let base = try history.commit(["x.md": "one\ntwo\n"], time: start)
        let ours = try history.commit(["x.md": "one\nours\n"], on: [base], time: start + 1)
        let theirs = try history.commit(
            ["x.md": "one\ntheirs\n"], on: [base], time: start + 2, device: "oak")
        let merged = try CommitMerge(repository).merge(ours, theirs).commit
        let head = try history.commit([:], on: [merged], time: Self.now)
        let named = Set(
            try ConflictList(of: repository.commit(merged).tree, reading: repository).records
                .flatMap(\.namedBlobs))
        #expect(named.count >= 2)
        let kept = try plan([head], tips: [merged])
        #expect(Set(kept.commits).isSuperset(of: [base, ours]))
        #expect(kept.objects.isDisjoint(with: named))
        #expect(try !plan([head]).objects.isEmpty)
    }

    @Test("what a commit brought back since the plan was made stops it")
    func raced() throws {
        let line = try line([479, 478, 477, 0])
        let plan = try plan([line[3]])
        #expect(try plan.allows(line[3], reading: repository))
        let harmless = try history.commit(["note": "new"], on: [line[3]], time: Self.now + 1)
        #expect(try plan.allows(harmless, reading: repository))
        // Somebody puts an old text back: a capture does not write again what is here.
        let back = try history.commit(["note": " 0"], on: [harmless], time: Self.now + 2)
        #expect(try note(back) == note(line[0]))
        #expect(try !plan.allows(back, reading: repository))
    }

    @Test("a second time only what is new goes, and what went stays told")
    func again() throws {
        let line = try line([479, 478, 477, 300, 299, 0])
        let first = try plan([line[5]], keeping: 15)
        #expect(Set(first.commits) == [line[0], line[1]])
        try repository.thin(first.objects, behind: first.boundary)
        let second = try plan([line[5]])
        #expect(Set(second.commits) == [line[0], line[1], line[3]])
        #expect(second.objects.count == 2)
        #expect(try plan([line[5]], keeping: 15).objects == [])
        #expect(throws: RepositoryError.self) { try note(line[0]) }
    }
}

extension ObjectID {
    fileprivate init(hashing text: String) { self.init(hashing: Array(text.utf8), as: .blob) }
}
