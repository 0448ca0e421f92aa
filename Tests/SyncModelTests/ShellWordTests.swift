import SyncModel
import Testing

@Suite("A word for the shell")
struct ShellWordTests {
    @Test(
        "is quoted where a shell would read anything but it",
        arguments: [
            ("a/b-1.md", "a/b-1.md"),
            ("", "''"),
            ("two words", "'two words'"),
            ("$HOME `x` \\", "'$HOME `x` \\'"),
            ("it's", "'it'\\''s'"),
            ("~/a", "'~/a'"),
            ("grün", "'grün'"),
            ("a\nb", nil),
            ("\u{1b}[31m", nil),
            ("\u{202e}gpj", nil),
            ("zero\u{200b}width", nil),
            ("\u{e000}", nil),
        ] as [(String, String?)])
    func quoted(text: String, wanted: String?) {
        #expect(ShellWord.quoted(Array(text.utf8)) == wanted)
    }

    @Test("stands in a sentence as it is where it cannot be copied")
    func shown() {
        #expect(ShellWord.shown("a b") == "'a b'")
        #expect(ShellWord.shown("a\nb") == "a\nb")
    }

    @Test("is none for bytes that are no UTF-8")
    func bytes() {
        #expect(ShellWord.quoted([0x61, 0xff]) == nil)
    }
}
