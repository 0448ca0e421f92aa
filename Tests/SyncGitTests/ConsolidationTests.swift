import Foundation
import SyncGit
import SyncModel
import Testing

@Suite("Consolidating packs")
struct ConsolidationTests {
    let directory = try! TemporaryDirectory()
    var path: String { directory.path + "/vault.git" }
    var packs: String { path + "/objects/pack" }

    /// A repository with so many commits, a pack each, of one growing file.
    func made(_ count: Int) throws -> (GitRepository, [ObjectID]) {
        try GitRepository.create(at: path, branch: "sync")
        let repository = try GitRepository(opening: path)
        var commits: [ObjectID] = []
        var text = (0..<2000).map { "line \($0 * 7919 % 10_007)\n" }.joined()
        for index in 0..<count {
            text += "one more: \(index)\n"
            let pack = try repository.beginPack()
            let blob = try pack.add(.blob, Array(text.utf8))
            let entry = TreeEntry(name: Array("a.txt".utf8), mode: .regular, id: blob)
            let tree = try pack.add(.tree, Tree(sorting: [entry]).serialized)
            let who = Signature(name: "a", email: "a@b", seconds: Int64(index))
            let commit = Commit(
                tree: tree, parents: commits.suffix(1), author: who, committer: who,
                message: "m\n")
            commits.append(try pack.add(.commit, commit.serialized))
            try pack.finish()
        }
        try repository.setReference("refs/heads/sync", to: commits.last, expecting: nil)
        return (repository, commits)
    }

    func names(_ ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: packs)
            .filter { $0.hasSuffix(ending) }
    }

    @Test("many small packs become one, all objects stay, and it takes less room")
    func consolidate() throws {
        let (repository, commits) = try made(60)
        // Nothing refers to these; the second is too large for deltas.
        let pack = try repository.beginPack()
        let loose = try pack.add(.blob, Array("reached from nowhere".utf8))
        let large = try pack.add(.blob, [UInt8](repeating: 7, count: 9 << 20))
        try pack.finish()
        let other = try GitRepository(opening: path)
        for commit in commits { #expect(try other.commit(commit).parents.count <= 1) }
        let before = try git(path, "count-objects", "-v")
        #expect(before.contains("packs: 61\n"))

        #expect(try repository.consolidatePacks() == 61)
        #expect(try names(".pack").count == 2)
        #expect(try names(".idx").count == 2)
        #expect(try names("").count == 4)
        #expect(try fsck(path) == "")
        let after = try git(path, "count-objects", "-v")
        #expect(after.contains("in-pack: 182\n"))
        func size(_ text: String) throws -> Int {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("size-pack") })
            return try #require(Int(line.split(separator: " ")[1]))
        }
        #expect(try size(after) * 5 < size(before))
        for handle in [repository, other] {
            #expect(try handle.blob(loose) == Array("reached from nowhere".utf8))
            #expect(try handle.header(large).size == 9 << 20)
            for commit in commits { #expect(try handle.commit(commit).message == "m\n") }
        }
    }

    @Test("few packs stay, and so does one that is marked to be kept")
    func fewPacks() throws {
        let (repository, _) = try made(5)
        #expect(try repository.consolidatePacks() == 0)
        #expect(try names(".pack").count == 5)
        let kept = try #require(try names(".pack").first).dropLast(".pack".count)
        try Data().write(to: URL(fileURLWithPath: "\(packs)/\(kept).keep"))
        #expect(try repository.consolidatePacks(most: 3) == 4)
        #expect(try names(".pack").count == 2)
        #expect(try names(".pack").contains("\(kept).pack"))
        #expect(try repository.consolidatePacks(most: 1) == 0)
        #expect(try fsck(path) == "")
    }

    @Test("git's index of several packs goes with the packs that it names")
    func multiPackIndex() throws {
        let (repository, commits) = try made(60)
        try git(path, "multi-pack-index", "write")
        #expect(try names("").contains { $0.hasPrefix("multi-pack-index") })
        #expect(try repository.consolidatePacks() > 0)
        #expect(try fsck(path) == "")
        for commit in commits { #expect(try repository.commit(commit).message == "m\n") }
        try git(path, "multi-pack-index", "write")
        // Nothing was joined, nothing goes.
        #expect(try repository.consolidatePacks() == 0)
        #expect(try names("").contains { $0.hasPrefix("multi-pack-index") })
        #expect(try fsck(path) == "")
    }

    @Test("what an interrupted consolidation or capture left is taken up, and nothing is lost")
    func interrupted() throws {
        let (_, commits) = try made(6)
        let stems = try names(".pack").sorted().map { "\(packs)/\($0.dropLast(".pack".count))" }
        let whole = try Data(contentsOf: URL(fileURLWithPath: stems[0] + ".pack"))
        // A pack without its index is whole, or not; an index without its pack is of no use.
        try FileManager.default.removeItem(atPath: stems[0] + ".idx")
        let torn = packs + "/pack-\(String(repeating: "5", count: 40)).pack"
        try whole.dropLast(30).write(to: URL(fileURLWithPath: torn))
        for ending in ["idx", "rev", "bitmap", "mtimes"] {
            try Data().write(to: URL(fileURLWithPath: "\(packs)/pack-gone.\(ending)"))
        }
        // git makes these before the pack.
        try Data().write(to: URL(fileURLWithPath: packs + "/pack-comes.keep"))
        let damaged = try GitRepository(opening: path)
        #expect(!commits.allSatisfy { damaged.contains($0) })

        let repository = try GitRepository(opening: path)
        #expect(try repository.consolidateEverything() == 6)
        for commit in commits { #expect(try repository.commit(commit).message == "m\n") }
        #expect(try fsck(path) == "")
        #expect(try names(".idx").count == 1)
        #expect(try names(".pack").count == 2)
        #expect(try names("").filter { $0.hasPrefix("pack-gone") } == [])
        #expect(try names(".keep") == ["pack-comes.keep"])
        #expect(FileManager.default.fileExists(atPath: torn))
    }

    @Test("a handle reads on after git itself packed everything anew")
    func gc() throws {
        let (repository, commits) = try made(8)
        let other = try GitRepository(opening: path)
        #expect(try other.commit(commits[0]).parents.isEmpty)
        try git(path, "gc", "-q", "--prune=now")
        #expect(try names(".pack").count == 1)
        for handle in [repository, other] {
            for commit in commits {
                let tree = try handle.commit(commit).tree
                let file = try #require(try handle.tree(tree).entries.first)
                #expect(try handle.blob(file.id).count > 1000)
            }
            try handle.refresh()
        }
        // An open descriptor would keep the space of what is gone.
        let manager = FileManager.default
        let open = try manager.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
            // The listing's own descriptor is closed by now.
            try? manager.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
        #expect(open.filter { $0.hasPrefix(packs) && $0.hasSuffix("(deleted)") } == [])
    }
}
