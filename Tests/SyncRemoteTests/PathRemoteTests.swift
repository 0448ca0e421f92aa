import Foundation
import SyncGit
import SyncModel
import SyncRemote
import Testing

@Suite("A remote on a path")
struct PathRemoteTests {
    let fixture = try! RemoteFixture()

    @Test(
        "what counts as a path",
        arguments: [
            ("/a/b.git", "/a/b.git"), ("../b", "../b"), ("file:///a%20b", "/a b"),
            ("file://localhost/x", "/x"), ("./a:b", "./a:b"), ("file://host/x", nil),
            ("https://h/x", nil), ("ssh://h/x", nil), ("host:x", nil), ("git@h:x/y", nil),
            ("file:///a%2", nil), ("", nil),
        ])
    func paths(url: String, path: String?) {
        #expect(RemotePath(url)?.path == path)
    }

    @Test("two devices meet, and git clones what they made")
    func meet() async throws {
        let a = try fixture.pathRemote("a")
        let b = try fixture.pathRemote("b")
        var head = try fixture.commit("f", "0", by: "a")
        #expect(try await a.push(head, expecting: nil, applied: head) == .accepted)
        for turn in 1...6 {
            let (device, remote) = turn % 2 == 0 ? ("a", a) : ("b", b)
            let seen = try await remote.fetch()
            #expect(seen.head == head)
            let next = try fixture.commit("f", "\(turn)", on: [head], by: device)
            #expect(try await remote.push(next, expecting: head, applied: next) == .accepted)
            head = next
        }
        try fixture.git("clone", "-q", "-b", "sync", fixture.remote, fixture.path + "/clone")
        let text = try String(contentsOfFile: fixture.path + "/clone/f", encoding: .utf8)
        #expect(text == "6")
        #expect(try fixture.fsck(fixture.remote) == "")
    }

    /// Lets a remote lose as many pushes as give it the next turn.
    /// - Returns: the head that the other pushed last.
    private func outrun(_ a: PathRemote, by b: PathRemote) async throws -> ObjectID {
        var head = try fixture.commit("f", "0", by: "a")
        #expect(try await a.push(head, expecting: nil, applied: nil) == .accepted)
        for turn in 1...Limits.turnTries {
            let seen = try await a.fetch().head
            let own = try fixture.commit("of-a", "\(turn)", on: [head], by: "a")
            _ = try await b.fetch()
            head = try fixture.commit("f", "\(turn)", on: [head], by: "b")
            #expect(try await b.push(head, expecting: seen, applied: nil) == .accepted)
            #expect(try await a.push(own, expecting: seen, applied: nil) == .moved)
        }
        return head
    }

    @Test("who was outrun twice has the next turn, and who waits for it does not wait for ever")
    func turns() async throws {
        let a = try fixture.pathRemote("a")
        let b = try fixture.pathRemote("b")
        let head = try await outrun(a, by: b)
        // b would be faster again.
        #expect(try await a.fetch().head == head)
        _ = try await b.fetch()
        let late = try fixture.commit("f", "late", on: [head], by: "b")
        #expect(try await b.push(late, expecting: head, applied: nil) == .moved)
        let own = try fixture.commit("of-a", "at last", on: [head], by: "a")
        #expect(try await a.push(own, expecting: head, applied: nil) == .accepted)
        #expect(try await b.fetch().head == own)
        let next = try fixture.commit("f", "next", on: [own], by: "b")
        #expect(try await b.push(next, expecting: own, applied: nil) == .accepted)
    }

    @Test("a turn that does not end is waited for as long as the limit says")
    func longTurn() {
        let (start, directory) = (ContinuousClock().now, fixture.remote)
        var (has, waits) = (PushTurn(), PushTurn())
        for _ in 0..<Limits.turnTries {
            let isTaken = has.take(in: directory)
            #expect(isTaken == nil)
            has.pushed(.moved)
        }
        let number = has.take(in: directory)
        #expect(number == 1)
        func mayPush(at now: ContinuousClock.Instant) -> Bool {
            let may = waits.mayPush(to: directory, at: now)
            if !may { waits.pushed(.moved) }
            return may
        }
        #expect(!mayPush(at: start))
        #expect(!mayPush(at: start + Limits.turnTime - .milliseconds(1)))
        #expect(mayPush(at: start + Limits.turnTime))
        waits.pushed(.accepted)
        #expect(!mayPush(at: start + Limits.turnTime * 2))
        has.end(2)
        #expect(!mayPush(at: start + Limits.turnTime * 2))
        has.end(1)
        #expect(mayPush(at: start + Limits.turnTime * 2))
    }

