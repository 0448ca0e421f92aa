import Foundation
import SyncModel
import Testing

@testable import SyncGit

@Suite("Taking what is old out of a repository")
struct ThinningTests {
    private let packs = ConsolidationTests()
    private var path: String { packs.path }

    /// A repository of some commits, what the first of them hold, and the commits.
    private func made(_ count: Int = 12, thinning old: Int = 8) throws
        -> (repository: GitRepository, thinning: Thinning, commits: [ObjectID])
    {
        let (repository, commits) = try packs.made(count)
        var objects: Set<ObjectID> = []
        for commit in commits.prefix(old) {
            let tree = try repository.commit(commit).tree
            objects.insert(tree)
            for entry in try repository.tree(tree).entries { objects.insert(entry.id) }
        }
        let thinning = Thinning(
            commits: Array(commits.prefix(old)), objects: objects, boundary: [commits[old]])
        return (repository, thinning, commits)
    }

    @Test("what goes is told from what is lost, git finds nothing wrong, and other handles see it")
    func thin() throws {
        let (repository, thinning, commits) = try made()
        let other = try GitRepository(opening: path)
        let tree = try other.commit(commits[0]).tree
        #expect(other.contains(tree))
        try repository.finish(repository.prepare(thinning))
        try other.refresh()
        let third = try GitRepository(opening: path)
        for handle in [repository, other, third] {
            for id in thinning.objects {
                #expect(!handle.contains(id) && !handle.hasNow(id) && handle.isThinned(id))
                let error = #expect(throws: RepositoryError.self) { try handle.object(id) }
                #expect(error?.code == .thinned)
                #expect(throws: RepositoryError.self) { try handle.header(id) }
            }
            for commit in commits { #expect(try handle.commit(commit).parents.count <= 1) }
            let lost = #expect(throws: RepositoryError.self) { try handle.object(.zero) }
            #expect(lost?.code == .missing)
            #expect(handle.thinnedBehind == [commits[8]])
        }
        #expect(try fsck(path) == "")
        #expect(try git(path, "rev-list", "--count", "sync") == "12")
        #expect(try git(path, "show", "sync:a.txt").hasSuffix("one more: 11"))
    }

    @Test("until it is finished nothing is gone, and dropped it leaves all where it was")
    func dropped() throws {
        let (repository, thinning, _) = try made()
        _ = try repository.prepare(thinning)
        for id in thinning.objects { #expect(repository.contains(id) && !repository.isThinned(id)) }
        #expect(try fsck(path) == "")
        // The lock went with it.
        try repository.finish(repository.prepare(thinning))
        #expect(try fsck(path) == "")
    }

    @Test("what is written again is here again, and the list forgets it")
    func again() throws {
        let (repository, thinning, commits) = try made()
        let tree = try repository.commit(commits[0]).tree
        let entry = try #require(try repository.tree(tree).entries.first)
        let content = try repository.blob(entry.id)
        try repository.finish(repository.prepare(thinning))
        let pack = try repository.beginPack()
        #expect(try pack.add(.blob, content) == entry.id)
        try pack.finish()
        #expect(try repository.blob(entry.id) == content)
        let next = Thinning(commits: thinning.commits, objects: [], boundary: [])
        try repository.finish(repository.prepare(next))
        #expect(!repository.isThinned(entry.id))
        #expect(repository.isThinned(tree))
        #expect(try fsck(path) == "")
    }

    @Test("while it is prepared nothing is forgotten, and nobody waits for it")
    func underWay() throws {
        let (repository, thinning, _) = try made()
        try repository.finish(repository.prepare(thinning))
        let next = try repository.prepare(
            Thinning(commits: thinning.commits, objects: [], boundary: []))
        #expect(try !repository.endThinning())
        #expect(repository.hasThinned)
        try repository.finish(next)
    }

    @Test("packs are joined afterwards as before, and gits own gc keeps it as it is")
    func joined() throws {
        let (repository, thinning, commits) = try made()
        try repository.finish(repository.prepare(thinning))
        #expect(try repository.consolidateEverything() >= 0)
        #expect(try fsck(path) == "")
        try git(path, "gc", "-q", "--prune=now")
        #expect(try fsck(path) == "")
        try repository.refresh()
        #expect(repository.isThinned(try repository.commit(commits[0]).tree))
        #expect(try repository.blob(ObjectID(hex: git(path, "rev-parse", "sync:a.txt"))!).count > 0)
        // What nobody gave back is thinned still, and not lost.
        #expect(try !repository.endThinning())
        #expect(repository.hasThinned && !repository.thinnedBehind.isEmpty)
        #expect(try fsck(path) == "")
    }

    @Test("loose objects go too, and a pack that is marked to be kept stays")
    func loose() throws {
        let (repository, thinning, _) = try made()
        let text = Array("loose".utf8)
        let id = try git(path, "hash-object", "-w", "--stdin", input: text)
        let loose = try #require(ObjectID(hex: id))
        let kept = try #require(try packs.names(".pack").first)
        let mark = "\(packs.packs)/\(kept.dropLast(5)).keep"
        #expect(FileManager.default.createFile(atPath: mark, contents: nil))
        let more = Thinning(
            commits: thinning.commits, objects: thinning.objects.union([loose]),
            boundary: thinning.boundary)
        try repository.finish(repository.prepare(more))
        #expect(!repository.contains(loose) && repository.isThinned(loose))
        #expect(try packs.names(".pack").contains(kept))
        #expect(try fsck(path) == "")
    }

    @Test("a list that is damaged says of all that is missing that it was thinned")
    func damaged() throws {
        let (repository, thinning, _) = try made()
        try repository.finish(repository.prepare(thinning))
        let list = "\(path)/thinned"
        var bytes = try Data(contentsOf: URL(filePath: list))
        bytes[20] ^= 1
        try FileManager.default.removeItem(atPath: list)
        try bytes.write(to: URL(filePath: list))
        #expect(repository.isThinned(.zero))
        #expect(repository.thinnedBehind == [])
        for cut in [0, 7, 8, 23, 24, 43, bytes.count - 1] {
            try bytes.prefix(cut).write(to: URL(filePath: list))
            #expect(try GitRepository(opening: path).isThinned(.zero), "cut at \(cut)")
        }
        #expect(throws: RepositoryError.self) {
            try repository.finish(repository.prepare(thinning))
        }
    }
}
