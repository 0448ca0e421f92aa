import Foundation
import Glibc
import Logging
import SyncEngine
import SyncGit
import SyncModel
import Testing

/// A device on real files: its own folder, repository and state below a temporary directory.
final class RealDevice {
    let root: URL
    let folder: URL
    let service: VaultService
    private var running: Task<Void, any Error>?

    init(_ name: String, in directory: URL, remote: URL) throws {
        root = directory.appending(path: name)
        folder = root.appending(path: "notes")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var configuration = Configuration(
            device: name, repository: root.path + "/vault.git",
            folders: [.init(path: folder.path, prefix: TreePath("shared/documents"))],
            stateDirectory: root.path + "/state", socket: root.path + "/sock")
        configuration.remote = remote.path
        service = try VaultService(configuration, log: Logger(label: name))
    }

    func start() { running = Task { [service] in try await service.run() } }

    func stop() async {
        running?.cancel()
        _ = await running?.result
    }

    func write(_ name: String, _ text: String) throws {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: folder.appending(path: name).path)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Waits for a condition with a deadline; false when it never came true.
func eventually(within limit: Duration = .seconds(20), _ condition: () throws -> Bool) async throws
    -> Bool
{
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(2))
    }
    return try condition()
}

@Suite("Two devices on a path remote", .serialized)
struct TwoDevicesTests {
    private func scene(_ body: (RealDevice, RealDevice) async throws -> Void) async throws {
        let directory = URL(filePath: "/tmp/syncd-two-\(UInt64.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let remote = directory.appending(path: "remote.git")
        try GitRepository.create(at: remote.path, branch: "sync")
        let a = try RealDevice("maple", in: directory, remote: remote)
        let b = try RealDevice("linden", in: directory, remote: remote)
        a.start()
        b.start()
        try await body(a, b)
        await a.stop()
        await b.stop()
    }

    @Test("a file written on one stands on the other, and an edit comes back")
    func thereAndBack() async throws {
        try await scene { a, b in
            try a.write("todo.md", "one\n")
            #expect(try await eventually { b.read("todo.md") == "one\n" })
            try b.write("todo.md", "two\n")
            #expect(try await eventually { a.read("todo.md") == "two\n" })
            try FileManager.default.removeItem(at: a.folder.appending(path: "todo.md"))
            #expect(try await eventually { b.read("todo.md") == nil })
            #expect(
                try await eventually {
                    a.service.board.status.state == .inSync
                        && b.service.board.status.state == .inSync
                })
        }
    }

    @Test("an edit is readable on the other device within a quarter of a second, at the median")
    func latency() async throws {
        try await scene { a, b in
            try a.write("warm.md", "up")
            #expect(try await eventually { b.read("warm.md") == "up" })
            var times: [Duration] = []
            for round in 0..<15 {
                let (from, to) = round.isMultiple(of: 2) ? (a, b) : (b, a)
                let text = "round \(round)"
                let began = ContinuousClock.now
                try from.write("ping.md", text)
                #expect(try await eventually { to.read("ping.md") == text })
                times.append(ContinuousClock.now - began)
                #expect(try await eventually { from.service.board.status.state == .inSync })
            }
            let median = times.sorted()[times.count / 2]
            print("write to readable, median of \(times.count): \(median)")
            #expect(median < .milliseconds(250))
        }
    }
}
