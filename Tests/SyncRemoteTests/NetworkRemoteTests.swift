import Foundation
import SyncGit
import SyncModel
import SyncRemote
import Testing

@Suite("Fetching and pushing over a network")
struct NetworkRemoteTests {
    let fixture = try! RemoteFixture()

    @Test(
        "an empty remote takes the first push, and another device fetches it",
        arguments: GitServer.Wire.allCases)
    func first(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let a = try server.remote("a", fixture)
        #expect(try await a.fetch() == RemoteSnapshot(head: nil, devices: [:]))
        let one = try fixture.commit("x/y", "one", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: one) == .accepted)
        #expect(try await a.fetch() == RemoteSnapshot(head: one, devices: ["a": one]))
        #expect(try fixture.git("--git-dir", fixture.remote, "rev-parse", "sync") == one.hex)
        let b = try server.remote("b", fixture)
        #expect(try await b.fetch() == RemoteSnapshot(head: one, devices: ["a": one]))
        #expect(try fixture.repository("b").commit(one).message == "one\n")
        for repository in [fixture.remote, fixture.local("b")] {
            #expect(try fixture.fsck(repository) == "")
        }
    }

    @Test("more objects than one request asks for are asked for in several")
    func confirmed() async throws {
        let server = try GitServer(.https, fixture)
        let pack = try GitRepository(opening: fixture.remote).beginPack()
        var there: [ObjectID] = []
        for number in 0...Limits.askedObjects {
            there.append(try pack.add(.blob, Array("\(number)".utf8)))
        }
        try pack.finish()
        let a = try server.remote("a", fixture)
        try await a.confirm(there)
        try await a.confirm(Array(there.dropLast()))
        let nowhere = ObjectID(hashing: [], as: .blob)
        for most in [0, Limits.askedObjects] {
            let refusal = await #expect(throws: RemoteError.self) {
                try await a.confirm(Array(there[..<most]) + [nowhere])
            }
            #expect(refusal?.cause.contains(nowhere.hex) == true)
        }
    }

    @Test(
        "a branch that moved is not pushed over, whoever moved it",
        arguments: GitServer.Wire.allCases)
    func moved(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let root = try fixture.commit("f", "root", by: "a")
        let a = try server.remote("a", fixture)
        let b = try server.remote("b", fixture)
        #expect(try await a.push(root, expecting: nil, applied: root) == .accepted)
        _ = try await b.fetch()
        let ours = try fixture.commit("f", "ours", on: [root], by: "a")
        let theirs = try fixture.commit("f", "theirs", on: [root], by: "b")
        #expect(try await b.push(theirs, expecting: root, applied: theirs) == .accepted)
        #expect(try await a.push(ours, expecting: root, applied: ours) == .moved)
        for head in [ours, root] {
            #expect(try await a.push(head, expecting: theirs, applied: head) == .moved)
        }
        #expect(try await a.push(ours, expecting: nil, applied: ours) == .moved)
        let seen = try await a.fetch()
        #expect(seen == RemoteSnapshot(head: theirs, devices: ["a": root, "b": theirs]))
        let merge = try fixture.commit("f", "merge", on: [ours, theirs], by: "a")
        #expect(try await a.push(merge, expecting: theirs, applied: merge) == .accepted)
        #expect(try await b.fetch().head == merge)
        #expect(try fixture.fsck(fixture.remote) == "")
    }

    @Test(
        "a head that the remote has already is accepted, and the device is published",
        arguments: [GitServer.Wire.https, .ssh])
    func same(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let root = try fixture.commit("f", "root", by: "a")
        let next = try fixture.commit("f", "next", on: [root], by: "a")
        let a = try server.remote("a", fixture)
        #expect(try await a.push(next, expecting: nil, applied: root) == .accepted)
        #expect(try await a.fetch().devices == ["a": root])
        #expect(try await a.push(next, expecting: next, applied: next) == .accepted)
        #expect(try await a.fetch() == RemoteSnapshot(head: next, devices: ["a": next]))
        #expect(try await a.push(next, expecting: next, applied: next) == .accepted)
    }

    @Test(
        "a remote that lets nobody publish a device still takes the branch, and is asked once",
        arguments: [GitServer.Wire.https, .ssh])
    func unpublished(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        try fixture.git(
            "--git-dir", fixture.remote, "config", "receive.hideRefs", "refs/sync")
        let root = try fixture.commit("f", "root", by: "a")
        let a = try server.remote(
            "a", fixture,
            unpublished: { error in
                #expect(error?.operation.contains("refs/sync/devices/a") == true)
            })
        #expect(try await a.push(root, expecting: nil, applied: root) == .accepted)
        #expect(try await a.fetch() == RemoteSnapshot(head: root, devices: [:]))
        #expect(try await a.push(root, expecting: root, applied: root) == .accepted)
    }

    @Test(
        "a look says where the branch stands, and needs no repository of its own",
        arguments: GitServer.Wire.allCases)
    func look(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let root = try fixture.commit("f", "root", by: "a")
        let nobody = try server.remote("nobody", fixture)
        #expect(try await nobody.probe(within: .seconds(20), isWriting: true) == nil)
        _ = try await server.remote("a", fixture).push(root, expecting: nil, applied: root)
        #expect(try await nobody.probe(within: .seconds(20)) == root)
        await nobody.networkChanged()
        #expect(try await nobody.probe(within: .seconds(20), isWriting: true) == root)
        let missing = try server.remote("nobody", fixture, path: "none.git")
        let error = await #expect(throws: RemoteError.self) {
            try await missing.probe(within: .seconds(20))
        }
        #expect(error?.code == .missing)
    }

    @Test("a hook's words come back, safe to print", arguments: [GitServer.Wire.https, .ssh])
    func hook(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let hook = fixture.remote + "/hooks/pre-receive"
        try "#!/bin/sh\nprintf 'no \\033[31mred\\033[0m\\007 files\\nask Ada\\n' >&2\nexit 1\n"
            .write(toFile: hook, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let root = try fixture.commit("f", "root", by: "a")
        let a = try server.remote("a", fixture)
        guard case .declined(let words) = try await a.push(root, expecting: nil, applied: root)
        else {
            Issue.record("it was not declined")
            return
        }
        #expect(words.contains("pre-receive hook declined; it says: no red files ask Ada"))
        #expect(try await a.fetch().head == nil)
    }

    @Test("twenty commits at once are pushed and fetched", arguments: GitServer.Wire.allCases)
    func twenty(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let a = try server.remote("a", fixture)
        let b = try server.remote("b", fixture)
        #expect(try await a.fetch() == RemoteSnapshot(head: nil, devices: [:]))
        var head = try fixture.commit("f", "0", by: "a")
        #expect(try await a.push(head, expecting: nil, applied: head) == .accepted)
        #expect(try await b.fetch() == RemoteSnapshot(head: head, devices: ["a": head]))
        for number in 1...20 {
            head = try fixture.commit("f", "\(number)", on: [head], by: "a")
        }
        let before = try await a.fetch().head
        #expect(try await a.push(head, expecting: before, applied: nil) == .accepted)
        #expect(try await b.fetch().head == head)
        #expect(try fixture.fsck(fixture.local("b")) == "")
        #expect(try await b.fetch().head == head)
    }

    @Test(
        "ten thousand files go over and come back the same",
        arguments: [GitServer.Wire.https, .ssh])
    func many(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let repository = try fixture.repository("a")
        let pack = try repository.beginPack()
        let blobs = try pack.addBlobs(10_000) { (Array("file \($0)\n".utf8), ()) }
        var versions: [TreePath: FileVersion?] = [:]
        for (index, blob) in blobs.enumerated() {
            let path = try #require(TreePath("d\(index % 100)/f\(index)"))
            versions[path] = FileVersion(mode: .regular, id: try #require(blob.id))
        }
        let tree = try TreeEdit.apply(versions, to: nil, reading: repository, writing: pack)
        let who = Signature(name: "a", email: "a@b", seconds: 1)
        let head = try pack.add(
            .commit,
            Commit(tree: tree, parents: [], author: who, committer: who, message: "m\n")
                .serialized)
        try pack.finish()
        let a = try server.remote("a", fixture)
        #expect(try await a.push(head, expecting: nil, applied: nil) == .accepted)
        #expect(try await server.remote("b", fixture).fetch().head == head)
        #expect(
            try TreeDiff.changes(from: nil, to: tree, reading: fixture.repository("b")).count
                == 10_000)
        #expect(try fixture.fsck(fixture.local("b")) == "")
    }

    @Test(
        "a large file is sent piece by piece and comes back the same",
        arguments: [GitServer.Wire.https, .https1, .ssh])
    func large(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let noise = try fixture.git("-c", "alias.n=!head -c 1500000 /dev/urandom | base64", "n")
        let head = try fixture.commit("large", noise, by: "a")
        let a = try server.remote("a", fixture)
        #expect(try await a.push(head, expecting: nil, applied: nil) == .accepted)
        let b = try server.remote("b", fixture)
        #expect(try await b.fetch().head == head)
        #expect(try fixture.fsck(fixture.local("b")) == "")
    }

    @Test(
        "a submodule in a tree is carried, its commit is not asked for",
        arguments: [GitServer.Wire.https, .ssh])
    func submodule(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        let repository = try fixture.repository("a")
        let pack = try repository.beginPack()
        let there = ObjectID(hashing: [1], as: .commit)
        let tree = try pack.add(
            .tree,
            Tree(sorting: [TreeEntry(name: Array("sub".utf8), mode: .submodule, id: there)])
                .serialized)
        let who = Signature(name: "a", email: "a@b", seconds: 1)
        let head = try pack.add(
            .commit,
            Commit(tree: tree, parents: [], author: who, committer: who, message: "m\n")
                .serialized)
        try pack.finish()
        let a = try server.remote("a", fixture)
        #expect(try await a.push(head, expecting: nil, applied: nil) == .accepted)
        #expect(try await server.remote("b", fixture).fetch().head == head)
    }

    @Test("a reference that leads to no commit is damage when it is the branch, else let be")
    func noCommit() async throws {
        let server = try GitServer(.https, fixture)
        let root = try fixture.commit("f", "root", by: "a")
        let a = try server.remote("a", fixture)
        #expect(try await a.push(root, expecting: nil, applied: nil) == .accepted)
        let tree = try fixture.git("--git-dir", fixture.remote, "rev-parse", "sync^{tree}")
        try fixture.git("--git-dir", fixture.remote, "update-ref", "refs/sync/devices/x", tree)
        #expect(try await a.fetch() == RemoteSnapshot(head: root, devices: [:]))
        try "\(tree)\n".write(
            toFile: fixture.remote + "/refs/heads/sync", atomically: true, encoding: .utf8)
        let error = await #expect(throws: RemoteError.self) { try await a.fetch() }
        #expect(error?.code == .corrupt)
    }
}
