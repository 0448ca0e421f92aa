import Foundation
import SyncGit
import SyncModel
import SyncRemote
import Testing

/// A file system of one MiB of its own.
final class SmallFileSystem {
    let path: String

    /// Whether this process may mount one.
    static let isPossible: Bool = {
        do {
            _ = try SmallFileSystem()
            return true
        } catch { return false }
    }()

    struct Refused: Error {}

    init() throws {
        var template = Array("/tmp/syncd-small-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
        path = String(cString: try #require(made))
        guard try Self.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path) else {
            rmdir(path)
            throw Refused()
        }
    }

    deinit {
        do { _ = try Self.run("umount", "-l", path) } catch { Issue.record("\(error)") }
        rmdir(path)
    }

    func makeReadOnly() throws {
        guard try Self.run("mount", "-o", "remount,ro", path) else { throw Refused() }
    }

    private static func run(_ arguments: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite(
    "A remote that takes no more",
    .enabled(if: SmallFileSystem.isPossible, "mounting a tmpfs needs root"))
struct FullDiskTests {
    let fixture = try! RemoteFixture()
    let disk = try! SmallFileSystem()

    func remote() throws -> PathRemote {
        try fixture.git("init", "-q", "--bare", "--template=", disk.path + "/r.git")
        return PathRemote(
            local: fixture.local("a"), remote: try #require(RemotePath(disk.path + "/r.git")),
            branch: "sync", device: "a")
    }

    @Test("a full disk is said to be full, keeps what it had, and works when there is room")
    func full() async throws {
        let remote = try remote()
        let one = try fixture.commit("f", "1", by: "a")
        #expect(try await remote.push(one, expecting: nil, applied: one) == .accepted)
        let noise = String(
            decoding: (0..<(2 << 20)).map { _ in UInt8.random(in: 32...126) }, as: UTF8.self)
        let two = try fixture.commit("g", noise, on: [one], by: "a")
        let error = await #expect(throws: RemoteError.self) {
            _ = try await remote.push(two, expecting: one, applied: two)
        }
        #expect(error?.code == .noSpace)
        #expect(try await remote.fetch() == RemoteSnapshot(head: one, devices: ["a": one]))
        #expect(try fixture.packs(disk.path + "/r.git") == 1)
        #expect(try fixture.fsck(disk.path + "/r.git") == "")
        let three = try fixture.commit("g", "small", on: [one], by: "a")
        #expect(try await remote.push(three, expecting: one, applied: three) == .accepted)
    }

    @Test("no room for a reference is said too")
    func fullForReference() async throws {
        let remote = try remote()
        let one = try fixture.commit("f", "1", by: "a")
        #expect(try await remote.push(one, expecting: nil, applied: one) == .accepted)
        let two = try fixture.commit("f", "2", on: [one], by: "a")
        var copy = ObjectTransfer(
            from: try fixture.repository("a"),
            to: try GitRepository(opening: disk.path + "/r.git"))
        try copy.copy([two])
        let filler = disk.path + "/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: filler))
        do { while true { try handle.write(contentsOf: Data(count: 4096)) } } catch {}
        let error = await #expect(throws: RemoteError.self) {
            _ = try await remote.push(two, expecting: one, applied: two)
        }
        #expect(error?.code == .noSpace)
        try handle.close()
        try FileManager.default.removeItem(atPath: filler)
        #expect(try await remote.fetch().head == one)
        #expect(try await remote.push(two, expecting: one, applied: two) == .accepted)
    }

    @Test("a read-only remote can be fetched from and says that it is read-only")
    func readOnly() async throws {
        let remote = try remote()
        let one = try fixture.commit("f", "1", by: "a")
        #expect(try await remote.push(one, expecting: nil, applied: one) == .accepted)
        try disk.makeReadOnly()
        #expect(try await remote.fetch().head == one)
        let two = try fixture.commit("f", "2", on: [one], by: "a")
        let error = await #expect(throws: RemoteError.self) {
            _ = try await remote.push(two, expecting: one, applied: two)
        }
        #expect(error?.code == .readOnly)
        #expect(error?.hint != nil)
    }
}
