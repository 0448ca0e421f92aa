import SyncHTTP
import SyncModel
import Testing

@testable import SyncRemote

@Suite("URLs, commands and words")
struct WordsTests {
    static let urls: [(String, RemoteURL?)] = [
        (
            "https://github.com/me/notes.git",
            .https(base: "https://github.com/me/notes.git", user: nil)
        ),
        ("HTTPS://host/r/", .https(base: "https://host/r", user: nil)),
        ("https://ada@host:8443/r.git?x#y", .https(base: "https://host:8443/r.git", user: "ada")),
        ("https://a%40b@host/r", .https(base: "https://host/r", user: "a@b")),
        ("http://127.0.0.1:80/r", .https(base: "http://127.0.0.1:80/r", user: nil)),
        ("http://[::1]:80/r", .https(base: "http://[::1]:80/r", user: nil)),
        ("http://localhost/r", .https(base: "http://localhost/r", user: nil)),
        ("http://host/r", nil), ("http://127.0.0.1.example.org/r", nil),
        ("http://localhost.example.org/r", nil), ("http://127.0.0.1@example.org/r", nil),
        ("http://example.org\\@127.0.0.1/r", nil),
        ("https://host", nil), ("https://host/", nil), ("https:///r", nil), ("ftp://host/r", nil),
        ("ext::sh -c touch%20x", .some(.ssh(host: "ext", port: nil, path: ":sh -c touch%20x"))),
        ("ssh://host/r.git", .ssh(host: "host", port: nil, path: "/r.git")),
        ("ssh://git@host:2222/a/b", .ssh(host: "git@host", port: 2222, path: "/a/b")),
        ("ssh://git@[::1]:22/r", .ssh(host: "git@::1", port: 22, path: "/r")),
        ("ssh://host/~me/r", .ssh(host: "host", port: nil, path: "~me/r")),
        ("ssh://host/a%20b", .ssh(host: "host", port: nil, path: "/a b")),
        ("ssh://host", nil), ("ssh://host/", nil), ("ssh://-oProxyCommand=x/r", nil),
        ("ssh://git@-oProxyCommand=x/r", nil), ("ssh://host:port/r", nil),
        ("ssh://host:99999/r", nil), ("ssh://host/%0a", nil), ("ssh://host/a%zz", nil),
        (
            "git@github.com:me/notes.git",
            .ssh(host: "git@github.com", port: nil, path: "me/notes.git")
        ),
        ("box:~/r", .ssh(host: "box", port: nil, path: "~/r")),
        ("[::1]:r", .ssh(host: "::1", port: nil, path: "r")),
        ("-oProxyCommand=x:r", nil), ("host:-r", nil), ("host:", nil), (":r", nil),
        ("ho st:r", nil), ("host", nil), ("/path", nil),
    ]

    @Test("a URL is taken as git takes it, or refused", arguments: urls)
    func url(_ text: String, _ expected: RemoteURL?) {
        var found: RemoteURL?
        do throws(RemoteError) { found = try RemoteURL(text) } catch {
            #expect(error.code == .unreachable)
            #expect(error.hint?.contains("repository.remote") == true)
        }
        #expect(found == expected)
    }

    @Test("what is larger than is taken is not told as damage")
    func tooLarge() {
        let own = RepositoryError(.tooLarge, "receive objects", "129 MiB")
        let error = RemoteError(own, "fetch", isOwn: true)
        #expect(error.code == .tooLarge && error.own == nil && error.cause.contains("129 MiB"))
        #expect(error.hint?.contains("git filter-repo") == true)
    }

    @Test("a host is read as libcurl reads it, or not at all")
    func host() {
        #expect(HTTPHost(of: "https://a.example\\@b.test/r") == nil)
        #expect(HTTPHost(of: "https://a.example\\b/r") == nil)
        #expect(HTTPHost(of: "https://a.example/r\\@b.test")?.name == "a.example")
        #expect(HTTPHost(of: "https://a@b.test/r")?.hasLogin == true)
        #expect(HTTPHost(of: "https://b.test/a@r")?.hasLogin == false)
    }

    static let commands: [(String, [String]?)] = [
        ("ssh", ["ssh"]), ("  ssh  -i  ~/.ssh/key ", ["ssh", "-i", "~/.ssh/key"]),
        (#"ssh -o "ProxyCommand none""#, ["ssh", "-o", "ProxyCommand none"]),
        (#"'/opt/my ssh' a\ b"#, ["/opt/my ssh", "a b"]), (#"a'b'"c"d"#, ["abcd"]),
        (#"ssh "" ''"#, ["ssh", "", ""]), (#""a\"b\c""#, [#"a"b\c"#]), ("'a|b;c'", ["a|b;c"]),
        ("", nil), ("   ", nil), ("'open", nil), (#"end\"#, nil), ("ssh; rm x", nil),
        ("ssh | tee", nil), ("ssh && x", nil), ("ssh $KEY", nil), (#"ssh "$KEY""#, nil),
        ("ssh `x`", nil), ("ssh > x", nil), ("ssh *", nil), ("(ssh)", nil), ("ssh 'a'$b", nil),
    ]

    @Test("a command line is split as a shell splits it, or refused", arguments: commands)
    func split(_ text: String, _ words: [String]?) {
        #expect(CommandWords.split(text) == words)
    }

    @Test(
        "a path is quoted so that the shell at the other end sees one word",
        arguments: [
            ("/a/b", "'/a/b'"), ("it's", #"'it'\''s'"#), ("a!b", #"'a'\!'b'"#),
            ("$(x)`y`;\"z\"", "'$(x)`y`;\"z\"'"),
        ])
    func quote(_ word: String, _ quoted: String) {
        #expect(CommandWords.quoted(word) == quoted)
    }

    static let words: [(String, String)] = [
        ("plain\n", "plain"), ("two\nlines\n", "two lines"), ("a\r\nb", "a b"),
        ("Counting: 1%\rCounting: 100%\ndone\n", "Counting: 100% done"),
        ("\u{1b}[31mred\u{1b}[0m", "red"), ("\u{1b}]0;title\u{7}x", "0;titlex"),
        ("bell\u{7} back\u{8}space nul\0", "bell backspace nul"), ("c1\u{9b}31m", "c131m"),
        ("right\u{202e}to left\u{2066}", "rightto left"), ("tab\there", "tab here"),
        ("\n\n  \n", ""), ("ünïcödé ✓", "ünïcödé ✓"), ("line\u{2028}sep", "linesep"),
    ]

    @Test("what a remote says becomes one line that is safe to print", arguments: words)
    func clean(_ said: String, _ expected: String) {
        #expect(RemoteWords.clean(said.utf8) == expected)
    }

    @Test(
        "what libcurl says of a proxy has no login in it",
        arguments: ["http://bob:s3cret@", "bob:s3@c'r://et@", "http://bob@", ""])
    func login(_ login: String) {
        let words = ["Unsupported proxy syntax in '", "proxy:80800': Port number was not decimal"]
        #expect(HTTPError.withoutLogin(words.joined(separator: login)) == words.joined())
        #expect(HTTPError.withoutLogin("no way to http://b:s@c") == "no way to http://c")
        #expect(HTTPError.withoutLogin("no way to b:s@c") == "no way to c")
    }

    @Test("the end of what is too long is kept, where the reason stands")
    func long() {
        var words = RemoteWords()
        for number in 0..<100_000 { words.append("line \(number)\n".utf8) }
        #expect(words.text.hasSuffix("line 99999"))
        #expect(words.text.utf8.count <= Limits.remoteWordsBytes)
    }
}
