import SyncModel
import Testing

@testable import SyncMerge

@Suite("Memories: union by record")
struct MemoryTests {
    static let one = #"{"id":"1","memory":"likes tea","created_at":"2026-01-01T00:00:00Z"}"#
    static let two = #"{"id":"2","memory":"has a cat","created_at":"2026-01-02T00:00:00Z"}"#
    static let three = #"{"id":"3","memory":"runs","created_at":"2026-01-03T00:00:00Z"}"#

    static let shapes = [
        MergeCase(
            "JSON Lines: additions of both sides stay", "\(one)\n", "\(one)\n\(two)\n",
            "\(one)\n\(three)\n", "\(one)\n\(two)\n\(three)\n"),
        MergeCase(
            "an array", "[\(one)]", "[\(one), \(two)]", "[\(one), \(three)]",
            "[\(one), \(two), \(three)]"),
        MergeCase(
            "an array with indentation", "[\n  \(one)\n]\n", "[\n  \(one),\n  \(two)\n]\n",
            "[\n  \(one),\n  \(three)\n]\n", "[\n  \(one),\n  \(two),\n  \(three)\n]\n"),
        MergeCase(
            "an array from empty", "[]", "[\(one)]", "[\(two)]", "[\(one), \(two)]"),
        MergeCase(
            "a wrapper", #"{"results": [\#(one)]}"#, #"{"results": [\#(one), \#(two)]}"#,
            #"{"results": [\#(three)]}"#, #"{"results": [\#(two), \#(three)]}"#),
        MergeCase(
            "a wrapper's other members", #"{"v":1,"results":[]}"#, #"{"v":2,"results":[\#(one)]}"#,
            #"{"v":1,"results":[],"w":3}"#, #"{"v":2,"results":[\#(one)],"w":3}"#),
        MergeCase(
            "a map keyed by id", #"{"a":{"t":1},"b":{"t":2}}"#,
            #"{"a":{"t":1,"u":1},"b":{"t":2},"c":{}}"#, #"{"a":{"t":3},"d":{}}"#,
            #"{"a":{"t":3,"u":1},"c":{},"d":{}}"#),
        MergeCase(
            "a wrapped map", #"{"documents":{"a":{"t":1}}}"#,
            #"{"documents":{"a":{"t":1},"b":{}}}"#, #"{"documents":{"a":{"t":1},"c":{}}}"#,
            #"{"documents":{"a":{"t":1},"b":{},"c":{}}}"#),
        MergeCase(
            "a single object merges by field", #"{"n":1,"m":{"x":1}}"#, #"{"n":2,"m":{"x":1}}"#,
            #"{"n":1,"m":{"x":1,"y":2}}"#, #"{"n":2,"m":{"x":1,"y":2}}"#),
        MergeCase(
            "Markdown blocks", "---\nid: 1\n---\ntea\n",
            "---\nid: 1\n---\ntea\n\n---\nid: 2\n---\ncat\n",
            "---\nid: 1\nkind: x\n---\ncoffee\n\n---\nid: 3\n---\nruns\n",
            "---\nid: 1\nkind: x\n---\ncoffee\n\n---\nid: 2\n---\ncat\n\n---\nid: 3\n---\nruns\n"),
        MergeCase(
            "CRLF lines and a byte order mark", "\u{feff}\(one)\r\n",
            "\u{feff}\(one)\r\n\(two)\r\n",
            "\u{feff}\(one)\r\n\(three)\r\n", "\u{feff}\(one)\r\n\(two)\r\n\(three)\r\n"),
        MergeCase(
            "a final newline that one side adds", one, "\(one)\n", "\(one)\n\(two)",
            "\(one)\n\(two)\n"),
        MergeCase(
            "sides that end their lines differently", "\(one)\n", "\(one)\r\n\(two)\r\n",
            "\(one)\n\(three)\n", "\(one)\r\n\(two)\r\n\(three)\r\n"),
        MergeCase(
            "a lone object with a key twice is one record", #"{"a":1}"#, #"{"a":2}"#,
            #"{"a":1,"a":3}"#, #"{"a":1,"a":3}"#),
        MergeCase(
            "one record without an id leaves the others theirs",
            "\(one)\n\(two)\n{\"memory\":\"no id\"}\n",
            "\(one.replacing("tea", "coffee"))\n\(two)\n{\"memory\":\"no id\"}\n",
            "\(one.replacing("}", ",\"n\":1}"))\n\(two)\n{\"memory\":\"none\"}\n",
            "\(one.replacing("tea", "coffee").replacing("}", ",\"n\":1}"))\n\(two)\n"
                + "{\"memory\":\"none\"}\n"),
        MergeCase(
            "all records of a wrapper go, one on each side", #"{"of":[{"x":1},{"x":2}]}"#,
            #"{"of":[{"x":1}]}"#, #"{"of":[{"x":2}]}"#, #"{"of":[]}"#),
        MergeCase("both sides add a file", nil, "\(one)\n", "\(two)\n", "\(one)\n\(two)\n"),
    ]

    static let records = [
        MergeCase(
            "deleted here, untouched there", "\(one)\n\(two)\n", "\(one)\n",
            "\(one)\n\(two)\n\(three)\n",
            "\(one)\n\(three)\n"),
        MergeCase(
            "deleted here, edited there: the edit stays", "\(one)\n\(two)\n", "\(two)\n",
            #"{"id":"1","memory":"coffee"}"# + "\n\(two)\n\(three)\n",
            #"{"id":"1","memory":"coffee"}"# + "\n\(two)\n\(three)\n", notes: [.editKept]),
        MergeCase(
            "deleted on both", "\(one)\n\(two)\n\(three)\n", "\(two)\n\(three)\n", "\(two)\n",
            "\(two)\n"),
        MergeCase(
            "different fields of one record", #"{"id":1,"a":1,"b":1}"#, #"{"id":1,"a":2,"b":1}"#,
            #"{"id":1,"a":1,"b":2,"c":3}"#, #"{"id":1,"a":2,"b":2,"c":3}"#),
        MergeCase(
            "one field: the later", #"{"id":1,"a":1}"#, #"{"id":1,"a":2}"#, #"{"id":1,"a":3}"#,
            #"{"id":1,"a":3}"#),
        MergeCase(
            "a text and its hash are one", #"{"id":1,"memory":"a","hash":"A","n":1}"#,
            #"{"id":1,"memory":"b","hash":"B","n":1}"#, #"{"id":1,"memory":"c","hash":"C","n":2}"#,
            #"{"id":1,"memory":"c","hash":"C","n":2}"#),
        MergeCase(
            "an older text with its hash", #"{"id":1,"memory":"a","hash":"A","n":1}"#,
            #"{"id":1,"memory":"b","hash":"B","n":1}"#, #"{"id":1,"memory":"a","hash":"A","n":2}"#,
            #"{"id":1,"memory":"b","hash":"B","n":2}"#),
        MergeCase(
            "created the earlier, updated the later",
            #"{"id":1,"created_at":"2026-01-02","updated_at":"2026-01-02"}"#,
            #"{"id":1,"created_at":"2026-01-01T12:00+14","updated_at":"2026-01-05T00:00:00Z"}"#,
            #"{"id":1,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-04T23:59:59.9Z"}"#,
            #"{"id":1,"created_at":"2026-01-01T12:00+14","updated_at":"2026-01-05T00:00:00Z"}"#
        ),
        MergeCase(
            "arrays of scalars are sets that honour removals", #"{"id":1,"tags":["a","b","c"]}"#,
            #"{"id":1,"tags":["a","c","d"]}"#, #"{"id":1,"tags":["e","a","b"]}"#,
            #"{"id":1,"tags":["a", "d", "e"]}"#.replacing(", ", ",")),
        MergeCase(
            "arrays of objects by key", #"{"id":1,"l":[{"id":"x","v":1},{"id":"y","v":1}]}"#,
            #"{"id":1,"l":[{"id":"x","v":2},{"id":"y","v":1}]}"#,
            #"{"id":1,"l":[{"id":"x","v":1},{"id":"z","v":1}]}"#,
            #"{"id":1,"l":[{"id":"x","v":2},{"id":"z","v":1}]}"#),
        MergeCase(
            "objects recursively", #"{"id":1,"m":{"p":{"q":1,"r":1}}}"#,
            #"{"id":1,"m":{"p":{"q":2,"r":1}}}"#, #"{"id":1,"m":{"p":{"q":1,"r":2}}}"#,
            #"{"id":1,"m":{"p":{"q":2,"r":2}}}"#),
        MergeCase(
            "a later tombstone wins", #"{"id":1,"text":"a"}"#, #"{"id":1,"text":"b"}"#,
            #"{"id":1,"text":"a","is_deleted":true}"#, #"{"id":1,"text":"b","is_deleted":true}"#),
        MergeCase(
            "a later edit beats a tombstone", #"{"id":1,"text":"a"}"#,
            #"{"id":1,"text":"a","deleted_at":"2026-01-01"}"#, #"{"id":1,"text":"b"}"#,
            #"{"id":1,"text":"b"}"#),
        MergeCase(
            "numbers and escapes keep their bytes", #"{"id":1,"a":1.0,"b":"\u00e9"}"#,
            #"{"id":1,"a":1.00,"b":"\u00e9","c":1E6}"#, #"{"id":1,"a":1.0,"b":"é","d":[]}"#,
            #"{"id":1,"a":1.0,"b":"é","d":[],"c":1E6}"#),
        MergeCase(
            "a change of key order is none", #"{"id":1,"a":1,"b":2}"#, #"{"b":2,"a":1,"id":1}"#,
            #"{"id":1,"a":1,"b":3}"#, #"{"id":1,"a":1,"b":3}"#),
        MergeCase(
            "the same text under two ids: both stay, reported", "", #"{"id":1,"text":"x"}"# + "\n",
            #"{"id":2,"text":"x"}"# + "\n",
            #"{"id":1,"text":"x"}"# + "\n" + #"{"id":2,"text":"x"}"# + "\n", notes: [.sameText]),
        MergeCase(
            "records without identity are counted", "{\"t\":1}\n{\"t\":1}\n",
            "{\"t\":1}\n{\"t\":1}\n{\"t\":2}\n", "{\"t\":1}\n{\"t\":1}\n{\"t\":1}\n{\"t\":2}\n",
            "{\"t\":1}\n{\"t\":1}\n{\"t\":1}\n{\"t\":2}\n"),
        MergeCase(
            "an equal record that was added stays against one that was taken away",
            "{\"t\":1}\n{\"t\":2}\n", "{\"t\":2}\n", "{\"t\":1}\n{\"t\":2}\n{\"t\":1}\n",
            "{\"t\":1}\n{\"t\":1}\n{\"t\":2}\n", notes: [.editKept]),
        MergeCase(
            "of two removals the lesser is what both want", "{\"t\":1}\n{\"t\":1}\n{\"t\":1}\n",
            "{\"t\":1}\n", "{\"t\":1}\n{\"t\":1}\n", "{\"t\":1}\n{\"t\":1}\n"),
        MergeCase(
            "a field that both sides removed is gone", #"{"id":1,"a":1,"b":1,"c":1}"#,
            #"{"id":1,"b":2,"c":1}"#, #"{"id":1,"b":1,"c":2}"#, #"{"id":1,"b":2,"c":2}"#),
        MergeCase(
            "a point is not a set", #"{"id":1,"p":[0,0]}"#, #"{"id":1,"p":[5,0]}"#,
            #"{"id":1,"p":[0,3]}"#, #"{"id":1,"p":[0,3]}"#),
        MergeCase(
            "numbers that stand once are one", #"{"id":1,"n":[1,2]}"#, #"{"id":1,"n":[2,3]}"#,
            #"{"id":1,"n":[1,2,4]}"#, #"{"id":1,"n":[2,3,4]}"#),
        MergeCase(
            "an edit stays against an array that was emptied",
            #"{"id":1,"l":[{"id":"x","v":1}]}"#, #"{"id":1,"l":[{"id":"x","v":2},{"id":"y"}]}"#,
            #"{"id":1,"l":[]}"#, #"{"id":1,"l":[{"id":"x","v":2},{"id":"y"}]}"#),
        MergeCase(
            "what many records share is not their name",
            "{\"memory_id\":\"m\",\"at\":1}\n{\"memory_id\":\"m\",\"at\":2}\n"
                + "{\"memory_id\":\"m\",\"at\":3}\n",
            "{\"memory_id\":\"m\",\"at\":1}\n{\"memory_id\":\"m\",\"at\":2}\n"
                + "{\"memory_id\":\"m\",\"at\":3}\n{\"memory_id\":\"m\",\"at\":4}\n",
            "{\"memory_id\":\"m\",\"at\":1}\n{\"memory_id\":\"m\",\"at\":2}\n"
                + "{\"memory_id\":\"m\",\"at\":3}\n{\"memory_id\":\"m\",\"at\":5}\n",
            "{\"memory_id\":\"m\",\"at\":1}\n{\"memory_id\":\"m\",\"at\":2}\n"
                + "{\"memory_id\":\"m\",\"at\":3}\n{\"memory_id\":\"m\",\"at\":4}\n"
                + "{\"memory_id\":\"m\",\"at\":5}\n"),
    ]

    static let damage = [
        MergeCase(
            "an unparsable line is kept as it is", "\(one)\n", "\(one)\n{oops\n\(two)\n",
            "\(one)\n\(three)\n", "\(one)\n{oops\n\(two)\n\(three)\n"),
        MergeCase(
            "a byte order mark before a line is none of the record", "\(one)\n",
            "\(one)\n\u{feff}\(two)\n", "\(one)\n\(three)\n", "\(one)\n\(two)\n\(three)\n"),
        MergeCase(
            "a torn last line that begins another line is dropped", "\(one)\n",
            "\(one)\n\(two.prefix(20))", "\(one)\n\(two)\n", "\(one)\n\(two)\n",
            notes: [.tornLineDropped]),
        MergeCase(
            "a torn last line is else kept and ended", "\(one)\n", "\(one)\n{\"id\":\"9",
            "\(one)\n\(two)\n", "\(one)\n{\"id\":\"9\n\(two)\n"),
        MergeCase(
            "a record with a key twice is taken whole", #"{"id":1,"a":1,"b":1}"#,
            #"{"id":1,"a":2,"b":1}"#, #"{"id":1,"a":1,"a":5,"b":2}"#, #"{"id":1,"a":1,"a":5,"b":2}"#
        ),
        MergeCase(
            "identical duplicates of one id collapse", "\(one)\n", "\(one)\n\(two)\n\(two)\n",
            "\(one)\n\(three)\n", "\(one)\n\(two)\n\(three)\n"),
        MergeCase(
            "an array that does not parse loses to one that does", "[\(one)]", "[\(one), \(two)]",
            "[\(one), \(three)", "[\(one), \(two)]", fallback: .unparsable),
        MergeCase(
            "an emptied array loses to one that parses", "[\(one)]", "[\(one), \(two)]", "",
            "[\(one), \(two)]", fallback: .unparsable),
        MergeCase(
            "text without records is a document", "a\nb\nc\nd\n", "x\nb\nc\nd\n", "a\nb\nc\ny\n",
            "x\nb\nc\ny\n", fallback: .text),
        MergeCase(
            "one block alone is a document with front matter",
            "---\nid: m\ntags: [a]\nupdated: 1\n---\nOne.\n\nTwo.\n",
            "---\nid: m\ntags: [a, b]\nupdated: 1\n---\nOne.\n\nTwo, edited.\n",
            "---\nid: m\ntags: [a, c]\nupdated: 2\n---\nOne, edited.\n\nTwo.\n",
            "---\nid: m\ntags: [a, b, c]\nupdated: 2\n---\nOne, edited.\n\nTwo, edited.\n",
            fallback: .text),
        MergeCase(
            "one block that is there twice is no collection", "---\nid: 1\n---\nmore\n\nend\n",
            "---\nid: 1\n---\nless\n\nend\n",
            "---\nid: 1\n---\nmore\n\nend\n\n---\nid: 1\n---\nmore\n\nend\n",
            "---\nid: 1\n---\nless\n\nend\n\n---\nid: 1\n---\nmore\n\nend\n",
            fallback: .text),
        MergeCase(
            "one block of a collection on each side is a record",
            "---\nid: 1\n---\ntea\n\n---\nid: 2\n---\nmilk\n", "---\nid: 1\n---\ngreen tea\n",
            "---\nid: 1\n---\ntea\n", "---\nid: 1\n---\ngreen tea\n"),
        MergeCase(
            "an array against lines: the later, and a copy", "", "[\(one)]\n", "\(two)\n\(three)\n",
            "\(two)\n\(three)\n", fallback: .shape),
        MergeCase(
            "over damage a line each is two records", "\"a{\n", "{\"id\":1}", "{\"a\":2}\n",
            "{\"id\":1}\n{\"a\":2}\n"),
        MergeCase(
            "over damage records are known by the key that some have", "\"a{\n",
            "{\"id\":4,\"m\":4}\n", "{\"id\":4}\n{\"x\":3}\n",
            "{\"id\":4,\"m\":4}\n{\"x\":3}\n"),
        MergeCase(
            "what one side has as a whole line is not dropped for being torn on the other",
            "\"a{\n", "{\"", "{\"id\":2}\n{\"\n", "{\"id\":2}\n{\"\n"),
        MergeCase(
            "an object stays as it was edited beside an emptied file", "{\"x\":4}\n",
            "{\"id\":4}\n\n",
            "", "{\"id\":4}\n", notes: [.editKept]),
        MergeCase(
            "a line that one side wrote over several: the later, and a copy", "{\"id\":1}\n",
            "{\n\"id\": 1, \"x\": 1}\n", "{\"id\":1,\"y\":1}\n", "{\"id\":1,\"y\":1}\n",
            fallback: .shape),
        MergeCase(
            "over damage that may be lines a wrapper in a line stays a wrapper", "{\"v\":1,{\n",
            "{\n\"results\":[\(one)]}", "{\"results\":[\(two)]}",
            "{\"results\":[\(one), \(two)]}"),
        MergeCase(
            "a blank before the colon makes no second colon", "{\"id\":1}\n",
            "{\"id\":1,\"m\":{\"a\":1}}\n", "{\"id\":1,\"m\":{\"b\" :2}}\n",
            "{\"id\":1,\"m\":{\"b\" :2,\"a\" :1}}\n"),
        MergeCase(
            "a wrapper that one side no longer has: the later, and a copy",
            "{\"results\":[\(one)]}", "{\"v\":2}", "{\"results\":[\(one),\(two)]}",
            "{\"results\":[\(one),\(two)]}", fallback: .shape),
        MergeCase(
            "two new files of one object each are two files", nil, "{\n\"a\": 1}", "{\"b\": 1}\n",
            "{\"b\": 1}\n", fallback: .shape),
    ]

    @Test("by the rules of version 8 one block each is two files", arguments: [8, 9])
    func oneBlock(version: Int) {
        func side(_ text: String, _ time: Int64) -> ContentSide {
            ContentSide(content: Array(text.utf8), stamp: stamp(time, "laptop", text))
        }
        var rule = FileRule(.memory)
        rule.version = version
        for base in ["---\nid: 1\n---\ntea\n", "---\nid: 1\n---\ntea\n\n---\nid: 2\n---\nmilk\n"] {
            let result = ContentMerge.merge(
                base: Array(base.utf8), side("---\nid: 1\n---\ngreen tea\n", 1),
                side("---\nid: 1\n---\ntea, cold\n", 2), as: rule)
            #expect((result.fallback == .shape) == (version == 8))
        }
    }

    static let order = [
        MergeCase(
            "all sorted by one key: by that, newest first", "\(two)\n\(one)\n",
            "\(three)\n\(two)\n\(one)\n",
            "\(two)\n\(one)\n{\"id\":\"0\",\"created_at\":\"2025-12-31\"}\n",
            "\(three)\n\(two)\n\(one)\n{\"id\":\"0\",\"created_at\":\"2025-12-31\"}\n"),
        MergeCase(
            "unsorted: base order, then additions by time", "\(two)\n\(one)\n\(three)\n",
            "\(two)\n\(one)\n\(three)\n{\"id\":\"a\",\"ts\":1900000009}\n",
            "{\"id\":\"b\",\"ts\":1900000001}\n\(two)\n\(one)\n\(three)\n",
            "\(two)\n\(one)\n\(three)\n{\"id\":\"b\",\"ts\":1900000001}\n"
                + "{\"id\":\"a\",\"ts\":1900000009}\n"
        ),
        MergeCase(
            "without times: the earlier side's block first", "{\"id\":5}\n",
            "{\"id\":5}\n{\"id\":4}\n{\"id\":9}\n", "{\"id\":5}\n{\"id\":7}\n{\"id\":3}\n",
            "{\"id\":5}\n{\"id\":4}\n{\"id\":9}\n{\"id\":7}\n{\"id\":3}\n"),
    ]

    @Test("records merge by the table", arguments: shapes + records + damage + order)
    func row(row: MergeCase) {
        let result = merge(row.base, row.early, row.late, as: FileRule(.memory))
        #expect(result.text == row.merged)
        #expect(result.notes.map(\.kind) == row.notes)
        #expect(result.fallback == row.fallback)
        #expect(result.copies.isEmpty == (row.fallback == nil || row.fallback == .text))
        let mirrored = ContentMerge.merge(
            base: row.base.map { Array($0.utf8) }, side(row.late, at: 2000, by: "phone"),
            side(row.early, at: 1000, by: "laptop"), as: FileRule(.memory))
        #expect(mirrored.content == result.content)
    }

    @Test("of equal records as many stay, in whatever order three versions are merged")
    func counts() {
        let line = #"{"event":"start"}"# + "\n"
        func text(_ count: Int) -> [UInt8] {
            Array((#"{"event":"open"}"# + "\n" + String(repeating: line, count: count)).utf8)
        }
        for number in 0..<256 {
            let base = number & 3
            let counts = [number >> 2 & 3, number >> 4 & 3, number >> 6]
            let sides = counts.enumerated().map {
                side(String(decoding: text($1), as: UTF8.self), at: Int64($0), by: "d\($0)")
            }
            func merged(_ one: ContentSide, _ two: ContentSide) -> ContentSide {
                let result = ContentMerge.merge(
                    base: text(base), one, two, as: FileRule(.memory))
                return ContentSide(content: result.content, stamp: result.stamp)
            }
            let most = counts.filter { $0 != base }.max() ?? base
            for (one, two, three) in [(0, 1, 2), (0, 2, 1), (1, 2, 0)] {
                let all = merged(merged(sides[one], sides[two]), sides[three])
                #expect(all.content == text(most), "base \(base), \(counts)")
            }
        }
    }

    /// A base, two sides, and which of them are not wholly in the result.
    static let setAside: [(base: String, early: String, late: String, aside: [String])] = [
        // One field, one new record, a text and what is computed of it.
        (#"{"id":1,"n":1}"#, #"{"id":1,"n":2}"#, #"{"id":1,"n":3}"#, ["early"]),
        (
            "{\"id\":0}\n", "{\"id\":0}\n{\"id\":1,\"n\":\"a\"}\n",
            "{\"id\":0}\n{\"id\":1,\"n\":\"b\"}\n", ["early"]
        ),
        (
            #"{"id":1,"text":"a","hash":1}"#, #"{"id":1,"text":"b","hash":1}"#,
            #"{"id":1,"text":"a","hash":2}"#, ["early"]
        ),
        // A deletion against an edit, either way round, and each side's in one file.
        ("{\"id\":1}\n{\"id\":2}\n", "{\"id\":2}\n", "{\"id\":1,\"n\":1}\n{\"id\":2}\n", ["early"]),
        ("{\"id\":1}\n{\"id\":2}\n", "{\"id\":1,\"n\":1}\n{\"id\":2}\n", "{\"id\":2}\n", ["late"]),
        (
            "{\"id\":1}\n{\"id\":2}\n", "{\"id\":1,\"n\":1}\n", "{\"id\":2,\"n\":1}\n",
            ["early", "late"]
        ),
        (#"{"id":1,"n":1,"m":1}"#, #"{"id":1,"n":2}"#, #"{"id":1,"n":1,"m":2}"#, ["early"]),
        // An id that stands twice is one group.
        (
            "{\"id\":2}\n{\"id\":1}\n{\"id\":1,\"n\":2}\n",
            "{\"id\":2}\n{\"id\":1,\"n\":3}\n{\"id\":1,\"n\":2}\n",
            "{\"id\":2}\n{\"id\":1}\n{\"id\":1,\"n\":4}\n", ["early"]
        ),
        // What stands around the records.
        (#"{"v":1,"results":[]}"#, #"{"v":2,"results":[]}"#, #"{"v":3,"results":[]}"#, ["early"]),
        // A deletion against an edit within a record.
        (
            #"{"id":1,"l":[{"id":"x","v":1}]}"#, #"{"id":1,"l":[]}"#,
            #"{"id":1,"l":[{"id":"x","v":2}]}"#, ["early"]
        ),
        // Nothing: both changes stand, both are the same, or a rule for the field says which.
        (#"{"id":1,"a":1,"b":1}"#, #"{"id":1,"a":2,"b":1}"#, #"{"id":1,"a":1,"b":2}"#, []),
        (#"{"id":1,"a":1}"#, #"{"id":1,"a":2}"#, #"{"id":1, "a":2, "b":1}"#, []),
        (#"{"id":1,"t":["a","b"]}"#, #"{"id":1,"t":["b","c"]}"#, #"{"id":1,"t":["a","d"]}"#, []),
        (
            #"{"id":1,"updated_at":"2026-01-01"}"#, #"{"id":1,"updated_at":"2026-01-03"}"#,
            #"{"id":1,"updated_at":"2026-01-02"}"#, []
        ),
        (
            #"{"id":1,"l":[{"id":"x","v":1}]}"#, #"{"id":1,"l":[{"id":"x","v":2}]}"#,
            #"{"id":1,"l":[{"id":"x","v":1},{"id":"y"}]}"#, []
        ),
        (#"{"id":1,"m":{"p":1}}"#, #"{"id":1,"m":{"p":2}}"#, #"{"id":1,"m":{"p":1,"q":1}}"#, []),
        ("{\"id\":1}\n{\"id\":2}\n", "{\"id\":1}\n", "{\"id\":1,\"n\":1}\n{\"id\":2}\n", []),
    ]

    @Test("a version of which something is not in the file is named", arguments: setAside)
    func aside(base: String, early: String, late: String, aside: [String]) {
        for type in [FileType.memory, .conversation] {
            let result = merge(base, early, late, as: FileRule(type))
            let names = result.setAside.map { $0.content == Array(early.utf8) ? "early" : "late" }
            #expect(names == aside)
            #expect(result.losers.isEmpty && result.copies.isEmpty && result.isClean)
        }
    }

    static let events = [
        MergeCase(
            "identical events collapse", "", "{\"uuid\":\"u\",\"a\":1}\n",
            "{ \"a\": 1, \"uuid\": \"u\" }\n", "{ \"a\": 1, \"uuid\": \"u\" }\n"),
        MergeCase(
            "a second body for one UUID is kept as a conflict", "", "{\"uuid\":\"u\",\"a\":1}\n",
            "{\"uuid\":\"u\",\"a\":2}\n", "{\"uuid\":\"u\",\"a\":1}\n{\"uuid\":\"u\",\"a\":2}\n",
            notes: [.eventBodies]),
        MergeCase(
            "union", "{\"uuid\":\"u\"}\n", "{\"uuid\":\"u\"}\n{\"uuid\":\"v\"}\n",
            "{\"uuid\":\"u\"}\n{\"uuid\":\"w\"}\n",
            "{\"uuid\":\"u\"}\n{\"uuid\":\"v\"}\n{\"uuid\":\"w\"}\n"),
    ]

    @Test("events", arguments: events)
    func event(row: MergeCase) {
        let result = merge(row.base, row.early, row.late, as: FileRule(.event))
        #expect(result.text == row.merged)
        #expect(result.notes.map(\.kind) == row.notes)
        #expect(result.isClean == row.notes.isEmpty)
    }

    /// Events that both sides add behind those of a base.
    struct Bodies: Sendable, CustomTestStringConvertible {
        let name: String
        let base: [String]
        let early: [String]
        let late: [String]
        /// Whether one event has several bodies, and whether each side brought another.
        let stands: (several: Bool, new: Bool)

        var testDescription: String { name }

        init(
            _ name: String, _ base: [String], _ early: [String], _ late: [String],
            several: Bool = true, new: Bool = false
        ) {
            (self.name, self.base, self.early, self.late) = (name, base, early, late)
            stands = (several, new)
        }
    }

    static let bodies = [
        Bodies(
            "of one side", [#"{"uuid":"a"}"#], [#"{"uuid":"u","a":1}"#, #"{"uuid":"u","a":2}"#],
            [#"{"uuid":"w"}"#]),
        Bodies(
            "where other events have types", [#"{"uuid":"a","type":"t"}"#],
            [#"{"uuid":"u","a":1}"#, #"{"uuid":"u","a":2}"#], [#"{"uuid":"w","type":"t"}"#]),
        Bodies(
            "of a type of its own", [#"{"uuid":"a","type":"t"}"#],
            [#"{"uuid":"u","type":"s","a":1}"#, #"{"uuid":"u","type":"s","a":2}"#],
            [#"{"uuid":"w","type":"t"}"#]),
        Bodies(
            "where some have no UUID", [#"{"uuid":"a"}"#, #"{"uuid":"b"}"#, #"{"a":1}"#],
            [#"{"uuid":"u","a":1}"#, #"{"uuid":"u","a":2}"#], [#"{"uuid":"w"}"#]),
        Bodies(
            "where an id is of many", [#"{"id":"s","uuid":"a"}"#, #"{"id":"s","uuid":"b"}"#],
            [#"{"id":"s","uuid":"u","a":1}"#, #"{"id":"s","uuid":"u","a":2}"#],
            [#"{"id":"s","uuid":"w"}"#]),
        Bodies(
            "of the base", [#"{"uuid":"u","a":1}"#, #"{"uuid":"u","a":2}"#], [#"{"uuid":"v"}"#],
            [#"{"uuid":"w"}"#]),
        Bodies(
            "of each side one", [#"{"uuid":"a","type":"t"}"#], [#"{"uuid":"u","a":1}"#],
            [#"{"uuid":"u","a":2}"#], new: true),
        Bodies(
            "a third one", [#"{"uuid":"a","type":"t"}"#],
            [#"{"uuid":"u","a":1}"#, #"{"uuid":"u","a":2}"#], [#"{"uuid":"u","a":3}"#], new: true),
        Bodies(
            "two types may have one name", [#"{"uuid":"a","type":"t"}"#],
            [#"{"uuid":"u","type":"t"}"#], [#"{"uuid":"u","type":"s"}"#], several: false),
        Bodies(
            "what most have, and many share, names no event",
            [#"{"id":"s","a":1}"#, #"{"id":"s","a":2}"#, #"{"id":"s","a":3}"#, #"{"a":1}"#],
            [#"{"id":"s","a":4}"#], [#"{"id":"s","a":5}"#], several: false),
    ]

    @Test("several bodies for one event", arguments: bodies)
    func body(row: Bodies) {
        func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }
        let result = merge(
            text(row.base), text(row.base + row.early), text(row.base + row.late),
            as: FileRule(.event))
        #expect(result.text == text(row.base + row.early + row.late))
        #expect(result.hasBodies == row.stands.several)
        #expect(result.notes.map(\.kind) == (row.stands.new ? [.eventBodies] : []))
    }

    @Test("a conversation is ordered by timestamp, sequence, id")
    func conversation() {
        func line(_ id: String, _ time: Int, _ sequence: Int) -> String {
            "{\"id\":\"\(id)\",\"timestamp\":\"2026-01-01T00:00:0\(time)Z\","
                + "\"sequence\":\(sequence)}\n"
        }
        let base = line("m1", 1, 1)
        let early = base + line("m4", 3, 9) + line("m5", 3, 10)
        let late = line("m1", 1, 1) + line("m3", 3, 2) + line("m2", 2, 7)
        let result = merge(base, early, late, as: FileRule(.conversation))
        #expect(
            result.text
                == base + line("m2", 2, 7) + line("m3", 3, 2) + line("m4", 3, 9) + line("m5", 3, 10)
        )
    }
}

extension String {
    fileprivate func replacing(_ part: String, _ other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
