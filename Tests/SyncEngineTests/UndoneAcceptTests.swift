import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("An accept that is undone")
struct UndoneAcceptTests {
    private let history = SmallHistory()

    private func vault(at head: ObjectID) throws -> Vault {
        let reference = "refs/heads/sync"
        let former = try history.repository.reference(reference)
        try history.repository.setReference(reference, to: head, expecting: former)
        return Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: history.repository, folders: [], store: InMemoryStateStore(), remote: nil,
            clock: SimClock())
    }

    private func files(_ vault: Vault) throws -> [String: String] {
        let head = try #require(try vault.head())
        return try history.files(of: history.repository.commit(head).tree)
    }

    /// A head that a rewritten remote took the place of.
    private func accepted() throws -> (left: ObjectID, head: ObjectID) {
        let first = try history.commit(["x": "1\n"], time: 1_000)
        let left = try history.commit(["x": "1\n", "gone": "old\n"], on: [first], time: 2_000)
        let head = try history.commit(["x": "1\n", "new": "far\n"], on: [first], time: 3_000)
        try KeptHeads(repository: history.repository).note(left, acceptedAs: head)
        return (left, head)
    }

    @Test("brings back what stood before and keeps what came since; once more it is accepted again")
    func redo() throws {
        let (_, head) = try accepted()
        let since = try history.commit(
            ["x": "2\n", "new": "far\n"], on: [head], time: 4_000)
        let vault = try vault(at: since)
        let said = try vault.undo(.init(dryRun: true))
        #expect(said.undone == [head] && said.commit == nil)
        #expect(try vault.head() == since)
        let done = try vault.undo(.init())
        #expect(try files(vault) == ["x": "2\n", "gone": "old\n"])
        let commit = try history.repository.commit(try #require(done.commit))
        #expect(commit.parents == [since])
        #expect(commit.trailer(ChangeAction.undoes) == head.hex)
        let again = try #require(done.commit)
        #expect(try vault.undo(.init()).undone == [again])
        #expect(try files(vault) == ["x": "2\n", "new": "far\n"])
    }

    @Test("is found before what was asked for earlier, and after what was asked for later")
    func order() throws {
        let (_, head) = try accepted()
        let vault = try vault(at: head)
        let restored = try vault.restore(
            .init([try #require(TreePath("x"))], to: try blob("3\n").hex))
        let next = try #require(restored.commit)
        #expect(try vault.undo(.init(dryRun: true)).undone == [next])
        try KeptHeads(repository: history.repository).note(head, acceptedAs: next)
        // The head that it left is behind the new one: there is nothing to bring back.
        #expect(try vault.undo(.init(dryRun: true)).undone == [next])
    }

    @Test("is nothing to undo once what it left is behind the head again")
    func over() throws {
        let (left, head) = try accepted()
        let both = try history.commit(["x": "1\n"], on: [head, left], time: 5_000)
        let vault = try vault(at: both)
        #expect(throws: ChangeRefusal.self) { try vault.undo(.init()) }
    }

    private func blob(_ text: String) throws -> ObjectID {
        let pack = try history.repository.beginPack()
        defer { #expect(throws: Never.self) { try pack.finish() } }
        return try pack.add(.blob, Array(text.utf8))
    }
}
