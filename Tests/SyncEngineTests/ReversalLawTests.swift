import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

/// Laws over random histories of one to four devices.
@Suite("Laws of taking back")
struct ReversalLawTests {
    static let seeds: [UInt64] = Array(1...40)

    @Test("a rollback to any commit gives its tree, and undo the one of before", arguments: seeds)
    func identity(seed: UInt64) throws {
        var made = RandomHistory(seed: seed)
        try made.grow(commits: 12, isApart: false)
        let head = try #require(made.tips.first)
        for target in made.all.shuffled(using: &made.random).prefix(4) {
            let vault = try made.history.vault(at: head)
            let before = try made.tree(head)
            let rolled = try vault.rollback(.init(to: target.hex))
            #expect(try made.tree(vault.head()) == made.tree(target))
            guard rolled.commit != nil else { continue }
            _ = try vault.undo(.init())
            #expect(try made.tree(vault.head()) == before)
            _ = try vault.undo(.init())
            #expect(try made.tree(vault.head()) == made.tree(target))
        }
    }

    @Test("restoring every path of a commit gives its bytes and modes", arguments: seeds)
    func restore(seed: UInt64) throws {
        var made = RandomHistory(seed: seed)
        try made.grow(commits: 10, isApart: false)
        let head = try #require(made.tips.first)
        let target = try #require(made.all.randomElement(using: &made.random))
        let vault = try made.history.vault(at: head)
        let wanted = try made.history.visible(at: target)
        // A copy is listed under a name that stands for its own.
        let paths = wanted.keys.filter { !$0.contains("#") }.compactMap { TreePath($0) }
        if paths.isEmpty { return }
        _ = try vault.restore(.init(paths, to: target.hex))
        let now = try made.history.visible(at: try #require(try vault.head()))
        #expect(paths.allSatisfy { now[$0.text] == wanted[$0.text] })
    }

    @Test(
        "what a device did goes as if it had never been, where nobody went on from it",
        arguments: seeds)
    func replay(seed: UInt64) throws {
        var made = RandomHistory(seed: seed)
        try made.grow(commits: 16, isApart: true)
        let head = try #require(made.tips.first)
        let vault = try made.history.vault(at: head)
        let request = RollbackRequest(to: made.first.hex, device: "bob")
        if try !made.hasCommit(of: "bob", behind: head) {
            #expect(throws: ChangeRefusal.self) { try vault.rollback(request) }
            return
        }
        let report = try vault.rollback(request)
        #expect(report.conflicts.isEmpty)
        #expect(report.kept.isEmpty)
        let now = try made.history.visible(at: try #require(try vault.head()))
        #expect(made.sorted(now) == made.sorted(made.others(than: "bob")))
        let reached = try made.history.reachable(from: try #require(try vault.head()))
        #expect(try reached.isSuperset(of: made.history.reachable(from: head)))
    }
}

extension ReversalLawTests {
    @Test("a change merged over its own paths gives what it gives over all", arguments: seeds)
    func narrow(seed: UInt64) throws {
        var made = RandomHistory(seed: seed + 1_000)
        try made.grow(commits: 14, isApart: false)
        let head = try #require(made.tips.first)
        let changes = try OwnChanges(reader: made.history.repository, device: "bob", agent: nil)
            .list(from: head, since: .commit(made.first))
        var results: [Reversal] = []
        for isNarrow in [true, false] {
            var takeBack = try TakeBack(
                from: head, in: made.history.repository, by: "linden",
                at: Timestamp(milliseconds: 1_000_000_000))
            takeBack.isNarrow = isNarrow
            for change in changes { try takeBack.take(change) }
            results.append(try takeBack.outcome())
        }
        #expect(results[0].versions == results[1].versions)
        #expect(results[0].opened == results[1].opened)
        #expect(results[0].kept == results[1].kept)
    }
}

/// A history of devices that edit, meet and part.
struct RandomHistory {
    let history = SmallHistory()
    var random: SeededRandom
    private(set) var all: [ObjectID] = []
    /// The devices' heads; after `grow` all are one.
    private(set) var tips: [ObjectID] = []
    private(set) var first = ObjectID.zero
    private var states: [[String: String]] = []
    private var own: [String: [String: String]] = [:]
    private var records: [String: [String]] = [:]
    private static let devices = ["ada", "bob", "cyd", "dee"]
    private static let memory = "shared/memories/m.jsonl"

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Makes commits and merges, and one merge of all at the end.
    /// - Parameter isApart: whether each device keeps to files and records of its own.
    mutating func grow(commits: Int, isApart: Bool) throws {
        let start = ["s.md": "start\n", Self.memory: "{\"id\":\"0\",\"text\":\"start\"}\n"]
        first = try history.commit(start, time: 1_000, device: "ada")
        all = [first]
        let count = isApart ? Int.random(in: 2...4, using: &random) : 3
        tips = Array(repeating: first, count: count)
        for number in 1...commits {
            let index = Int.random(in: 0..<count, using: &random)
            if Int.random(in: 0..<4, using: &random) == 0 {
                try meet(index, Int.random(in: 0..<count, using: &random))
            }
            var files = try history.files(of: tree(tips[index]))
            if isApart {
                editApart(&files, Self.devices[index], number)
            } else {
                edit(&files, number)
            }
            tips[index] = try history.commit(
                files, on: [tips[index]], time: 1_000 + Int64(number) * 1_000,
                device: Self.devices[index])
            all.append(tips[index])
        }
        for index in 1..<count { try meet(0, index) }
        tips = Array(repeating: tips[0], count: count)
    }

    private mutating func meet(_ one: Int, _ other: Int) throws {
        let merged = try CommitMerge(history.repository).merge(tips[one], tips[other]).commit
        tips[one] = merged
        if !all.contains(merged) { all.append(merged) }
    }

    private mutating func edit(_ files: inout [String: String], _ number: Int) {
        let names = ["a.md", "b.txt", "d/c.md", "d/e", "x", "x/y", "settings.json"]
        let name = names[Int.random(in: 0..<names.count, using: &random)]
        if name == "x" { files["x/y"] = nil }
        if name == "x/y" { files["x"] = nil }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: files[name] = nil
        case 1: files[name] = "exec:\(number)\n"
        case 2:
            files[name] =
                (files[name].map { $0.hasPrefix("link:") ? "" : $0 } ?? "") + "\(number)\n"
        default: files[name] = "\(number)\n\nmore\n"
        }
    }

    private mutating func editApart(
        _ files: inout [String: String], _ device: String, _ number: Int
    ) {
        let name = "\(device)/\(Int.random(in: 0..<3, using: &random)).md"
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where files[name] != nil:
            files[name] = nil
            own[device]?[name] = nil
        case 1:
            let line = "{\"id\":\"\(device)-\(number)\",\"text\":\"\(number)\"}"
            files[Self.memory, default: ""] += line + "\n"
            records[device, default: []].append(line)
        default:
            files[name] = "\(number)\n"
            own[device, default: [:]][name] = "\(number)\n"
        }
    }

    /// What would stand if a device had never written.
    func others(than device: String) -> [String: String] {
        var files = ["s.md": "start\n"]
        var lines = ["{\"id\":\"0\",\"text\":\"start\"}"]
        for other in Self.devices where other != device {
            files.merge(own[other] ?? [:]) { $1 }
            lines += records[other] ?? []
        }
        files[Self.memory] = lines.joined(separator: "\n") + "\n"
        return files
    }

    /// Files without empty directories, the memories' lines sorted.
    func sorted(_ files: [String: String]) -> [String: String] {
        var result = files.filter { $0.value != "dir:" }
        result[Self.memory] = result[Self.memory]?.split(separator: "\n").sorted()
            .joined(separator: "\n")
        return result
    }

    func hasCommit(of device: String, behind head: ObjectID) throws -> Bool {
        try History(CommitStamps(reading: history.repository))
            .commits(behind: head, notBehind: [])
            .contains { try history.repository.commit($0).author.name == device }
    }

    func tree(_ commit: ObjectID?) throws -> ObjectID {
        try history.repository.commit(try #require(commit)).tree
    }
}
