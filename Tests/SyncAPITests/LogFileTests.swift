internal import Foundation
internal import SyncModel
import Testing

@testable import SyncAPI

@Suite("The log file")
struct LogFileTests {
    private let directory = NSTemporaryDirectory() + "log-\(UUID().uuidString)"

    private func size(_ name: String) throws -> Int {
        let path = directory + "/" + name
        return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? -1
    }

    @Test("grows to its bound, becomes log.1 then, and never holds more than twice the bound")
    func turns() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer {
            #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: directory) }
        }
        let file = LogFile(directory + "/log")
        let line = [UInt8](repeating: 0x61, count: (64 << 10) - 1) + [0x0a]
        for _ in 0..<(3 * Limits.logBytes / line.count) { file.write(line) }
        #expect(try size("log") <= Limits.logBytes)
        #expect(try size("log.1") <= Limits.logBytes)
        #expect(try size("log.1") > Limits.logBytes - line.count)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 2)
    }

    @Test("waits for its directory, and goes on where another process left it")
    func starts() throws {
        let file = LogFile(directory + "/log")
        file.write(Array("lost\n".utf8))
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        defer {
            #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: directory) }
        }
        file.write(Array("one\n".utf8))
        LogFile(directory + "/log").write(Array("two\n".utf8))
        #expect(try String(contentsOfFile: directory + "/log", encoding: .utf8) == "one\ntwo\n")
        let mode = try FileManager.default.attributesOfItem(atPath: directory + "/log")[
            .posixPermissions]
        #expect(mode as? Int == 0o600)
    }
}
