import Foundation
import SyncModel
import SyncRemote
import Testing

/// What is remembered of a server from one call to the next, and for how long.
@Suite("What a server cannot give, or does not take")
struct ServerMemoryTests {
    let fixture = try! RemoteFixture()

    /// Lets a device at the remote name a commit whose one file is nowhere.
    @discardableResult private func nameLost() throws -> ObjectID {
        let tree = fixture.path + "/tree"
        let blob = ObjectID(hashing: Array("nowhere".utf8), as: .blob).hex
        try "100644 blob \(blob)\tf\n".write(toFile: tree, atomically: true, encoding: .utf8)
        let id = try fixture.git(
            "-c", "alias.tree=!git mktree --missing < \(tree)", "--git-dir", fixture.remote, "tree")
        let lost = try fixture.git("--git-dir", fixture.remote, "commit-tree", id, "-m", "lost")
        try fixture.git("--git-dir", fixture.remote, "update-ref", "refs/sync/devices/x", lost)
        return try #require(ObjectID(hex: lost))
    }

    @Test("a device's commit that is not whole there is asked for once, and not with each fetch")
    func lacking() async throws {
        let server = try GitServer(.https, fixture)
        let a = try server.remote("a", fixture)
        let one = try fixture.commit("f", "one", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: one) == .accepted)
        try nameLost()
        let b = try server.remote("b", fixture)
        let whole = RemoteSnapshot(head: one, devices: ["a": one])
        #expect(try await b.fetch() == whole)
        let two = try fixture.commit("f", "two", on: [one], by: "a")
        #expect(try await a.push(two, expecting: one, applied: nil) == .accepted)
        // A push to tell where the fetches before it end.
        func isPush(_ request: [String]) -> Bool { request[1].hasSuffix("git-receive-pack") }
        var known = 0
        while try server.requests(after: known, count: 1).first.map(isPush) != true { known += 1 }
        while try server.requests(after: known, count: 1).first.map(isPush) != false { known += 1 }
        while try server.requests(after: known, count: 1).first.map(isPush) != true { known += 1 }
        known += 1
        let next = RemoteSnapshot(head: two, devices: ["a": one])
        for _ in 0..<3 { #expect(try await b.fetch() == next) }
        let three = try fixture.commit("f", "three", on: [two], by: "a")
        #expect(try await a.push(three, expecting: two, applied: nil) == .accepted)
        // Three looks, what is new with the first of them, and the push.
        let asked = try server.requests(after: known, count: 5)
        #expect(asked.prefix(5).map(isPush) == [false, false, false, false, true])
    }

    @Test("a device that it did not let say how far it is tries again after a while")
    func refused() async throws {
        let server = try GitServer(.https, fixture)
        let config = ["--git-dir", fixture.remote, "config"]
        try fixture.git(config + ["receive.hideRefs", "refs/sync"])
        let one = try fixture.commit("f", "one", by: "a")
        let remotes = [Limits.serverMemory, .zero].map { ($0, $0 == .zero) }
        for (memory, isPublished) in remotes {
            let a = try server.remote("a", fixture, memory: memory)
            let before = isPublished ? one : nil
            #expect(try await a.push(one, expecting: before, applied: one) == .accepted)
            try fixture.git(config + ["--unset-all", "receive.hideRefs"])
            #expect(try await a.push(one, expecting: one, applied: one) == .accepted)
            #expect(try await a.fetch().devices == (isPublished ? ["a": one] : [:]))
            try fixture.git(config + ["receive.hideRefs", "refs/sync"])
        }
    }

    @Test("a hook that takes the branch alone gets it in the same push, each time it is asked anew")
    func hook() async throws {
        let server = try GitServer(.https, fixture)
        let hook = fixture.remote + "/hooks/pre-receive"
        let text =
            "#!/bin/sh\nwhile read -r old new name; do "
            + "case $name in refs/sync/*) exit 1 ;; esac; done\n"
        try text.write(toFile: hook, atomically: true, encoding: .utf8)
        chmod(hook, 0o755)
        let a = try server.remote("a", fixture, memory: .zero)
        var before: ObjectID?
        for number in 1...2 {
            let parents = before.map { [$0] } ?? []
            let commit = try fixture.commit("f", "\(number)", on: parents, by: "a")
            #expect(try await a.push(commit, expecting: before, applied: commit) == .accepted)
            before = commit
        }
    }

    @Test("what it could not give is asked for again after a while, and another commit at once")
    func again() async throws {
        let server = try GitServer(.https, fixture)
        let a = try server.remote("a", fixture)
        let one = try fixture.commit("f", "one", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: nil) == .accepted)
        let lost = try nameLost()
        let forgetful = try server.remote("a", fixture, memory: .zero)
        let b = try server.remote("b", fixture)
        for remote in [forgetful, b] { #expect(try await remote.fetch().devices == [:]) }
        let file = fixture.path + "/nowhere"
        try "nowhere".write(toFile: file, atomically: true, encoding: .utf8)
        try fixture.git("--git-dir", fixture.remote, "hash-object", "-w", file)
        #expect(try await forgetful.fetch().devices == ["x": lost])
        #expect(try await b.fetch().devices == [:])
        try fixture.git("--git-dir", fixture.remote, "update-ref", "refs/sync/devices/x", one.hex)
        #expect(try await b.fetch().devices == ["x": one])
    }
}
