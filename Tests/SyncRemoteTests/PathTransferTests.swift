import Foundation
import SyncGit
import SyncModel
import SyncRemote
import Testing

@Suite("Fetching and pushing over a path")
struct PathTransferTests {
    let fixture = try! RemoteFixture()

    @Test("an empty remote shows nothing, and takes the first push")
    func first() throws {
        let transfer = try fixture.transfer("a")
        #expect(try transfer.fetch() == RemoteSnapshot(head: nil, devices: [:]))
        let one = try fixture.commit("x/y", "one", by: "a")
        #expect(try transfer.push(one, expecting: nil, applied: one) == .accepted)
        #expect(try transfer.fetch() == RemoteSnapshot(head: one, devices: ["a": one]))
        #expect(try fixture.git("--git-dir", fixture.remote, "rev-parse", "sync") == one.hex)
        #expect(try fixture.fsck(fixture.remote) == "")
        let there = try fixture.transfer("b").fetch()
        #expect(there == RemoteSnapshot(head: one, devices: ["a": one]))
        #expect(try fixture.repository("b").commit(one).message == "one\n")
        #expect(try fixture.fsck(fixture.local("b")) == "")
    }

    @Test("a history with merges comes over whole, as one pack, and only what is missing")
    func merges() throws {
        let root = try fixture.commit("a/b/c", "root", by: "a")
        let left = try fixture.commit("a/b/d", "left", on: [root], by: "a")
        let right = try fixture.commit("e", "right", on: [root], by: "a")
        let merge = try fixture.commit("f", "merge", on: [left, right], by: "a")
        let a = try fixture.transfer("a")
        #expect(try a.push(merge, expecting: nil, applied: nil) == .accepted)
        #expect(try fixture.packs(fixture.remote) == 1)
        #expect(try fixture.transfer("b").fetch().head == merge)
        #expect(try fixture.packs(fixture.local("b")) == 1)
        #expect(try fixture.repository("b").commit(right).message == "right\n")
        #expect(
            try fixture.git("--git-dir", fixture.remote, "rev-list", "--count", "sync") == "4")

