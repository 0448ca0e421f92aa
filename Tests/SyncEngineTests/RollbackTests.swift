import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("Taking the vault back")
struct RollbackTests {
    private let history = SmallHistory()

    private func vault(at head: ObjectID) throws -> Vault { try history.vault(at: head) }

    private func files(_ vault: Vault) throws -> [String: String] {
        try history.visible(at: try #require(try vault.head()))
    }

    /// One file three times, a directory that goes, and a mode that changes.
    private func line() throws -> [ObjectID] {
        let one = try history.commit(["a.md": "1\n", "d/x": "x\n"], time: 1_000, device: "ada")
        let two = try history.commit(
            ["a.md": "2\n", "d/x": "exec:x\n", "b.md": "b\n"], on: [one], time: 2_000,
            device: "bob")
        let three = try history.commit(["a.md": "3\n", "c.md": "c\n"], on: [two], time: 3_000)
        return [one, two, three]
    }

    @Test("all of it, to a commit or a time, with what the commit says of itself")
    func whole() throws {
        let commits = try line()
        for (index, to) in [(0, commits[0].hex), (1, "1970-01-01T00:00:02Z"), (2, "HEAD")] {
            let vault = try vault(at: commits[2])
            let wanted = try history.repository.commit(commits[index]).tree
            let said = try vault.rollback(.init(to: to, dryRun: true))
            #expect(said.commit == nil)
            #expect(try vault.head() == commits[2])
            let done = try vault.rollback(.init(to: to))
            #expect(done.paths == said.paths)
            #expect(done.deletions == said.deletions)
            let head = try #require(try vault.head())
            let commit = try history.repository.commit(head)
            #expect(commit.tree == wanted)
            if index == 2 { continue }
            #expect(commit.parents == [commits[2]])
            #expect(commit.subject.hasPrefix("rolled back to "))
            #expect(commit.trailer("Sync-Action") == "rollback")
        }
    }

    @Test(
        "what a pattern means, and nothing else",
        arguments: [
            (["a.md"], ["a.md": "1\n", "c.md": "c\n"]),
            (["d"], ["a.md": "3\n", "c.md": "c\n", "d/x": "x\n"]),
            (["d/**"], ["a.md": "3\n", "c.md": "c\n", "d/x": "x\n"]),
            (["*.md"], ["a.md": "1\n"]),
        ])
    func patterns(paths: [String], wanted: [String: String]) throws {
        let commits = try line()
        let vault = try vault(at: commits[2])
        _ = try vault.rollback(.init(to: commits[0].hex, paths: paths))
        #expect(try files(vault) == wanted)
    }

    @Test("what one device did goes, and what others did stays")
    func device() throws {
        let base = try history.commit(
            ["n.md": "a\n\nb\n\nc\n", "s.txt": "s\n"], time: 1_000, device: "ada")
        let bad = try history.commit(
            ["n.md": "BAD\n\nb\n\nc\n", "s.txt": "s\n", "junk": "junk\n"], on: [base],
            time: 2_000, device: "bot")
        let good = try history.commit(
            ["n.md": "BAD\n\nb\n\nC\n", "s.txt": "s2\n", "junk": "junk\n"], on: [bad],
            time: 3_000, device: "ada")
        let worse = try history.commit(
            ["n.md": "BAD\n\nWORSE\n\nC\n", "s.txt": "s2\n", "junk": "more\n"], on: [good],
            time: 4_000, device: "bot")
        let vault = try vault(at: worse)
        let report = try vault.rollback(.init(to: base.hex, device: "bot"))
        #expect(report.undone == [worse, bad])
        #expect(report.conflicts.isEmpty)
        #expect(try files(vault) == ["n.md": "a\n\nb\n\nC\n", "s.txt": "s2\n"])
        let commit = try history.repository.commit(try #require(try vault.head()))
        #expect(commit.message.contains("\(bad.short) c\n"))
    }

    @Test(
        "a rename is followed, whoever else committed between it and the next edit",
        arguments: [false, true])
    func renamed(isSplit: Bool) throws {
        let text = "one\ntwo\nthree\nx\ny\nz\n"
        let base = try history.commit(["dir/f.md": text, "o": "1\n"], time: 1_000, device: "ada")
        let moved = try history.commit(
            ["new/f.md": text, "o": "1\n"], on: [base], time: 2_000, device: "bot")
        let other = isSplit ? "2\n" : "1\n"
        let between = try history.commit(
            ["new/f.md": text, "o": other], on: [moved], time: 3_000, device: "ada")
        let edited = try history.commit(
            ["new/f.md": text + "four\n", "o": other], on: [isSplit ? between : moved],
            time: 4_000, device: "bot")
        let mine = try history.commit(
            ["new/f.md": text.replacing("one", with: "ONE") + "four\n", "o": other],
            on: [edited], time: 5_000, device: "ada")
        let vault = try vault(at: mine)
        let report = try vault.rollback(.init(to: base.hex, device: "bot"))
        #expect(report.conflicts.isEmpty)
        #expect(report.undone == [edited, moved])
        #expect(
            try files(vault) == ["dir/f.md": text.replacing("one", with: "ONE"), "o": other])
    }

    @Test("an edit over what is taken back stays, and is a conflict as ever")
    func builtOn() throws {
        let base = try history.commit(["z": "z\n"], time: 1_000, device: "ada")
        let bad = try history.commit(
            ["z": "z\n", "x.md": "bad\n", "y.md": "one\n"], on: [base], time: 2_000,
            device: "bot")
        let more = try history.commit(
            ["z": "z\n", "x.md": "bad\n", "y.md": "two\n"], on: [bad], time: 3_000,
            device: "bot")
        let edit = try history.commit(
            ["z": "z\n", "x.md": "bad and mine\n", "y.md": "two and mine\n"], on: [more],
            time: 4_000, device: "ada")
        let again = try history.commit(
            ["z": "z\n", "x.md": "bad and mine\n", "y.md": "two and mine\nlast\n"], on: [edit],
            time: 5_000, device: "bot")
        let vault = try vault(at: again)
        let report = try vault.rollback(.init(to: base.hex, device: "bot"))
        #expect(report.conflicts.map(\.path.text) == ["x.md", "y.md"])
        #expect(report.conflicts.allSatisfy { $0.kind == .deleteModify })
        let open = try vault.conflicts().records
        #expect(open.count == 2)
        // Every version that a record names is to be had by whoever has the branch.
        let pushed = try history.reachable(from: try #require(try vault.head()))
        for record in open {
            #expect(record.namedBlobs.allSatisfy(pushed.contains))
            #expect(record.sides.allSatisfy { pushed.contains($0.stamp.commit) })
        }
        #expect(try files(vault)["x.md"] == "bad and mine\n")
        _ = try vault.resolve(try #require(open.first).id, ResolveRequest(.theirs))
        #expect(try vault.conflicts().records.count == 1)
    }

    @Test(
        "a file that it added and somebody renamed goes under its new name, and no other file",
        arguments: ["m.md", "q/n.md", "q/m.md"], [false, true])
    func renamedSince(name: String, isTwin: Bool) throws {
        let text = "one\ntwo\nthree\n"
        let base = try history.commit(["k.md": "k\n"], time: 1_000, device: "ada")
        var bad = try history.commit(
            ["k.md": "k\n", "n.md": text], on: [base], time: 2_000, device: "bot")
        if isTwin {
            // Somebody's own file of the same content stays where the bot's is deleted.
            bad = try history.commit(
                ["k.md": "k\n", "n.md": text, name: text], on: [bad], time: 2_500, device: "ada")
        }
        let moved = try history.commit(
            ["k.md": "k\n", name: text], on: [bad], time: 3_000, device: "ada")
        let later = try history.commit(
            ["k.md": "K\n", name: text], on: [moved], time: 4_000, device: "ada")
        let vault = try vault(at: later)
        let report = try vault.rollback(.init(to: base.hex, device: "bot"))
        #expect(report.conflicts.isEmpty)
        #expect(report.kept.isEmpty)
        #expect(report.deletions.map(\.text) == (isTwin ? [] : [name]))
        #expect(try files(vault)["k.md"] == "K\n")
        #expect(try files(vault)[name] == (isTwin ? text : nil))
    }

    @Test("what an agent and a person wrote at once is the person's when the agent's goes")
    func conflict() throws {
        let base = try history.commit(["x.md": "one\n\ntwo\n"], time: 1_000, device: "ada")
        let bad = try history.commit(
            ["x.md": "BAD\n\ntwo\n"], on: [base], time: 2_000, device: "bot")
        let good = try history.commit(
            ["x.md": "good\n\ntwo\n"], on: [base], time: 3_000, device: "ada")
        let merged = try CommitMerge(history.repository).merge(bad, good).commit
        let vault = try vault(at: merged)
        #expect(try vault.conflicts().records.count == 1)
        let report = try vault.rollback(.init(to: base.hex, device: "bot"))
        #expect(try files(vault) == ["x.md": "good\n\ntwo\n"])
        #expect(try vault.conflicts().records.isEmpty)
        #expect(report.conflicts.isEmpty)
        _ = try vault.undo(.init())
        #expect(try vault.conflicts().records.count == 1)
    }

    @Test("of memories exactly those of an agent go, and what both touched is named")
    func memories() throws {
        func line(_ id: String, _ text: String) -> String {
            "{\"id\":\"\(id)\",\"memory\":\"\(text)\"}\n"
        }
        let file = "shared/memories/m.jsonl"
        var text = line("p0", "mine")
        let first = try history.commit([file: text], time: 1_000, device: "ada")
        var head = first
        for number in 1...20 {
            text += line("b\(number)", "bad")
            head = try history.commit(
                [file: text], on: [head], time: 1_000 + Int64(number) * 100, device: "bot")
            if number % 5 == 0 {
                text += line("p\(number)", "mine")
                head = try history.commit(
                    [file: text], on: [head], time: 1_050 + Int64(number) * 100, device: "ada")
            }
        }
        text = text.replacing(line("b3", "bad"), with: line("b3", "good after all"))
        head = try history.commit([file: text], on: [head], time: 9_000, device: "ada")
        let vault = try vault(at: head)
        let report = try vault.rollback(.init(to: first.hex, device: "bot"))
        let left = try #require(try files(vault)[file]).split(separator: "\n").map(String.init)
        var wanted = [0, 5, 10, 15, 20].map { String(line("p\($0)", "mine").dropLast()) }
        wanted.append(String(line("b3", "good after all").dropLast()))
        #expect(left.sorted() == wanted.sorted())
        #expect(report.kept.map(\.path.text) == [file])
        #expect(report.kept.first?.records == ["b3"])
    }

    @Test("what cannot be meant is refused", arguments: ["nonsense", "0000000", "HEAD~99"])
    func refused(to: String) throws {
        let vault = try vault(at: line()[2])
        #expect(throws: ChangeRefusal.self) { try vault.rollback(.init(to: to)) }
        #expect(throws: ChangeRefusal.self) { try vault.rollback(.init(to: to, device: "a")) }
    }
}

@Suite("Undo")
struct UndoTests {
    private let history = SmallHistory()

    private func edit(_ vault: Vault, _ files: [String: String], time: Int64) throws {
        let head = try #require(try vault.head())
        let next = try history.commit(files, on: [head], time: time, device: "bob")
        try history.repository.setReference("refs/heads/sync", to: next, expecting: head)
    }

    @Test("takes back a restore, and twice does it again")
    func restore() throws {
        let one = try history.commit(["a": "1\n", "b": "b\n"], time: 1_000)
        let two = try history.commit(["a": "2\n"], on: [one], time: 2_000)
        let vault = try history.vault(at: two)
        let path = try #require(TreePath("a"))
        let restored = try vault.restore(.init([path], to: one.hex))
        let undo = try vault.undo(.init())
        #expect(undo.undone == [restored.commit])
        let commit = try history.repository.commit(try #require(undo.commit))
        #expect(commit.trailer("Sync-Undoes") == restored.commit?.hex)
        #expect(commit.tree == (try history.repository.commit(two).tree))
        let redo = try vault.undo(.init())
        #expect(redo.undone == [undo.commit])
        #expect(try history.visible(at: try #require(redo.commit)) == ["a": "1\n"])
        // However often it is taken back, the subject says once of what.
        let again = try vault.undo(.init())
        let subjects = try [undo, redo, again].map {
            try history.repository.commit(#require($0.commit)).subject
        }
        let what = "\(try #require(restored.commit).short): restored a to \(one.short)"
        #expect(subjects == ["took back \(what)", "brought back \(what)", "took back \(what)"])
        _ = try vault.undo(.init())
        #expect(try vault.undo(.init(restored.commit?.hex, dryRun: true)).paths == [path])
    }

    @Test("keeps what somebody edited since, and says what is no action")
    func edited() throws {
        let one = try history.commit(["a.md": "1\n\n2\n\n3\n"], time: 1_000)
        let two = try history.commit(["a.md": "1\n\n2\n\nthree\n"], on: [one], time: 2_000)
        let vault = try history.vault(at: two)
        #expect(throws: ChangeRefusal.self) { try vault.undo(.init()) }
        _ = try vault.rollback(.init(to: one.hex))
        try edit(vault, ["a.md": "one\n\n2\n\n3\n"], time: 9_000_000)
        let undo = try vault.undo(.init())
        #expect(undo.conflicts.isEmpty)
        #expect(
            try history.visible(at: try #require(undo.commit))
                == ["a.md": "one\n\n2\n\nthree\n"])
    }

    @Test("opens again what a resolution had resolved")
    func resolve() throws {
        let none = try history.commit(["x.md": "zero\n"], time: 500)
        let one = try history.commit(["x.md": "one\n"], on: [none], time: 1_000, device: "a")
        let two = try history.commit(["x.md": "two\n"], on: [none], time: 2_000, device: "b")
        let open = try CommitMerge(history.repository).merge(one, two).commit
        let vault = try history.vault(at: open)
        let record = try #require(try vault.conflicts().records.first)
        _ = try vault.resolve(record.id, ResolveRequest(.theirs))
        #expect(try vault.conflicts().records.isEmpty)
        let undo = try vault.undo(.init())
        #expect(undo.conflicts.map(\.id) == [record.id])
        #expect(try vault.conflicts().records == [record])
        let commit = try history.repository.commit(try #require(undo.commit))
        #expect(commit.tree == (try history.repository.commit(open).tree))
    }

    /// Resolves conflicts one after the other, as one command does; an edit comes between.
    private func resolveAll(_ vault: Vault) throws -> [ObjectID] {
        var commits: [ObjectID] = []
        for record in try vault.conflicts().records {
            let file = try #require(record.path.text)
            var request = ResolveRequest(.theirs)
            request.continues = commits.last
            commits.append(try #require(try vault.resolve(record.id, request).commit))
            let head = try #require(try vault.head())
            var files = try history.files(of: history.repository.commit(head).tree)
            files["since.md", default: ""] += "after \(file)\n"
            try edit(vault, files, time: 9_000_000 + Int64(commits.count))
        }
        return commits
    }

    @Test("takes all that one command resolved back, and does it again")
    func resolves() throws {
        func set(_ word: String) -> [String: String] {
            ["x.md": "\(word) x\n", "y.md": "\(word) y\n", "z.md": "\(word) z\n"]
        }
        let none = try history.commit(set("zero"), time: 500)
        let one = try history.commit(set("one"), on: [none], time: 1_000, device: "a")
        let two = try history.commit(set("two"), on: [none], time: 2_000, device: "b")
        let vault = try history.vault(
            at: try CommitMerge(history.repository).merge(one, two).commit)
        let open = try vault.conflicts().records
        #expect(open.count == 3)
        let commits = try resolveAll(vault)
        let resolved = try history.visible(at: try #require(try vault.head()))
        let undo = try vault.undo(.init())
        #expect(undo.undone == commits.reversed())
        #expect(try vault.conflicts().records == open)
        let id = try #require(undo.commit)
        #expect(try history.visible(at: id)["since.md"] == resolved["since.md"])
        let subject = try history.repository.commit(id).subject
        #expect(subject.hasSuffix("settled z.md (theirs), and 2 before"))
        let redo = try vault.undo(.init())
        #expect(try history.visible(at: try #require(redo.commit)) == resolved)
        #expect(try vault.conflicts().records.isEmpty)
    }

    @Test("takes no more of one command back than its limit, and one that is named alone")
    func most() throws {
        let none = try history.commit(["x.md": "0\n", "y.md": "0\n"], time: 500)
        let one = try history.commit(
            ["x.md": "1\n", "y.md": "1\n"], on: [none], time: 1_000, device: "a")
        let two = try history.commit(
            ["x.md": "2\n", "y.md": "2\n"], on: [none], time: 2_000, device: "b")
        let vault = try history.vault(
            at: try CommitMerge(history.repository).merge(one, two).commit)
        let commits = try resolveAll(vault)
        let head = try #require(try vault.head())
        for limit in 1...3 {
            let found = try LastAction.find(behind: head, in: history.repository, most: limit)
            #expect(found?.commits == Array(commits.reversed().prefix(limit)))
        }
        #expect(try vault.undo(.init(commits[1].hex)).undone == [commits[1]])
        #expect(try vault.conflicts().records.map(\.path.text) == ["y.md"])
    }

    @Test("a resolve goes on from no other commit than a resolve")
    func continued() throws {
        let one = try history.commit(["x.md": "1\n"], time: 1_000, device: "a")
        let two = try history.commit(["x.md": "2\n"], time: 2_000, device: "b")
        let vault = try history.vault(
            at: try CommitMerge(history.repository).merge(one, two).commit)
        let record = try #require(try vault.conflicts().records.first)
        for other in [one, ObjectID(hashing: [1], as: .commit)] {
            var request = ResolveRequest(.theirs)
            request.continues = other
            #expect(throws: ChangeRefusal.self) { try vault.resolve(record.id, request) }
        }
        #expect(try vault.conflicts().records == [record])
    }
}

extension SmallHistory {
    /// A vault whose head is a commit, with no folder.
    func vault(at head: ObjectID) throws -> Vault {
        let old = try repository.reference("refs/heads/sync")
        try repository.setReference("refs/heads/sync", to: head, expecting: old)
        return Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: repository, folders: [], store: InMemoryStateStore(), remote: nil,
            clock: SimClock())
    }

    /// The files of a commit, without the records of conflicts.
    func visible(at commit: ObjectID) throws -> [String: String] {
        try files(of: repository.commit(commit).tree).filter { !$0.key.hasPrefix(".sync/") }
    }

    /// All objects that a commit leads to.
    func reachable(from head: ObjectID) throws -> Set<ObjectID> {
        var found: Set<ObjectID> = []
        var pending = [head]
        while let id = pending.popLast() {
            guard found.insert(id).inserted else { continue }
            let commit = try repository.commit(id)
            pending += commit.parents
            for change in try TreeDiff.changes(from: nil, to: commit.tree, reading: repository) {
                if let after = change.after { found.insert(after.id) }
            }
        }
        return found
    }
}
