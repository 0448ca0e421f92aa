import Foundation
import Testing

@testable import SyncModel

@Suite("A path as git quotes it")
struct QuotedPathTests {
    @Test("says every byte")
    func roundTrip() {
        let all = (UInt8(1)...255).map(\.self)
        #expect(QuotedPath.bytes(QuotedPath.quoted(all)) == all)
        #expect(QuotedPath.quoted([0x61, 0xe9, 0x22, 0x5c, 0x0a]) == #""a\351\"\\\n""#)
    }

    @Test(
        "is no other text",
        arguments: [
            "", "\"", "\"\"", "a", "\"a\"", #""a\"b""#, #""\351"#, #"\351"#, #""\400""#,
            #""\35""#, #""\q\351""#, #""a"\351""#, "\"\\",
        ])
    func none(text: String) { #expect(QuotedPath.bytes(text) == nil) }

    @Test(
        "comes back from its text",
        arguments: ["a b", "é", "\u{fffd}", "\"", #""a\351""#, #""\042a\351""#, "\"a\""])
    func text(text: String) throws {
        for bytes in [Array(text.utf8), Array(text.utf8) + [0xe9], [0x22] + Array(text.utf8)] {
            let written = QuotedPath.text(bytes)
            #expect(QuotedPath.bytes(written) ?? Array(written.utf8) == bytes)
            let path = try #require(TreePath(bytes))
            let json = try JSONEncoder().encode([path])
            #expect(try JSONDecoder().decode([TreePath].self, from: json) == [path])
        }
        #expect(QuotedPath.text(Array("é".utf8)) == "é")
    }
}
