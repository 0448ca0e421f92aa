import Glibc
import Testing

@testable import SyncConfiguration

@Suite("A value") struct ValueTests {
    @Test(
        "is a duration",
        arguments: [
            ("300ms", Duration.milliseconds(300)), ("5s", .seconds(5)), ("15m", .seconds(900)),
            ("1h", .seconds(3_600)), ("0s", .zero), ("1.5s", nil), ("s", nil), ("5 s", nil),
            ("5S", nil), ("", nil), ("5d", nil), ("9223372036854775807h", nil), ("٣s", nil),
        ])
    func duration(text: String, expected: Duration?) {
        #expect(Value.duration(text) == expected)
    }

    @Test(
        "is a share",
        arguments: [
            ("0%", 0), ("50%", 50), ("100%", 100), ("101%", nil), ("%", nil), ("5", nil),
            ("-5%", nil), ("5.5%", nil),
        ])
    func percent(text: String, expected: Int?) {
        #expect(Value.percent(text) == expected)
    }

    @Test(
        "is a branch just when git says so",
        arguments: [
            "sync", "a/b", "a.b", "ü", "-", "-a", "a-", ".a", "a/.b", "a.", "a..b", "a.lock",
            "a.lock/b", "a/", "/a", "a//b", "a b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b",
            "a@{b", "@", "a@b", "a/@", "a\tb", "HEAD", "a/HEAD", "a\u{7f}b", "a]b", "{", "refs/x",
        ])
    func branch(name: String) {
        let git = system("git check-ref-format 'refs/heads/\(name)'")
        // These are refs, but not branches one could name on a command line.
        let isOption = name.hasPrefix("-") || ["HEAD", "@"].contains(name)
        #expect(Value.isBranch(name) == (git == 0 && !isOption), "\(name)")
    }

    @Test(
        "is a listen address",
        arguments: [
            ("", true), ("127.0.0.1:8390", true), ("localhost:0", true), ("[::1]:80", true),
            ("::1:80", false), (":80", false), ("host:", false), ("host:65536", false),
            ("[x]:1", false), ("a b:1", false), ("host:+1", false),
        ])
    func listen(text: String, expected: Bool) {
        #expect(Value.isListenAddress(text) == expected)
    }

    @Test(
        "is a device",
        arguments: [
            ("laptop", true), ("Anna-MacBook.local", true), ("ü", true), ("a/b", false),
            ("a b", false), ("<a>", false), ("", false), ("-a", false), ("a.lock", false),
        ])
    func device(name: String, expected: Bool) {
        #expect(Value.isDevice(name) == expected)
    }

    @Test(
        "holds a password",
        arguments: [
            ("https://me:x@host/a", true), ("https://me@host/a", false),
            ("https://host/a:b@c", false),
            ("me@host:a", false), ("ssh://host:22/x", false),
            ("https://ghp_0123456789abcdef0123456789abcdef0123@host/a", true),
            ("https://github_pat_11AA_b@host/a", true), ("https://glpat-x@host/a", true),
            ("https://0123456789abcdef0123456789ABCDEF01234567@host/a", true),
            ("https://0123456789abcdef0123456789abcdef0123456g@host/a", false),
            ("https://ghost@host/a", false),
        ])
    func password(url: String, expected: Bool) {
        #expect(Value.holdsPassword(url) == expected)
    }

    @Test(
        "is so many letters away from another",
        arguments: [
            ("quite", "quiet", 1), ("maxwait", "max_wait", 1), ("", "abc", 3), ("poll", "POLL", 0),
            ("folders", "folder", 1), ("kitten", "sitting", 3),
        ])
    func distance(one: String, other: String, expected: Int) {
        #expect(editDistance(one, other) == expected)
        #expect(editDistance(other, one) == expected)
    }
}

@Suite("The lines of keys") struct TOMLLinesTests {
    private static let text = #"""
        # [sync]
        vault = "# no comment \" ["   # ] "
        text = """
        [sync]
        poll = 1 "" \""" ""x"""
        literal = '''
        a = 'b' # '''
        a.b . "c.d" = 1
        array = [ # [[
          "]", # ]
          { x = "}" },
        ]

          [ "sync" ]
        quiet = "1s"
        [[folder]]
        path = 'C:\'
        [[folder]]
        [folder.sub]
        key = 1
        [http]
        inline = { a = 1, b = "}" }
        listen = 5
        """#

    @Test(
        "are found",
        arguments: [
            (["vault"], 2), (["text"], 3), (["literal"], 6), (["a"], 8), (["a", "b", "c.d"], 8),
            (["array"], 9), (["array", "1", "x"], 9), (["sync"], 14), (["sync", "quiet"], 15),
            (["sync", "poll"], 14), (["folder"], 16), (["folder", "0", "path"], 17),
            (["folder", "1"], 18), (["folder", "1", "sub", "key"], 20), (["http", "inline"], 22),
            (["http", "listen"], 23), (["nothing"], nil),
        ])
    func found(key: [String], line: Int?) throws {
        _ = try TOMLNode(parsing: Self.text)
        #expect(TOMLLines(Self.text).line(key) == line)
    }
}
