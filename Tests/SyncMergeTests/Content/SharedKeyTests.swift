import SyncModel
import Testing

@testable import SyncMerge

/// Lines that share an id, as those of one session do, are no versions of one record.
@Suite("A key that records share")
struct SharedKeyTests {
    private static func log(_ numbers: Int...) -> String {
        numbers.map { "{\"id\":\"s\",\"n\":\($0)}\n" }.joined()
    }

    @Test(
        "of a log that two devices append to all lines stay, however short it was",
        arguments: [nil, log(), log(1), log(1, 2), log(1, 2, 3)],
        [FileType.memory, .conversation])
    func short(base: String?, type: FileType) {
        let result = merge(
            base, (base ?? "") + Self.log(11, 12), (base ?? "") + Self.log(21, 22),
            as: FileRule(type))
        let lines = Self.log(11, 12, 21, 22)
        #expect(result.text == (base ?? "") + lines)
        #expect(result.setAside.isEmpty)
        #expect(result.losers.isEmpty)
    }

    @Test("a key that tells half of the records apart names none")
    func half() {
        let base = Self.log(1, 2) + Self.log(1, 2).replacing("\"s\"", with: "\"t\"")
        let result = merge(
            base, base + Self.log(11), base + Self.log(21), as: FileRule(.memory))
        #expect(result.text == base + Self.log(11, 21))
    }

    @Test("by the rules of version 8 the later side's lines stand", arguments: [log(1), log(1, 2)])
    func before(base: String) {
        var rule = FileRule(.memory)
        rule.version = 8
        let result = merge(base, base + Self.log(11, 12), base + Self.log(21, 22), as: rule)
        #expect(result.text == base + Self.log(21, 22))
    }
}
