import SyncEngine
import Testing

@Suite("What the log is told of states that last")
struct LastingWordsTests {
    private static let commits = [
        "2f4a9c0be1d35768990a1b2c3d4e5f60718293a4", "9d8c7b6a5f4e3d2c1b0a99887766554433221100",
    ]

    /// Texts of one state, as they come one after the other.
    static let same: [[String]] = [
        commits.map { "move refs/sync/devices/a \($0): another program holds its lock" },
        commits.map { "take in the remote's commit \($0.prefix(8)): a tree is malformed" },
        ["nginx: not a byte for 30.0 seconds", "nginx: not a byte for 12.5 seconds"],
        ["objects/pack/tmp_syncd_1x9: No space left", "objects/pack/tmp_syncd_zz: No space left"],
        ["it has 120 objects more", "it has 7 objects more"],
    ]

    @Test("is said once, and how often it was met when it ends", arguments: same)
    func once(_ texts: [String]) {
        var words = LastingWords()
        #expect(words.note(texts[0], of: .exchange) == (nil, texts[0]))
        for text in texts + texts { #expect(words.note(text, of: .exchange) == (nil, nil)) }
        #expect(words.note(nil, of: .exchange) == ("met 4 more times: \(texts[0])", nil))
        #expect(words.note(nil, of: .exchange) == (nil, nil))
        #expect(words.note(texts[1], of: .exchange) == (nil, texts[1]))
    }

    /// Texts of two states.
    static let different: [[String]] = [
        ["/home/a/notes: it is not there", "/home/a/memories: it is not there"],
        ["the login is refused", "the name cannot be resolved"],
        ["the lock of a is held", "the lock of facade is held"],
        ["folder f1 is gone", "folder f2 is gone"],
    ]

    @Test("another state is said at once", arguments: different)
    func another(_ texts: [String]) {
        var words = LastingWords()
        #expect(words.note(texts[0], of: .capture) == (nil, texts[0]))
        #expect(words.note(texts[1], of: .capture) == (nil, texts[1]))
    }

    @Test("topics do not hide each other")
    func topics() {
        var words = LastingWords()
        #expect(words.note("no space", of: .capture) == (nil, "no space"))
        #expect(words.note("no space", of: .stateFile) == (nil, "no space"))
        #expect(words.note("no space", of: .packs("/a")) == (nil, "no space"))
        #expect(words.note("no space", of: .packs("/b")) == (nil, "no space"))
    }
}
