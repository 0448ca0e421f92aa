import Foundation
import SyncModel
import Testing

@Suite("Strings as JSON")
struct JSONQuoteTests {
    @Test(
        "are what any parser reads back",
        arguments: [
            "", "a", "a\"b\\c/d", "\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}", "é日本😀\u{2028}", "\u{1b}[31m",
            "e\u{301}",
        ], [true, false])
    func readBack(text: String, hasShortForms: Bool) throws {
        let quoted = JSONQuote(hasShortForms: hasShortForms).quoted(text)
        let value = try JSONDecoder().decode(String.self, from: Data(quoted.utf8))
        #expect(Array(value.utf8) == Array(text.utf8))
        #expect(quoted.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
    }

    @Test("have one form where others compare bytes")
    func forms() {
        #expect(JSONQuote().quoted("a\n\t\r\u{1}\"") == #""a\n\t\r\u0001\"""#)
        #expect(
            JSONQuote(hasShortForms: false).quoted("a\n\t\r\u{1}\"")
                == #""a\u000a\u0009\u000d\u0001\"""#)
    }

    @Test(
        "tell bytes that are not UTF-8, or keep them",
        arguments: [
            [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82],
        ] as [[UInt8]])
    func invalid(bytes: [UInt8]) {
        var (told, kept): ([UInt8], [UInt8]) = ([], [])
        JSONQuote().append(bytes[...], to: &told)
        JSONQuote(invalid: .kept).append(bytes[...], to: &kept)
        let words = bytes.map { "\u{fffd}" + String($0, radix: 16) }.joined()
        #expect(String(decoding: told, as: UTF8.self) == "\"\(words)\"")
        #expect(kept == [0x22] + bytes + [0x22])
    }
}

@Suite("A value or null")
struct OrNullTests {
    private struct Sample: Codable, Equatable {
        @OrNull var number: Int?
        @OrNull var id: ObjectID? = nil
        var other: Int?
    }

    @Test("is written always, and read with its key or without")
    func form() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        func text(_ value: Sample) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        #expect(try text(Sample(number: nil)) == #"{"id":null,"number":null}"#)
        #expect(try text(Sample(number: 7)) == #"{"id":null,"number":7}"#)
        func read(_ text: String) throws -> Sample {
            try JSONDecoder().decode(Sample.self, from: Data(text.utf8))
        }
        #expect(try read("{}") == Sample(number: nil))
        #expect(try read(#"{"number":null,"id":null}"#) == Sample(number: nil))
        #expect(try read(#"{"number":7}"#) == Sample(number: 7))
        #expect(throws: DecodingError.self) { try read(#"{"number":"7"}"#) }
    }

    @Test("the interface's objects have all their keys")
    func keys() throws {
        let status = try JSONEncoder().encode(VaultStatus(vault: "v", device: "d"))
        let keys = try #require(
            try JSONSerialization.jsonObject(with: status) as? [String: Any])
        for key in ["head", "remote_head", "offline_since"] {
            #expect(keys[key] is NSNull, "\(key)")
        }
        let pending = try #require(keys["pending"] as? [String: Any])
        #expect(pending["oldest_unsynced_seconds"] is NSNull)
        let health = try #require(keys["sync_health"] as? [String: Any])
        #expect(health["last_error"] is NSNull)
        let last = try #require(keys["last_sync"] as? [String: Any])
        #expect(last["local_to_remote"] is NSNull && last["remote_to_local"] is NSNull)
    }
}
