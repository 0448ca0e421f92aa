import Foundation
import SyncGit
import SyncModel
import Testing

@Suite("Packs that come from somebody else", .serialized)
struct IncomingPackTests {
    static let packs: (directory: String, names: [String]) = {
        let directory = "/tmp/syncd-packs-\(UUID().uuidString)"
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("hostile_packs.py").path
        do {
            let manager = FileManager.default
            try manager.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-B", script, directory]
            try process.run()
            process.waitUntilExit()
            let names = try manager.contentsOfDirectory(atPath: directory).sorted()
            return (directory, names)
        } catch { return (directory, []) }
    }()

    /// Takes a pack in pieces of a size.
    private func take(
        _ name: String, pieces: Int, into repository: GitRepository
    ) throws(RepositoryError) -> Int {
        let path = "\(Self.packs.directory)/\(name)"
        let bytes = [UInt8](FileManager.default.contents(atPath: path)!)
        let pack = try IncomingPack(into: repository)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = bytes[start..<min(start + pieces, bytes.count)]
            let result = piece.withUnsafeBytes { raw in
                Result { () throws(RepositoryError) in try pack.append(raw) }
            }
            try result.get()
        }
        return try pack.finish([])
    }

    @Test("a good pack is taken and any other refused, and nothing is left of it")
    func hostile() throws {
        defer {
            do { try FileManager.default.removeItem(atPath: Self.packs.directory) } catch {
                Issue.record("\(error)")
            }
        }
        #expect(Self.packs.names.count > 50)
        let before = try peakMemory()
        for name in Self.packs.names {
            for size in [65_515, 7] where size > 1000 || !name.hasPrefix("bomb") {
                try check(name, pieces: size)
            }
        }
        #expect(try peakMemory() - before < 400 << 20, "of all bombs together")
    }

    /// Gives a pack to a repository that has nothing.
    private func check(_ name: String, pieces: Int) throws {
        let path = "/tmp/syncd-incoming-\(UUID().uuidString)"
        try GitRepository.create(at: path, branch: "sync")
        defer {
            do { try FileManager.default.removeItem(atPath: path) } catch {
                Issue.record("\(error)")
            }
        }
        let repository = try GitRepository(opening: path)
        do throws(RepositoryError) {
            _ = try take(name, pieces: pieces, into: repository)
            #expect(name.hasPrefix("good"), "\(name) was taken")
        } catch {
            #expect(!name.hasPrefix("good"), "\(name): \(error)")
            #expect([.corrupt, .tooLarge, .io].contains(error.code), "\(name): \(error)")
            if ["bomb-blob", "bomb-delta-claim", "bomb-many"].contains(name) {
                #expect(error.code == .tooLarge, "\(name): \(error)")
            }
            let packs = try FileManager.default.contentsOfDirectory(atPath: path + "/objects/pack")
            #expect(packs == [], "\(name) left something")
        }
        let objects = try FileManager.default.contentsOfDirectory(atPath: path + "/objects")
        #expect(objects.sorted() == ["info", "pack"], "\(name) left something")
    }

    /// The most memory this process ever had, in bytes. Source: proc_pid_status(5).
    private func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
    }

    @Test("a pack as large as may come is taken, and one byte or object more is not")
    func limits() throws {
        let path = "/tmp/syncd-incoming-\(UUID().uuidString)"
        let manager = FileManager.default
        defer { do { try manager.removeItem(atPath: path) } catch { Issue.record("\(error)") } }
        try GitRepository.create(at: path + "/from", branch: "sync")
        let sink = try GitRepository(opening: path + "/from").beginPack()
        for number in 0..<3 { _ = try sink.add(.blob, [UInt8(number)]) }
        try sink.finish()
        let packs = path + "/from/objects/pack"
        let name = try #require(
            manager.contentsOfDirectory(atPath: packs).first { $0.hasSuffix(".pack") })
        let bytes = [UInt8](try #require(manager.contents(atPath: "\(packs)/\(name)")))

        for (mostBytes, mostObjects) in [(bytes.count, 2), (bytes.count - 1, 3), (bytes.count, 3)] {
            try GitRepository.create(at: path + "/to", branch: "sync")
            let pack = try IncomingPack(
                into: GitRepository(opening: path + "/to"), mostBytes: mostBytes,
                mostObjects: mostObjects)
            do throws(RepositoryError) {
                let taken = bytes.withUnsafeBytes { raw in
                    Result { () throws(RepositoryError) in try pack.append(raw) }
                }
                try taken.get()
                #expect(try pack.finish([]) == 3)
                #expect((mostBytes, mostObjects) == (bytes.count, 3))
            } catch {
                #expect((mostBytes, mostObjects) != (bytes.count, 3), "\(error)")
                #expect(error.code == .tooLarge)
                #expect(error.cause.contains("\(mostObjects == 2 ? 2 : mostBytes)"))
            }
        }
    }

    @Test("a directory that a crash left goes with the next pack; one in use stays")
    func abandoned() throws {
        let path = "/tmp/syncd-incoming-\(UUID().uuidString)"
        try GitRepository.create(at: path, branch: "sync")
        defer {
            do { try FileManager.default.removeItem(atPath: path) } catch {
                Issue.record("\(error)")
            }
        }
        let manager = FileManager.default
        let old = path + "/objects/tmp_syncd_in_old"
        try manager.createDirectory(atPath: old, withIntermediateDirectories: false)
        try "x".write(toFile: old + "/pack_git2_x", atomically: false, encoding: .utf8)
        let repository = try GitRepository(opening: path)
        var first: IncomingPack? = try IncomingPack(into: repository)
        var second: IncomingPack? = try IncomingPack(into: GitRepository(opening: path))
        var names = try manager.contentsOfDirectory(atPath: path + "/objects")
        #expect(names.count == 4 && !names.contains("tmp_syncd_in_old"))
        withExtendedLifetime((first, second)) {}
        (first, second) = (nil, nil)
        names = try manager.contentsOfDirectory(atPath: path + "/objects")
        #expect(names.sorted() == ["info", "pack"])
    }
}
