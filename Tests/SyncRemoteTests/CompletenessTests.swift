import Foundation
import SyncGit
import SyncModel
import SyncRemote
import SyncTestKit
import Testing

/// What a push sends, against `git rev-list --objects`, for histories that a seed makes.
@Suite("A push is complete")
struct CompletenessTests {
    /// A directory of a made history: names to files, directories, empty ones and submodules.
    private indirect enum Node {
        case file(String)
        case submodule(Int)
        case directory([String: Node])
    }

    /// Commits with same-second dates, clocks that run behind, trees that return, merges across
    /// and merges of many, empty directories and submodules.
    private final class MadeHistory {
        let repository: GitRepository
        var random: SeededRandom
        private(set) var commits: [ObjectID] = []
        private var trees: [[String: Node]] = []
        private let pack: any PackSink

        init(_ seed: UInt64, in repository: GitRepository, commits count: Int) throws {
            self.repository = repository
            random = SeededRandom(seed: seed)
            pack = try repository.beginPack()
            for _ in 0..<count { try commit() }
            try pack.finish()
        }

        private func commit() throws {
            var parents: [Int] = []
            if !commits.isEmpty {
                for _ in 0..<(random.oneIn(3) ? 2 + random.below(2) : 1) {
                    let back = min(commits.count, 1 + random.below(6))
                    if !parents.contains(commits.count - back) {
                        parents.append(commits.count - back)
                    }
                }
                if random.oneIn(15) { parents = [] }
            }
            var tree = parents.first.map { trees[$0] } ?? [:]
            switch random.below(6) {
            // Back to what was, in whole or below one name.
            case 0 where !trees.isEmpty: tree = trees[random.below(trees.count)]
            case 1 where !trees.isEmpty:
                let name = name()
                tree[name] = trees[random.below(trees.count)][name]
            default: for _ in 0...random.below(2) { change(&tree, 0) }
            }
            let seconds = 1_700_000_000 + Int64(random.oneIn(4) ? -random.below(100) : 0)
            let who = Signature(name: "m", email: "m@x", seconds: seconds)
            let made = Commit(
                tree: try write(tree), parents: parents.map { commits[$0] }, author: who,
                committer: who, message: "\(commits.count)\n")
            commits.append(try pack.add(.commit, made.serialized))
            trees.append(tree)
        }

        private func name() -> String { ["a", "b", "c"][random.below(3)] }

        private func change(_ tree: inout [String: Node], _ depth: Int) {
            let name = name()
            switch random.below(8) {
            case 0: tree[name] = nil
            case 1: tree[name] = .submodule(random.below(3))
            case 2: tree[name] = .directory([:])
            case 3, 4: tree[name] = .file("text \(random.below(12))\n")
            // What stands at one name, at another one too.
            case 5: tree[name] = tree[self.name()]
            default:
                var below: [String: Node] = [:]
                if case .directory(let known)? = tree[name] { below = known }
                if depth < 3 { change(&below, depth + 1) }
                tree[name] = .directory(below)
            }
        }

        private func write(_ tree: [String: Node]) throws -> ObjectID {
            let entries = try tree.map { name, node in
                switch node {
                case .file(let text):
                    let id = try pack.add(.blob, Array(text.utf8))
                    return TreeEntry(name: Array(name.utf8), mode: .regular, id: id)
                case .submodule(let number):
                    // Also one that is called as a file's content is.
                    let text = Array("text \(number)\n".utf8)
                    return TreeEntry(
                        name: Array(name.utf8), mode: .submodule,
                        id: ObjectID(hashing: text, as: .blob))
                case .directory(let below):
                    return TreeEntry(
                        name: Array(name.utf8), mode: .directory, id: try write(below))
                }
            }
            return try pack.add(.tree, Tree(sorting: entries).serialized)
        }

        /// Some of the commits.
        func some(_ most: Int) -> [ObjectID] {
            (0...random.below(most)).map { _ in commits[random.below(commits.count)] }
        }
    }

