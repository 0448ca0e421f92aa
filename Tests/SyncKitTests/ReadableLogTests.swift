internal import Foundation
internal import Logging
internal import SyncModel
import Testing

@testable import SyncKit

@Suite("The readable log")
struct ReadableLogTests {
    @Test("says a step with its commit and time, and a number of paths only past one")
    func steps() {
        let metadata: Logger.Metadata = ["commit": "1a2b3c4d", "paths": "1", "took": "3 ms"]
        #expect(
            ReadableLog.text("captured notes/todo.md", .info, metadata)
                == "captured notes/todo.md  (1a2b3c4d, 3 ms)")
        #expect(
            ReadableLog.text("captured", .info, metadata.merging(["paths": "12"]) { $1 })
                == "captured  (1a2b3c4d, 12 paths, 3 ms)")
    }

    @Test(
        "marks what is wrong",
        arguments: [
            (Logger.Level.info, "disk"), (.warning, "warning: disk"), (.error, "error: disk"),
        ])
    func marks(level: Logger.Level, line: String) {
        #expect(ReadableLog.text("disk", level, [:]) == line)
    }

    @Test("escapes what a file name may hold, so that a name cannot make a line of its own")
    func escapes() {
        let line = ReadableLog.line("captured a\n12:00:00 pushed \u{1b}[31m")
        #expect(
            String(decoding: line, as: UTF8.self)
                == "captured a\\n12:00:00 pushed \\u{1b}[31m\n")
    }

    @Test("has no line longer than its bound")
    func bounded() {
        let line = ReadableLog.line(String(repeating: "\u{732b}", count: 100_000))
        #expect(line.count <= Limits.logLineBytes + 16)
        #expect(line.last == 0x0a)
    }
}

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
