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
}