    /// How many histories; `SYNC_SEED` begins elsewhere.
    @Test("It names what rev-list names, or more, in whatever order the commits come")
    func againstGit() throws {
        let fixture = try RemoteFixture()
        var (named, needed) = (0, 0)
        for seed in SeededRandom.seed..<(SeededRandom.seed + 30) {
            let path = "\(fixture.path)/h\(seed).git"
            try GitRepository.create(at: path, branch: "sync")
            let repository = try GitRepository(opening: path)
            let history = try MadeHistory(seed, in: repository, commits: 40)
            for _ in 0..<5 {
                let (tips, known) = (history.some(2), history.some(4))
                var commits = try repository.commits(from: tips, notIn: known)
                if history.random.oneIn(2) { commits.shuffle(using: &history.random) }
                let ids = try MissingObjects.ids(of: commits, reading: repository)
                let lines = try fixture.git(
                    ["--git-dir", path, "rev-list", "--objects"] + tips.map(\.hex) + ["--not"]
                        + known.map(\.hex))
                let wanted = Set(
                    lines.split(separator: "\n").compactMap { ObjectID(hex: $0.prefix(40)) })
                let less = wanted.subtracting(ids)
                #expect(less.isEmpty, "seed \(seed): \(tips) not \(known) lacks \(less)")
                #expect(Set(ids).count == ids.count, "seed \(seed)")
                named += ids.count
                needed += wanted.count
            }
        }
        // More is let be, not welcome.
        print("a push names \(named) objects where rev-list names \(needed)")
        #expect(named < needed * 2)
    }

    @Test("A file that comes and goes within a second takes nothing along")
    func treeThatReturns() throws {
        let repository = InMemoryRepository()
        let pack = try repository.beginPack()
        func commit(_ text: String, _ more: [String], on parents: [ObjectID]) throws -> ObjectID {
            var entries: [TreeEntry] = []
            for name in more + ["f"] {
                let id = try pack.add(.blob, Array("\(name) \(text)".utf8))
                entries.append(TreeEntry(name: Array(name.utf8), mode: .regular, id: id))
            }
            let below = try pack.add(.tree, Tree(sorting: entries).serialized)
            let root = Tree(sorting: [TreeEntry(name: [0x64], mode: .directory, id: below)])
            let who = Signature(name: "m", email: "m@x", seconds: 1)
            return try pack.add(
                .commit,
                Commit(
                    tree: try pack.add(.tree, root.serialized), parents: parents, author: who,
                    committer: who, message: "\(text) \(more)\n"
                ).serialized)
        }
        let first = try commit("one", [], on: [])
        let second = try commit("two", [], on: [first])
        let third = try commit("two", ["tmp"], on: [second])
        let fourth = try commit("two", [], on: [third])
        try pack.finish()
        let orders = [[fourth, third, second], [second, third, fourth], [third, fourth, second]]
        let lists = try orders.map { try MissingObjects.ids(of: $0, reading: repository) }
        let blob = ObjectID(hashing: Array("f two".utf8), as: .blob)
        for ids in lists {
            // Three commits, two roots and two directories, two files.
            #expect(Set(ids) == Set(lists[0]) && ids.count == 9)
            #expect(ids.contains(blob))
        }
    }

    @Test(
        "A remote that lost what it had gets everything that its references do not lead to",
        arguments: [GitServer.Wire.https, .ssh, .https0])
    func lostObjects(_ wire: GitServer.Wire) async throws {
        let fixture = try RemoteFixture()
        let server = try GitServer(wire, fixture)
        let remote = try server.remote("a", fixture)
        let first = try fixture.commit("d/a.md", "one", by: "a")
        #expect(try await remote.push(first, expecting: nil, applied: first) == .accepted)
        // Another device says that it has what the branch does not lead to, and is forgotten.
        let second = try fixture.commit("d/b.md", "two", on: [first], by: "a")
        try fixture.git(
            "--git-dir", fixture.local("a"), "push", "-q", fixture.remote,
            "\(second.hex):refs/sync/devices/b")
        _ = try await remote.fetch()
        try fixture.git("--git-dir", fixture.remote, "update-ref", "-d", "refs/sync/devices/b")
        try fixture.git("--git-dir", fixture.remote, "gc", "-q", "--prune=now")
        let third = try fixture.commit("d/c.md", "three", on: [second], by: "a")
        #expect(try await remote.push(third, expecting: first, applied: third) == .accepted)
        #expect(try fixture.fsck(fixture.remote).isEmpty)
        #expect(
            try fixture.git("--git-dir", fixture.remote, "rev-parse", "refs/heads/sync")
                == third.hex)
    }
}
