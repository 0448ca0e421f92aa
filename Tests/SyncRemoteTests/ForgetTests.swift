import Foundation
import SyncModel
import SyncRemote
import Testing

@Suite("Forgetting a device at the remote")
struct ForgetTests {
    let fixture = try! RemoteFixture()

    /// Two devices say how far they are, one is forgotten and comes back.
    private func check(_ a: any RemoteLink, _ b: any RemoteLink) async throws {
        let one = try fixture.commit("f", "one", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: one) == .accepted)
        _ = try await b.fetch()
        let two = try fixture.commit("f", "two", on: [one], by: "b")
        #expect(try await b.push(two, expecting: one, applied: two) == .accepted)
        #expect(try await a.fetch().devices == ["a": one, "b": two])
        try fixture.git("--git-dir", fixture.remote, "pack-refs", "--all")
        #expect(try await a.forget("nobody") == false)
        #expect(try await a.forget("../heads/sync") == false)
        #expect(try await a.forget("b"))
        #expect(try await a.forget("b") == false)
        let seen = try await a.fetch()
        #expect(seen == RemoteSnapshot(head: two, devices: ["a": one]))
        let names = try fixture.git(
            "--git-dir", fixture.remote, "for-each-ref", "--format=%(refname)")
        #expect(names == "refs/heads/sync\nrefs/sync/devices/a")
        _ = try await b.fetch()
        #expect(try await b.push(two, expecting: two, applied: two) == .accepted)
        #expect(try await a.fetch().devices == ["a": one, "b": two])
        #expect(try await a.forget("b"))
        #expect(try fixture.fsck(fixture.remote) == "")
    }

    @Test("over a path, loose or packed")
    func path() async throws {
        try await check(try fixture.pathRemote("a"), try fixture.pathRemote("b"))
    }

    @Test("over a network", arguments: GitServer.Wire.allCases)
    func network(_ wire: GitServer.Wire) async throws {
        let server = try GitServer(wire, fixture)
        try await check(try server.remote("a", fixture), try server.remote("b", fixture))
    }

    @Test("is refused with words where the remote deletes nothing")
    func refused() async throws {
        let server = try GitServer(.https, fixture)
        let a = try server.remote("a", fixture)
        let one = try fixture.commit("f", "one", by: "a")
        #expect(try await a.push(one, expecting: nil, applied: one) == .accepted)
        let hook = "\(fixture.remote)/hooks/pre-receive"
        try FileManager.default.createDirectory(
            atPath: "\(fixture.remote)/hooks", withIntermediateDirectories: true)
        try Data("#!/bin/sh\nexit 1\n".utf8).write(to: URL(filePath: hook))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let refusal = await #expect(throws: RemoteError.self) { try await a.forget("a") }
        #expect(refusal?.description.contains("forget a") ?? false)
        #expect(try await a.fetch().devices == ["a": one])
    }
}
