import SyncModel
import SyncTestKit
import Testing

@testable import SyncRemote

@Suite("Which commits a fetch names as being here")
struct NamedCommitsTests {
    private let repository = InMemoryRepository()

    /// Commits one upon the other, the oldest first.
    private func line(of count: Int, upon bottom: ObjectID? = nil) throws -> [ObjectID] {
        let who = Signature(name: "a", email: "a@b", seconds: 1)
        let pack = try repository.beginPack()
        var line: [ObjectID] = []
        for number in 0..<count {
            let commit = Commit(
                tree: Tree.emptyID, parents: [line.last ?? bottom].compactMap { $0 }, author: who,
                committer: who, message: "\(number)\n")
            line.append(try pack.add(.commit, commit.serialized))
        }
        try pack.finish()
        return line
    }

    @Test("no more of the history is read than was asked for, and the nearest are named")
    func bound() throws {
        let line = try line(of: 3000)
        let reader = CountingReader(repository)
        let tip = try #require(line.last)
        let near = try NamedCommits.sample([tip], reading: reader, most: 1000)
        #expect(reader.commits == 1000)
        #expect(Array(near.prefix(16)) == Array(line.reversed().prefix(16)))
        let far = try NamedCommits.sample([tip], reading: reader, most: .max)
        #expect(reader.commits == 4000)
        #expect(Array(far.prefix(near.count)) == near && far.count > near.count)
        #expect(line.prefix(300).contains { $0 == far.last })
    }

    @Test("a damaged commit of long ago ends its own branch of the walk, and nothing else")
    func damaged() throws {
        let pack = try repository.beginPack()
        let blob = try pack.add(.blob, Array("no commit".utf8))
        try pack.finish()
        let damaged = try line(of: 40, upon: blob)
        let whole = try line(of: 60)
        let tips = [damaged, whole].compactMap(\.last)
        let named = try NamedCommits.sample(tips, reading: repository, most: .max)
        #expect(!named.contains(blob))
        #expect(Set(tips).isSubset(of: named))
        #expect(named.contains { whole.prefix(20).contains($0) }, "it goes on behind the other")
    }
}
