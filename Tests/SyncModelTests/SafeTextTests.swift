import Foundation
import SyncModel
import Testing

@Suite("Text for a terminal")
struct SafeTextTests {
    @Test(
        "has nothing that steers it, or changes the direction of text, or ends a line",
        arguments: [
            ("a\u{1b}[2J", #"a\u{1b}[2J"#), ("a\u{9b}31m", #"a\u{9b}31m"#),
            ("\u{202e}a\u{2066}", #"\u{202e}a\u{2066}"#),
            ("\u{200e}\u{200f}\u{61c}", #"\u{200e}\u{200f}\u{61c}"#),
            ("a\u{2028}b\u{2029}", #"a\u{2028}b\u{2029}"#), ("a\r\nb\tc", #"a\u{d}\nb\tc"#),
            ("é ا \u{1f600}", "é ا \u{1f600}"),
        ])
    func escaped(text: String, shown: String) {
        #expect(SafeText.escaped(text) == shown)
    }

    @Test("as JSON stays the same JSON")
    func json() throws {
        let text = ["a\u{9b}\u{7f}\u{202e}\u{200f}\u{61c}\u{2028}\n\u{1b}é\u{1f600}\"\\"]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .prettyPrinted
        let shown = SafeText.escaped(
            json: String(decoding: try encoder.encode(text), as: UTF8.self))
        #expect(shown.contains("\n"))
        #expect(shown.unicodeScalars.allSatisfy { $0 == "\n" || !$0.properties.isBidiControl })
        #expect(!shown.unicodeScalars.contains { (0x7f...0x9f).contains($0.value) })
        #expect(try JSONDecoder().decode([String].self, from: Data(shown.utf8)) == text)
    }

    @Test("leaves in the names of a merge's message what always stood there")
    func names() {
        #expect(TreePath("a\u{200e}b\u{202e}\n")?.description == "a\u{200e}b\\u{202e}\\n")
    }
}
