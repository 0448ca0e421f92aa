import Foundation
import SyncModel
import SyncRemote
import Testing

/// What is damaged here is not told as damage of the remote.
@Suite("Damage in this device's own repository")
struct OwnDamageTests {
    let fixture = try! RemoteFixture()

    /// A commit upon another whose pack is lost again.
    private func lost(upon one: ObjectID) throws -> ObjectID {
        let directory = fixture.local("a") + "/objects/pack"
        let before = Set(try FileManager.default.contentsOfDirectory(atPath: directory))
        let two = try fixture.commit("g", "two", on: [one], by: "a")
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where !before.contains(name) {
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
        return two
    }

    @Test("is told as such by a push to a server")
    func network() async throws {
        let server = try GitServer(.https, fixture)
        let one = try fixture.commit("f", "one", by: "a")
        _ = try await server.remote("a", fixture).push(one, expecting: nil, applied: nil)
        let two = try lost(upon: one)
        let error = await #expect(throws: RemoteError.self) {
            _ = try await server.remote("a", fixture).push(two, expecting: one, applied: nil)
        }
        #expect(error?.own?.code == .missing && error?.hint == nil, "\(error as Any)")
    }

    @Test("is told as such by a push to a path; what the remote has wrong is still its own")
    func path() throws {
        let one = try fixture.commit("f", "one", by: "a")
        _ = try fixture.transfer("a").push(one, expecting: nil, applied: nil)
        let two = try lost(upon: one)
        let error = #expect(throws: RemoteError.self) {
            _ = try fixture.transfer("a").push(two, expecting: one, applied: nil)
        }
        #expect(error?.own?.code == .missing && error?.hint == nil, "\(error as Any)")
        let reference = fixture.remote + "/refs/heads/sync"
        try "no name\n".write(toFile: reference, atomically: true, encoding: .utf8)
        let other = #expect(throws: RemoteError.self) {
            _ = try fixture.transfer("a").push(one, expecting: one, applied: nil)
        }
        #expect(other != nil && other?.own == nil, "\(other as Any)")
    }
}