        let next = try fixture.commit("a/b/d", "next", on: [merge], by: "a")
        #expect(try a.push(next, expecting: merge, applied: nil) == .accepted)
        let b = try fixture.repository("b")
        var transfer = ObjectTransfer(from: try fixture.repository("a"), to: b)
        // The commit, the blob and the three trees above it.
        #expect(try transfer.copy([next]) == 5)
        #expect(try transfer.copy([next, merge]) == 0)
        #expect(try fixture.packs(fixture.local("b")) == 2)
        #expect(try fixture.fsck(fixture.remote) == "")
    }

    @Test(
        "what the remote has is written again up to a size, and past it only what its tree lacks",
        arguments: [0, 1])
    func sentAgain(more: Int) throws {
        let large = String(repeating: "x", count: Limits.resentBytes + more)
        let root = try fixture.commit("a/large", large, by: "a")
        let there = try fixture.repository("b")
        var transfer = ObjectTransfer(from: try fixture.repository("a"), to: there)
        #expect(try transfer.copy([root]) == 4)
        let moved = try fixture.commit("b/moved", large, on: [root], by: "a")
        let known = try there.commit(root).tree
        // The commit, its tree, the directory, and the blob that stands there under another name.
        #expect(try transfer.send([moved], beside: known) == 4 - more)
        #expect(try fixture.fsck(fixture.local("b")) == "")
    }

    @Test("what was thinned comes back, from what the remote has and whatever else is here")
    func bringBack() throws {
        let root = try fixture.commit("a/b", "root", by: "a")
        let next = try fixture.commit("a/b", "next", on: [root], by: "a")
        #expect(
            try fixture.transfer("a").push(next, expecting: nil, applied: nil) == .accepted)
        let b = try fixture.transfer("b")
        _ = try b.fetch()
        let own = try fixture.commit("c", "its own", on: [root, next], by: "b")
        let here = try fixture.repository("b")
        let tree = try here.commit(root).tree
        var objects: Set<ObjectID> = [tree]
        let entry = try #require(try here.tree(tree).entries.first)
        objects.insert(entry.id)
        // The boundary is a commit that the remote has never seen.
        let thinning = Thinning(commits: [root], objects: objects, boundary: [own])
        try here.finish(here.prepare(thinning))
        #expect(throws: RepositoryError.self) { try here.object(tree) }
        try fixture.transfer("b").bringBack()
        try here.refresh()
        #expect(try here.tree(tree).entries.first == entry)
        #expect(try here.endThinning() && !here.hasThinned)
        #expect(try fixture.fsck(fixture.local("b")) == "")

        let remote = try GitRepository(opening: fixture.remote)
        try remote.setReference("refs/heads/sync", to: nil, expecting: next)
        let nothing = #expect(throws: RemoteError.self) {
            try fixture.transfer("b").bringBack()
        }
        #expect(nothing?.code == .missing)
    }

    @Test("a branch that moved is not pushed over, whoever moved it")
    func moved() throws {
        let root = try fixture.commit("f", "root", by: "a")
        let a = try fixture.transfer("a")
        let b = try fixture.transfer("b")
        #expect(try a.push(root, expecting: nil, applied: root) == .accepted)
        _ = try b.fetch()
        let ours = try fixture.commit("f", "ours", on: [root], by: "a")
        let theirs = try fixture.commit("f", "theirs", on: [root], by: "b")
        #expect(try b.push(theirs, expecting: root, applied: theirs) == .accepted)
        #expect(try a.push(ours, expecting: root, applied: ours) == .moved)
        // Even who expects what stands there may not take it back or aside.
        for head in [ours, root] {
            #expect(try a.push(head, expecting: theirs, applied: head) == .moved)
        }
        #expect(try a.push(ours, expecting: nil, applied: ours) == .moved)
        #expect(
            try a.fetch() == RemoteSnapshot(head: theirs, devices: ["a": root, "b": theirs]))
        let merge = try fixture.commit("f", "merge", on: [ours, theirs], by: "a")
        #expect(try a.push(merge, expecting: theirs, applied: merge) == .accepted)
        #expect(try b.fetch().head == merge)
    }

    @Test("a head that the remote has already is accepted, and the device is published")
    func same() throws {
        let root = try fixture.commit("f", "root", by: "a")
        let next = try fixture.commit("f", "next", on: [root], by: "a")
        let a = try fixture.transfer("a")
        #expect(try a.push(next, expecting: nil, applied: root) == .accepted)
        #expect(try a.fetch().devices == ["a": root])
        #expect(try a.push(next, expecting: root, applied: next) == .accepted)
        #expect(try a.fetch() == RemoteSnapshot(head: next, devices: ["a": next]))
        #expect(try a.push(next, expecting: next, applied: nil) == .accepted)
        #expect(try a.fetch().devices == ["a": next])
    }

    @Test("a device that cannot be published is told, and fails no push")
    func unpublished() throws {
        let root = try fixture.commit("f", "root", by: "a")
        let next = try fixture.commit("f", "next", on: [root], by: "a")
        var told: [RepositoryError] = []
        let a = try fixture.transfer("a") { if let error = $0 { told.append(error) } }
        #expect(try a.push(root, expecting: nil, applied: next) == .accepted)
        #expect(told.map(\.code) == [.missing])
        #expect(try a.fetch() == RemoteSnapshot(head: root, devices: [:]))
    }

    @Test(
        "a good commit on top mends a past that is damaged or not there",
        arguments: ["blob", "tree", "directory"], [true, false])
    func damagedPast(_ what: String, isThere: Bool) throws {
        let first = try fixture.commit("d/f", "one", by: "a")
        let bad = try fixture.commit("d/f", "bad", on: [first], by: "a")
        let good = try fixture.commit("d/f", "good", on: [bad], by: "a")
        _ = try fixture.transfer("a").push(first, expecting: nil, applied: nil)
        let here = try fixture.transfer("b").fetch()
        #expect(here.head == first)
        _ = try fixture.transfer("a").push(good, expecting: first, applied: nil)
        // Loose, so that one of them can be spoiled.
        let rest = [
            "blob": "\(bad.hex):d/f", "tree": "\(bad.hex)^{tree}", "directory": "\(bad.hex):d",
        ]
        let id = try fixture.git("--git-dir", fixture.remote, "rev-parse", try #require(rest[what]))
        let packs = fixture.remote + "/objects/pack"
        for name in try FileManager.default.contentsOfDirectory(atPath: packs) {
            try FileManager.default.moveItem(
                atPath: "\(packs)/\(name)", toPath: "\(fixture.path)/\(name)")
            guard name.hasSuffix(".pack") else { continue }
            try fixture.git(
                "-c", "alias.unpack=!git unpack-objects -q < \(fixture.path)/\(name)",
                "--git-dir", fixture.remote, "unpack")
        }
        let file = "\(fixture.remote)/objects/\(id.prefix(2))/\(id.dropFirst(2))"
        try FileManager.default.removeItem(atPath: file)
        if isThere { #expect(mkfifo(file, 0o600) == 0) }
        try fixture.git("--git-dir", fixture.remote, "update-ref", "refs/heads/sync", bad.hex)
        try checkRefused(bad)
        try fixture.git("--git-dir", fixture.remote, "update-ref", "refs/heads/sync", good.hex)
        let b = try fixture.repository("b")
        let transfer = PathTransfer(
            local: b, remote: try ForeignRepository(opening: fixture.remote), branch: "sync",
            device: "b")
        #expect(try transfer.fetch().head == good)
        let tree = try b.commit(good).tree
        #expect(try TreeDiff.version(at: TreePath("d/f")!, of: tree, reading: b) != nil)
        #expect(b.contains(bad))
        let past = try b.commit(bad).tree
        #expect(!b.contains(past))
        #expect(!b.contains(ObjectID(hashing: Array("bad".utf8), as: .blob)))
    }

    private func checkRefused(_ bad: ObjectID) throws {
        let transfer = PathTransfer(
            local: try fixture.repository("b"),
            remote: try ForeignRepository(opening: fixture.remote), branch: "sync", device: "b")
        let error = #expect(throws: RemoteError.self) { try transfer.fetch() }
        #expect(error?.code == .corrupt)
        #expect(try fixture.repository("b").contains(bad) == false)
    }

    @Test("a damaged remote is said to be, and changes nothing here")
    func corrupt() throws {
        let root = try fixture.commit("f", "root", by: "a")
        _ = try fixture.transfer("a").push(root, expecting: nil, applied: root)
        let blob = try fixture.git("--git-dir", fixture.remote, "rev-parse", "sync:f")
        let packs = fixture.remote + "/objects/pack"
        for name in try FileManager.default.contentsOfDirectory(atPath: packs) {
            try FileManager.default.moveItem(
                atPath: "\(packs)/\(name)", toPath: "\(fixture.path)/\(name)")
        }
        let pack = try #require(
            try FileManager.default.contentsOfDirectory(atPath: fixture.path)
                .first { $0.hasSuffix(".pack") })
        try fixture.git(
            "-c", "alias.unpack=!git unpack-objects -q < \(fixture.path)/\(pack)",
            "--git-dir", fixture.remote, "unpack")
        try FileManager.default.removeItem(
            atPath: "\(fixture.remote)/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
        let transfer = try fixture.transfer("b")
        let error = #expect(throws: RemoteError.self) { try transfer.fetch() }
        #expect(error?.code == .corrupt)
        #expect(error?.cause.contains(blob) == true)
        #expect(try fixture.repository("b").contains(root) == false)
        #expect(try fixture.packs(fixture.local("b")) == 0)
    }

    @Test("two thousand files go over and come back the same")
    func many() throws {
        let repository = try fixture.repository("a")
        let pack = try repository.beginPack()
        let blobs = try pack.addBlobs(2000) { (Array(repeating: UInt8($0 & 0xff), count: $0), ()) }
        var versions: [TreePath: FileVersion?] = [:]
        for (index, blob) in blobs.enumerated() {
            let path = try #require(TreePath("d\(index % 50)/f\(index)"))
            versions[path] = FileVersion(mode: .regular, id: try #require(blob.id))
        }
        let tree = try TreeEdit.apply(versions, to: nil, reading: repository, writing: pack)
        let who = Signature(name: "a", email: "a@b", seconds: 1)
        let head = try pack.add(
            .commit,
            Commit(tree: tree, parents: [], author: who, committer: who, message: "m\n")
                .serialized)
        try pack.finish()
        let push = try fixture.transfer("a").push(head, expecting: nil, applied: nil)
        #expect(push == .accepted)
        #expect(try fixture.transfer("b").fetch().head == head)
        #expect(
            try TreeDiff.changes(from: nil, to: tree, reading: fixture.repository("b")).count
                == 2000)
        #expect(try fixture.fsck(fixture.remote) == "")
        #expect(try fixture.packs(fixture.remote) == 1)
    }
}
