/// What fuzzing begins with: a little of everything that the readers know.
enum Seeds {
    static let json = [
        "{}", "[]", "null", "-0.10e+2", "\"\\u00e9\\ud83d\\ude00 \\n\\/\"", "[1,1.0,10e-1,1E400]",
        "{\"a\":{\"b\":[true,false,null]},\"a\":2, \"\\u0061\":3}", " { \"k\" : \"é\" } ",
        "{\"id\":7,\"timestamp\":\"2026-02-08T17:45:00.25+01:00\",\"seq\":3,\"ts\":1770572700}",
    ]

    static let records = [
        "{\"id\":1,\"memory\":\"tea\"}\n{\"id\":2}\r\n\n{\"id\":3,\"to",
        "oops\n{\"a\":1}\n{\"a\":2}\n",
        "[{\"id\":\"a\"}, {\"id\":\"b\"}]\n", "[\n  {\"id\":1},\n  {\"id\":2}\n]", "[]",
        "{\"v\":1,\"results\":[{\"id\":1}, {\"id\":2}],\"more\":{}}\n", "{\"messages\":{}}",
        "{\"a\":{\"title\":\"x\"},\n \"b\":{\"title\":\"y\"}}", "{\"id\":1,\"tags\":[\"a\"]}",
        "---\nid: 1\ncreated: 2026-01-01\n---\ntext\n\n---\nid: 2\n---\nmore\n", "\u{feff}[{}]",
    ]

    static let texts = [
        "a\nb\r\n\nc", "\u{feff}one\r\ntwo\r\n",
        "- [ ] open\n  * [x] done\n1. [-] other\n> - [ ]\n",
        "---\ntitle: x\ntags: [a, \"b\"]\naliases:\n  - c\n  - d\n# note\n---\nbody\n",
        "---\na: &x 1\nb: *x\n...\n", "---\n---\n", "---\nkey\n---\n",
        "<<<<<<< a\n=======\n>>>>>>>\n",
    ]

    static let conflicts = [
        ["a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", "\u{40}edit\n"],
        ["b\n", "<<<<<<<<\n", "=========\n", "\u{7f}=======\n"],
        ["- [ ] t\n", "- [x] t\n- [ ] u\n", "- [ ] T\n", "\u{10}||||||| x\n"], ["", "a", "b\r\n"],
    ].map { $0.joined(separator: "\u{1e}") }

    static let attributes = [
        "notes/a.md\u{1e}*.md sync=document sync-append\nnotes/** -sync-markers\n",
        "a/b/c\u{1e}\"a/\\142/c\" sync=memory\n# x\n!x sync=event\n", "x\u{1e}[!a-c]*\\?\n",
        "shared/x\u{1e}**/x sync=simple sync-authority=hub\n/shared/ sync=event\n[a sync\n",
        "a\u{1e}a?", "ab\u{1e}*b", "deep/er\u{1e}[]-a]r",
    ]

    static let patterns = [
        "a/b/c\u{1e}**/c", "a/b/c\u{1e}a/**", "abc\u{1e}a**c", "a/x/b\u{1e}a/*/b",
        "a7\u{1e}?[[:digit:]]",
        "a/b\u{1e}**\\/b", "x/y/xy\u{1e}**/*x*y", "a]\u{1e}*[]-]",
    ]

    static let merges: [String] = {
        let sets: [(String, [String])] = [
            ("\u{6}", ["{\"a\":1}", "{\"a\":2}", "{\"a\":3", "a = 4\n"]),
            ("!", ["a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", "a\nb\nc\nd"]),
            ("'", ["---\ntags: [a]\n---\n- [ ] t\n", "---\ntags: [b]\n---\n- [x] t\n", "- [ ] u"]),
            ("#", [records[0], "{\"id\":1,\"memory\":\"milk\"}\n{\"id\":4}\n", "{\"id\":2}\n"]),
            (")", [records[5], "{\"v\":2,\"results\":[{\"id\":3}]}", "{\"results\":[]}"]),
            ("$", ["[{\"id\":1,\"timestamp\":1}]", "[{\"id\":2,\"timestamp\":0}]", "[]"]),
            ("%", ["{\"uuid\":1}\n", "{\"uuid\":1,\"x\":1}\n", "{\"uuid\":1,\"x\":2}\n"]),
            (
                "/",
                [records[9], "---\nid: 2\n---\nother\n", "---\nid: 1\n---\n\n---\nid: 3\n---\n"]
            ),
            (
                "/",
                [
                    "---\nid: 1\n---\nmore\n", "---\nid: 1\n---\nother\n",
                    "---\nid: 1\n---\n\n---\nid: 1\n---\n",
                ]
            ),
            (
                "/", [records[9], "---\nid: 1\n---\ntea\n", "---\nid: 1\n---\ngreen tea\n"]
            ),
            ("\"", ["{\"a\":1, \"b\":[1,2]}", "{\"a\":2, \"b\":[1]}", "{\"a\":1,\"b\":[1,2,3]}"]),
            ("(", ["{\"n\":[{\"id\":1,\"x\":0}]}", "{\"n\":[]}", "{\"n\":[{\"id\":1,\"x\":2}]}"]),
            ("!", ["One. Two. Three.\n", "1. Two. Three.\n", "One. Two. 3.\n", "One. Three."]),
        ]
        return sets.map { $0 + $1.joined(separator: "\u{1e}") }
    }()

    static let packets = [
        "001e# service=git-upload-pack\n0000000eversion 2\n0015agent=git/2.39.5\n0000",
        "003f0123456789012345678901234567890123456789 refs/heads/sync\n0000",
        "00510123456789012345678901234567890123456789 refs/heads/a\0 report-status atomic=1\n0000",
        "0008ERR ", "00010002", "fff0", "0003", "0004", "zzzz",
    ]

    static let deltas = [
        "\u{6}abcdef\u{6}\u{4}\u{4}wxyz", "\u{3}abc\u{3}\u{3}\u{1}a\u{2}bc", "\u{0}\u{0}\u{0}",
    ]

    static let rests = [
        "120", "-5", "-9223372036854775808", "9223372036854775807", "99999999999999999999", "",
        "Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:60 GMT",
        "Sun, 255 Dec 65535 255:255:255 GMT",
    ]
}
