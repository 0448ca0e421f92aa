import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("Bringing versions back")
struct RestoreTests {
    private let history = SmallHistory()

    private func vault(at head: ObjectID) throws -> Vault {
        try history.repository.setReference("refs/heads/sync", to: head, expecting: nil)
        return Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: history.repository, folders: [], store: InMemoryStateStore(), remote: nil,
            clock: SimClock())
    }

    private func paths(_ names: String...) throws -> [TreePath] {
        try names.map { try #require(TreePath($0)) }
    }

    private func files(_ vault: Vault) throws -> [String: String] {
        let tree = try history.repository.commit(try #require(try vault.head())).tree
        return try history.files(of: tree).filter { !$0.key.hasPrefix(".sync/") }
    }

    /// Two devices added `x.md`, and what stood before and comes after.
    private func dispute() throws -> (before: ObjectID, open: ObjectID) {
        let none = try history.commit(["x.md": "zero\n"], time: 500)
        let one = try history.commit(["x.md": "one\n"], on: [none], time: 1_000, device: "a")
        let two = try history.commit(["x.md": "two\n"], on: [none], time: 2_000, device: "b")
        return (none, try CommitMerge(history.repository).merge(one, two).commit)
    }

    @Test("a version without the conflict resolves it, and the one with it opens it again")
    func conflict() throws {
        let (before, open) = try dispute()
        let vault = try vault(at: open)
        let record = try #require(try vault.conflicts().records.first)
        _ = try vault.restore(.init(paths("x.md"), to: before.hex))
        #expect(try files(vault) == ["x.md": "zero\n"])
        #expect(try vault.conflicts().records.isEmpty)
        _ = try vault.restore(.init(paths("x.md"), to: open.hex))
        #expect(try files(vault)["x.md"]?.contains("<<<<<<<") == true)
        #expect(try vault.conflicts().records == [record])
    }

    @Test(
        "a choice whose version has markers opens their conflict again",
        arguments: [(true, "x.md"), (false, "x.md"), (true, "d/y.md"), (false, "d/y.md")])
    func choice(isBehindHead: Bool, name: String) throws {
        let none = try history.commit([name: "zero\n"], time: 500)
        let one = try history.commit([name: "one\n"], on: [none], time: 1_000, device: "a")
        let two = try history.commit([name: "two\n"], on: [none], time: 2_000, device: "b")
        let open = try CommitMerge(history.repository).merge(one, two).commit
        let record = try #require(
            ConflictList(of: history.repository.commit(open).tree, reading: history.repository)
                .records.first)
        let gone = try history.commit([:], on: [open], time: 3_000, device: "a")
        let chosen = try history.commit([name: "two\n"], on: [open], time: 4_000, device: "b")
        var head = try CommitMerge(history.repository).merge(gone, chosen).commit
        if !isBehindHead {
            let files = try history.files(of: history.repository.commit(head).tree)
            head = try history.commit(files, time: 5_000)
            try history.repository.setReference("refs/sync/kept/a", to: open, expecting: nil)
        }
        let vault = try vault(at: head)
        let dispute = try #require(try vault.conflicts().records.first)
        #expect(dispute.kind == .deleteModify)
        _ = try vault.resolve(dispute.id, ResolveRequest(.base))
        #expect(try files(vault)[name]?.contains("<<<<<<<") == true)
        let again = try vault.conflicts().records
        #expect(again.map(\.id) == [record.id])
        #expect(again.first.map { isBehindHead ? $0 == record : $0.namedBlobs.isEmpty } == true)
    }

    @Test("one record comes back while a conflict is open elsewhere, which stays so")
    func record() throws {
        let (_, open) = try dispute()
        let memory = "shared/memories/m.jsonl"
        var files = try history.files(of: history.repository.commit(open).tree)
        files[memory] = "{\"id\":\"a\",\"memory\":\"a\"}\n{\"id\":\"b\",\"memory\":\"b\"}\n"
        let past = try history.commit(files, on: [open], time: 3_000)
        files[memory] = "{\"id\":\"b\",\"memory\":\"B\"}\n"
        let vault = try vault(at: history.commit(files, on: [past], time: 4_000))
        _ = try vault.restore(.init(paths(memory), to: past.hex, record: "a"))
        #expect(
            try self.files(vault)[memory]
                == "{\"id\":\"a\",\"memory\":\"a\"}\n{\"id\":\"b\",\"memory\":\"B\"}\n")
        #expect(try vault.conflicts().records.count == 1)
        #expect(throws: ChangeRefusal.self) {
            try vault.restore(.init(paths("x.md"), to: past.hex, record: "a"))
        }
    }

    @Test("a record whose id stands twice comes back as often as it stood")
    func twins() throws {
        let memory = "shared/memories/m.jsonl"
        let (one, two) = (#"{"id":"a","memory":"1"}"#, #"{"id":"a","memory":"2"}"#)
        let past = try history.commit([memory: "\(one)\n\(two)\n"], time: 1_000)
        let vault = try vault(
            at: history.commit([memory: #"{"id":"b"}"# + "\n"], on: [past], time: 2_000))
        _ = try vault.restore(.init(paths(memory), to: past.hex, record: "a"))
        #expect(try files(vault)[memory] == "\(one)\n\(two)\n{\"id\":\"b\"}\n")
    }

    @Test(
        "what was meant is named for good: the commit, and the time where one was given",
        arguments: [
            ("HEAD~1", "#", "#"),
            ("1970-01-01T00:00:02Z", "1970-01-01T00:00:02Z (#)", "1970-01-01T00:00:02Z"),
        ])
    func lasting(to: String, words: String, since: String) throws {
        func subject(_ change: (Vault) throws -> ChangeReport) throws -> String {
            let other = RestoreTests()
            let one = try other.history.commit(["x": "1\n"], time: 1_000)
            let two = try other.history.commit(["x": "2\n"], on: [one], time: 3_000)
            let vault = try other.vault(at: two)
            _ = try change(vault)
            let head = try #require(try vault.head())
            return try other.history.repository.commit(head).subject
                .replacing(one.short, with: "#")
        }
        let blob = ObjectID(hashing: Array("1\n".utf8), as: .blob)
        #expect(
            try subject { try $0.restore(.init(paths("x"), to: blob.hex)) }
                == "restored x to \(blob.short)")
        #expect(
            try subject { try $0.restore(.init(paths("x"), to: to)) } == "restored x to \(words)")
        #expect(try subject { try $0.rollback(.init(to: to)) } == "rolled back to \(words)")
        #expect(
            try subject { try $0.rollback(.init(to: to, device: "maple")) }
                == "took back what maple did since \(since) (1 commits)")
    }

    @Test("a name is about what stands there and below, and about nothing further down")
    func concerned() throws {
        func isMeant(_ name: String, _ file: String) throws -> Bool {
            let request = ChangeRequest.restore(.init(try paths(name), to: "HEAD"))
            return request.concerned(try paths(file)[0])
        }
        for (name, file) in [("a.md", "a.md"), ("d", "d/a.md"), ("*.md", "d/a.md")] {
            #expect(try isMeant(name, file), "\(name) means \(file)")
        }
        for (name, file) in [("a.md", "d/a.md"), ("d", "e/d/a.md"), ("d/*.md", "e/d/a.md")] {
            #expect(try !isMeant(name, file), "\(name) does not mean \(file)")
        }
    }

    @Test("what goes since a directory or a file takes its place is named")
    func places() throws {
        let file = try history.commit(["x": "file\n"], time: 1_000)
        let directory = try history.commit(["x/a": "a\n", "x/b": "b\n"], on: [file], time: 2_000)
        let vault = try vault(at: directory)
        let said = try vault.restore(.init(paths("x"), to: file.hex, dryRun: true))
        #expect(try said.deletions == paths("x/a", "x/b"))
        let done = try vault.restore(.init(paths("x"), to: file.hex))
        #expect(try done.paths == paths("x", "x/a", "x/b"))
        #expect(try files(vault) == ["x": "file\n"])
        let back = try vault.restore(.init(paths("x/a"), to: directory.hex))
        #expect(try back.deletions == paths("x"))
        #expect(try files(vault) == ["x/a": "a\n"])
    }
}
