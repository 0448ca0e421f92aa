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
