import Testing

@testable import SyncMerge

@Suite("JSON, losslessly")
struct JSONTests {
    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let valid = [
        "[]", "{}", " [ ] ", "null", "true", "false", "0", "-0", "12", "1.5", "1e5", "1E+05",
        "-1.25e-7", "\"\"", "\"a\"", "\"\\u00e9\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\ud800\"",
        "\"\\uD83D\\uDE00\"", "[1,2,[3]]", "{\"a\":1,\"a\":2}", "{\"\":{}}", "\t\r\n1 ",
        "\"é😀\u{7f}\"", "[[[[[[]]]]]]", "123456789012345678901234567890.5e999999999999999999",
    ]

    @Test("valid texts parse", arguments: valid)
    func validParses(text: String) { #expect(JSONText(Self.bytes(text)) != nil) }

    static let invalid = [
        "", " ", "[", "]", "{", "}", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}",
        "{\"a\":1,}", "{'a':1}", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN",
        "Infinity", "tru", "nulll", "True", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"",
        "\"\\u12g4\"", "\"a\nb\"", "\"\t\"", "[1] 2", "1 1", "// c\n1", "/**/1", "[1}", "{]",
        "\u{feff}1", "[\"a\",\n", "{\"a\":1", "[1,2", "\u{a0}1", "\"a\u{0}\"", "1.5.5", "--1",
    ]

    @Test("invalid texts do not parse", arguments: invalid)
    func invalidFails(text: String) { #expect(JSONText(Self.bytes(text)) == nil) }

    @Test(
        "strings that are not UTF-8 do not parse",
        arguments: [
            [0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe0, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xf0, 0x80, 0x80, 0x80], [0x80], [0xe2, 0x82],
        ] as [[UInt8]])
    func badUTF8(middle: [UInt8]) { #expect(JSONText([0x22] + middle + [0x22]) == nil) }

    static let equal = [
        ("1", "1.0"), ("1E6", "1000000"), ("0", "-0.0"), ("10e-1", "1"), ("0.00010", "1e-4"),
        ("12345678901234567890123456789", "1.2345678901234567890123456789e28"),
        ("0e99999999999999999999", "0"), ("\"\\u0061\"", "\"a\""),
        ("\"\\ud83d\\ude00\"", "\"😀\""), ("\"\\/\"", "\"/\""),
        ("{\"a\":1,\"b\":[2]}", "{ \"b\" : [ 2.0 ], \"a\" : 1 }"),
        ("{\"\\u0061\":1}", "{\"a\":1}"),
    ]

    @Test("equal by meaning", arguments: equal)
    func equalMeaning(left: String, right: String) throws {
        let left = try #require(JSONText(Self.bytes(left)))
        let right = try #require(JSONText(Self.bytes(right)))
        #expect(left.root.means(right.root))
        #expect(left.root.canonical == right.root.canonical)
    }

    static let different = [
        ("1", "\"1\""), ("1", "10"), ("0.1", "0.10000000000000000000000000000000001"),
        ("1", "-1"), ("null", "false"), ("\"\u{e9}\"", "\"e\u{301}\""), ("[]", "{}"),
        ("\"\\ud800\"", "\"\\udc00\""), ("[1,2]", "[2,1]"), ("[[1],2]", "[[1,2]]"),
        ("{\"a\":1,\"a\":2}", "{\"a\":2,\"a\":1}"), ("{\"a\":1}", "{\"a\":1,\"b\":1}"),
        ("1e100", "1e101"), ("{\"a\":{}}", "{\"a\":{\"b\":{}}}"), ("[\"a,b\"]", "[\"a\",\"b\"]"),
        ("9007199254740993", "9007199254740992"),
    ]

    @Test("different by meaning", arguments: different)
    func differentMeaning(left: String, right: String) throws {
        let left = try #require(JSONText(Self.bytes(left)))
        let right = try #require(JSONText(Self.bytes(right)))
        #expect(!left.root.means(right.root))
    }

    @Test("members and elements are ranges of the source, in its order")
    func ranges() throws {
        let text = try #require(JSONText(Self.bytes("{ \"b\": [1.0, {\"x\" : 2}], \"a\":1E6 }")))
        let members = text.root.members
        #expect(
            members.map { String(decoding: $0.key.source, as: UTF8.self) } == ["\"b\"", "\"a\""])
        #expect(String(decoding: members[1].value.source, as: UTF8.self) == "1E6")
        let elements = members[0].value.elements
        #expect(
            elements.map { String(decoding: $0.source, as: UTF8.self) } == ["1.0", "{\"x\" : 2}"])
    }

    @Test("nesting 100,000 deep is refused for walking and checked without recursion")
    func deep() {
        let deep = Array(repeating: UInt8(0x5b), count: 100_000)
        let closed = deep + Array(repeating: UInt8(0x5d), count: 100_000)
        #expect(JSONText(closed) == nil)
        #expect(JSONParser.isContainer(closed))
        #expect(!JSONParser.isContainer(deep))
    }

    @Test("no prefix of an object parses")
    func prefixes() {
        let whole = Self.bytes("{\"a\":[1,2.5e3,\"x\\n\\u00e9é\"],\"b\":{\"c\":null}}")
        #expect(JSONText(whole) != nil)
        for length in 0..<whole.count { #expect(JSONText(Array(whole[..<length])) == nil) }
    }
}
