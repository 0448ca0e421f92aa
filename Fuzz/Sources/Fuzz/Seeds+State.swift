/// What fuzzing of objects and of state begins with.
extension Seeds {
    private static let zeros = String(repeating: "0", count: 40)
    private static let name = "0123456789abcdef0123456789abcdef01234567"

    static let commits =
        [
            "", "Sync-Device: linden\nSync-HLC: 1795233688509\n",
            "Sync-HLC: 9223372036854775807\nSync-HLC: -1\n", "Sync-Merge-Version: 99\n",
            " \n\n\nSync-HLC:\n x\n",
        ].map { trailers in
            """
            tree \(name)
            parent \(zeros)
            author linden <linden@syncd.invalid> 1795233688 +0100
            committer syncd merge <merge@syncd.invalid> 9300000000 -0000
            gpgsig -----BEGIN SSH SIGNATURE-----
             x
             -----END SSH SIGNATURE-----

            captured notes/a.md

            \(trailers)
            """
        } + ["tree \(name)\nauthor a <b> -9223372036854775808 -9223372036854775808\ncommitter"]

    static let trees: [String] = {
        let id = "abcdefghijklmnopqrst"
        func entry(_ mode: String, _ name: String) -> String { "\(mode) \(name)\u{0}\(id)" }
        return [
            entry("100644", "a") + entry("40000", "a-b") + entry("100755", "a.b"),
            entry("040000", "d") + entry("100664", "e") + entry("120000", "f"),
            entry("160000", "..") + entry("100600", ".git") + entry("0", "x/y"),
            entry("40000", "a") + entry("100644", "a.") + entry("100644", "a0"),
            entry("777777", "\u{1b}[31m"), "100644 a", "", entry("", "a"), entry("100644", ""),
        ]
    }()

    static let openConflicts = [
        """
        {"version":1,"id":"0123456789abcdef","path":"notes/a.md","type":"document",\
        "kind":"content","bases":[{"blob":"\(name)"}],"sides":[{"blob":"\(name)",\
        "commit":"\(zeros)","device":"linden","milliseconds":1},\
        {"blob":null,"device":"","milliseconds":-9223372036854775808}]}
        """,
        """
        {"version":1,"id":"../../../../../x","path":"..","path_hex":"2e2e","bases":[],\
        "sides":[],"type":"data","kind":"add-add"}
        """, "{}", "[]", "{\"version\":1",
    ]

    static let rows = [
        "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{7}", String(repeating: "\u{7f}", count: 120),
        "\u{9}" + String(repeating: "a", count: 118) + "\u{0}b", String(repeating: "z", count: 56),
    ]

    static let facts = [
        "1 \(name) 2 1795233688509 taking resting 0.1.0",
        "1 \(name) 1000001 253402300799999 applying skipped 0.1.0",
        "1 \(name) 0 0 taking under-way 0.1.0", "1 \(name) -1 0 taking under-way 0.1.0",
        "rewritten \(name) \(name) 2026-11-27T00:00:00Z", "emptied \(name) none x",
    ]

    static let staging = [
        "x-1a-100644\(name)-0-notes\u{1}a.md",
        "r-0-120000\(name)-100755\(name)-\u{1}\u{0}long/path",
        "m-ffffffffffffffff-100644\(name)-0-a", "x--0-0-", "s-1a", "p-1a", "x-1-40000\(name)-0-a",
    ]

    static let fields = [
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=x\r\nRetry-After: 5\r\n\r\n",
        "HTTP/2 301\nlocation: https://x/y\n\nHTTP/2 429\nx-ratelimit-remaining: 0\n"
            + "x-ratelimit-reset: -9223372036854775808\n",
        "HTTP/\n:\n : \n\u{e9}: \u{a0}\nA:\r", "content-type:;", "Content-Type: \t x \t\r\n",
    ]
}