    @Test("a turn ends with a push that fails, and by itself where none comes")
    func turnsEnd() async throws {
        let (a, b) = (try fixture.pathRemote("a"), try fixture.pathRemote("b"))
        let head = try await outrun(a, by: b)
        _ = try await a.fetch()
        let absent = ObjectID(hashing: [1], as: .commit)
        await #expect(throws: RemoteError.self) {
            try await a.push(absent, expecting: head, applied: nil)
        }
        #expect(!DirectoryLock.isTaken(fixture.remote))
        _ = try await a.fetch()
        #expect(DirectoryLock.isTaken(fixture.remote))
        let start = ContinuousClock().now
        while DirectoryLock.isTaken(fixture.remote) {
            try #require(ContinuousClock().now - start < Limits.turnTime * 4)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(ContinuousClock().now - start > Limits.turnTime * 0.8)
    }

    @Test("what git pushes is fetched, and git's gc at the remote changes nothing")
    func withGit() async throws {
        let a = try fixture.pathRemote("a")
        let one = try fixture.commit("f", "1", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: one) == .accepted)
        let clone = fixture.path + "/clone"
        try fixture.git("clone", "-q", "-b", "sync", fixture.remote, clone)
        try fixture.git("-C", clone, "commit", "-q", "--allow-empty", "-m", "by git")
        try fixture.git("-C", clone, "push", "-q")
        let two = try #require(
            ObjectID(hex: try fixture.git("-C", clone, "rev-parse", "HEAD")))
        #expect(try await a.fetch() == RemoteSnapshot(head: two, devices: ["a": one]))
        try fixture.git("--git-dir", fixture.remote, "gc", "-q", "--prune=now")
        let three = try fixture.commit("f", "3", on: [two], by: "a")
        #expect(try await a.push(three, expecting: two, applied: three) == .accepted)
        let b = try fixture.pathRemote("b")
        #expect(try await b.fetch() == RemoteSnapshot(head: three, devices: ["a": three]))
        #expect(try fixture.fsck(fixture.remote) == "")
    }

    @Test("a remote that is not there says how to make it, and works once it is made")
    func missing() async throws {
        try FileManager.default.removeItem(atPath: fixture.remote)
        let a = try fixture.pathRemote("a")
        #expect(a.watchPaths == [])
        let error = await #expect(throws: RemoteError.self) { _ = try await a.fetch() }
        #expect(error?.code == .missing)
        let hint = try #require(error?.hint)
        #expect(hint.hasPrefix("git init --bare \(fixture.remote), unless"))
        #expect(hint.contains("a disk that is not mounted"))
        try Data().write(to: URL(fileURLWithPath: fixture.remote))
        let file = await #expect(throws: RemoteError.self) { _ = try await a.fetch() }
        #expect(file?.cause.hasSuffix("remote.git is a file and no git repository") == true)
        try FileManager.default.removeItem(atPath: fixture.remote)
        try FileManager.default.createDirectory(
            atPath: fixture.remote, withIntermediateDirectories: false)
        let plain = await #expect(throws: RemoteError.self) { _ = try await a.fetch() }
        #expect(plain?.code == .missing)
        #expect(plain?.cause.contains("not a git repository") == true)
        #expect(plain?.hint?.hasPrefix("\(fixture.remote) is empty: mount the disk") == true)
        try fixture.git("init", "-q", "--bare", fixture.remote)
        #expect(try await a.fetch().head == nil)
    }

    @Test("where a disk may be away nobody is told to make a repository in its place")
    func unmounted() throws {
        let point = fixture.path + "/mnt"
        func hint(_ path: String) throws -> String {
            let error = #expect(throws: RemoteError.self) {
                _ = try #require(RemotePath(path)).directory
            }
            return try #require(error?.hint)
        }
        for path in ["\(point)/notes.git", "file://\(point)/notes.git", "\(point)/notes.git/"] {
            #expect(
                try hint(path)
                    == "\(point) is not there either: mount its disk, or check repository.remote")
        }
        try FileManager.default.createDirectory(
            atPath: point, withIntermediateDirectories: false)
        for path in ["\(point)/notes.git", point] {
            #expect(
                try hint(path)
                    == "\(point) is empty: mount the disk that belongs there; when none does, "
                    + "git init --bare \(path)")
        }
    }

    @Test("a remote that was replaced is opened anew")
    func replaced() async throws {
        let a = try fixture.pathRemote("a")
        let one = try fixture.commit("f", "1", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: nil) == .accepted)
        try FileManager.default.moveItem(
            atPath: fixture.remote, toPath: fixture.path + "/old.git")
        let gone = await #expect(throws: RemoteError.self) { _ = try await a.fetch() }
        #expect(gone?.code == .missing)
        try fixture.git("init", "-q", "--bare", fixture.remote)
        #expect(try await a.fetch().head == nil)
        #expect(try await a.push(one, expecting: one, applied: nil) == .moved)
        #expect(try await a.push(one, expecting: nil, applied: nil) == .accepted)
        #expect(try fixture.fsck(fixture.remote) == "")
    }

    @Test("a branch that somebody has checked out is not moved under them")
    func checkedOut() async throws {
        let work = fixture.path + "/work"
        try fixture.git("init", "-q", "-b", "sync", work)
        let one = try fixture.commit("f", "1", by: "a")
        func remote(_ branch: String) throws -> PathRemote {
            PathRemote(
                local: fixture.local("a"), remote: try #require(RemotePath(work)),
                branch: branch, device: "a")
        }
        let outcome = try await remote("sync").push(one, expecting: nil, applied: nil)
        guard case .declined(let words) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(words.contains("checked out"))
        #expect(try await remote("other").push(one, expecting: nil, applied: nil) == .accepted)
    }

    @Test("a branch that a linked worktree has checked out is not moved under it")
    func linked() async throws {
        let remote = try fixture.pathRemote("a")
        let one = try fixture.commit("f", "1", by: "a")
        #expect(try await remote.push(one, expecting: nil, applied: nil) == .accepted)
        let work = fixture.path + "/linked"
        try fixture.git("-C", fixture.remote, "worktree", "add", "-q", work, "sync")
        let two = try fixture.commit("f", "2", on: [one], by: "a")
        guard case .declined(let words) = try await remote.push(two, expecting: one, applied: nil)
        else {
            Issue.record("it was moved")
            return
        }
        #expect(words.contains("checked out in its worktree linked"))
        // As git has it, any other branch may be.
        try fixture.git("-C", work, "checkout", "-q", "-b", "other")
        #expect(try await remote.push(two, expecting: one, applied: nil) == .accepted)
    }

    @Test("every directory that a push changes is watched")
    func watchPaths() async throws {
        let remote = try fixture.pathRemote("a", branch: "team/sync")
        let base = [fixture.remote, fixture.remote + "/refs", fixture.remote + "/refs/heads"]
        #expect(remote.watchPaths == base)
        let one = try fixture.commit("f", "1", by: "a")
        #expect(try await remote.push(one, expecting: nil, applied: nil) == .accepted)
        #expect(remote.watchPaths == base + [fixture.remote + "/refs/heads/team"])
    }

    @Test("of many devices that push at once each gets its turn, and no commit is lost")
    func race() async throws {
        try GitRepository.create(at: fixture.local("c"), branch: "sync")
        let rounds = 15
        try await withThrowingTaskGroup(of: Void.self) { group in
            for device in ["a", "b", "c"] {
                let remote = try fixture.pathRemote(device)
                let commit: @Sendable (Int, ObjectID?) throws -> ObjectID = {
                    [local = fixture.local(device)] round, parent in
                    try Self.commit(device, round, on: parent, in: local)
                }
                group.addTask {
                    for round in 0..<rounds {
                        var outcome = PushOutcome.moved
                        var tries = 0
                        while outcome != .accepted {
                            tries += 1
                            try #require(tries < 1000)
                            let head = try await remote.fetch().head
                            let next = try commit(round, head)
                            outcome = try await remote.push(next, expecting: head, applied: nil)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let files = try fixture.git("--git-dir", fixture.remote, "ls-tree", "--name-only", "sync")
        #expect(files.split(separator: "\n").count == 3 * rounds)
        let count = try fixture.git("--git-dir", fixture.remote, "rev-list", "--count", "sync")
        #expect(count == "\(3 * rounds)")
        #expect(try fixture.fsck(fixture.remote) == "")
    }

    /// Commits one more file.
    private static func commit(
        _ device: String, _ round: Int, on parent: ObjectID?, in path: String
    ) throws -> ObjectID {
        let repository = try GitRepository(opening: path)
        let pack = try repository.beginPack()
        let blob = try pack.add(.blob, [])
        let root = try parent.map { try repository.commit($0).tree }
        let file = try #require(TreePath("\(device)\(round)"))
        let tree = try TreeEdit.apply(
            [file: FileVersion(mode: .regular, id: blob)], to: root, reading: repository,
            writing: pack)
        let who = Signature(name: device, email: "", seconds: Int64(round))
        let commit = Commit(
            tree: tree, parents: parent.map { [$0] } ?? [], author: who, committer: who,
            message: "m\n")
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        return id
    }
}
