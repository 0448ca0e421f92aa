import SyncModel
import SyncTestKit
import Testing

@Suite("Git's formats")
struct GitFormatTests {
    private let id = ObjectID(hashing: Array("x".utf8), as: .blob)

    @Test("an object is named as git names it")
    func names() {
        // git hash-object -t blob --stdin, of nothing and of "hello\n"; the empty tree.
        #expect(
            ObjectID(hashing: [], as: .blob).hex == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        #expect(
            ObjectID(hashing: Array("hello\n".utf8), as: .blob).hex
                == "ce013625030ba8dba906f756967f9e9ca394464a")
        #expect(Tree.emptyID.hex == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    }

    @Test("a tree sorts a directory as if its name ended in a slash, and reads back as written")
    func trees() throws {
        let names: [(String, FileMode)] = [
            ("a", .directory), ("a-b", .regular), ("a.b", .executable), ("a0", .symbolicLink),
        ]
        let tree = Tree(
            sorting: names.map { TreeEntry(name: Array($0.0.utf8), mode: $0.1, id: id) })
        #expect(
            tree.entries.map { String(decoding: $0.name, as: UTF8.self) }
                == ["a-b", "a.b", "a", "a0"])
        #expect(try Tree(parsing: tree.serialized) == tree)
    }

    @Test("a signature is the last header, as git has it, and the commit reads as without it")
    func signature() throws {
        let who = Signature(name: "ada", email: "ada@syncd.invalid", seconds: 1)
        let commit = Commit(
            tree: Tree.emptyID, parents: [id], author: who, committer: who,
            message: "one\n\ntwo\n")
        let signed = commit.serialized(signed: "-----BEGIN X-----\n\nabc\n-----END X-----\n")
        let text = String(decoding: signed, as: UTF8.self)
        #expect(
            text.contains(
                "1 +0000\ngpgsig -----BEGIN X-----\n \n abc\n -----END X-----\n\none\n\ntwo\n"))
        #expect(try Commit(parsing: signed) == commit)
    }

    @Test(
        "a commit of which git reads tree and parents is read, whatever else its lines are",
        arguments: [
            ("author a <b> 1 +0000\ncommitter nobody", "nobody", "", 0),
            ("author a <b> 1 +0000\ncommitter c <d> x +0000", "c", "d", 0),
            ("author a <b> 1 +0000\ncommitter c <d> 7", "c", "d", 7),
            ("author a <b> 1 +0000\ncommitter c <d> 7 zone", "c", "d", 7),
            ("author a <b> 1 +0000\ncommitter > c < 9 +0000", "> c", "", 0),
            ("author a <b> 1 +0000\ncommitter c <d> 99999999999999999999 +0000", "c", "d", 0),
            ("author a <b> 5 +0000", "a", "b", 5), ("encoding x", "", "", 0), ("x\ny", "", "", 0),
            ("author a <b> 1 +0000\ncommitter c <d> 7 +0000\nparent nothing", "c", "d", 7),
            ("author a <b> 1 +0000\ncommitter c <d> 7 +0000\ntree nothing", "c", "d", 7),
        ])
    func oddCommits(_ lines: String, _ name: String, _ email: String, _ seconds: Int64) throws {
        let start = "tree \(id.hex)\nparent \(ObjectID.zero.hex)\n"
        let commit = try Commit(parsing: Array("\(start)\(lines)\n\ntext\n".utf8))
        #expect(commit.tree == id && commit.parents == [.zero])
        #expect(commit.committer == Signature(name: name, email: email, seconds: seconds))
        #expect(commit.message == "text\n")
    }

    @Test(
        "a zone that is none is written as one of four digits",
        arguments: ["-9223372036854775808", "9223372036854775807", "-9999", "+9999", "-100000"])
    func zones(_ zone: String) throws {
        let read = Signature(reading: Array("a <b> 1 \(zone)".utf8)[...])
        let words = read.serialized.split(separator: " ")
        #expect(words.last?.count == 5)
        #expect(Signature(reading: Array(read.serialized.utf8)[...]) == read)
    }

    @Test(
        "a commit without a tree, or with a parent that is none, is refused",
        arguments: [
            "", "parent 0\n", "author a <b> 1 +0000\ntree T\n", "tree x\n", "tree T\nparent x\n",
        ])
    func badCommits(_ text: String) {
        let content = text.replacing("T", with: id.hex)
        #expect(throws: FormatError.self) { try Commit(parsing: Array(content.utf8)) }
    }

    @Test(
        "a malformed tree is refused",
        arguments: [
            "100644 a\0short", "100644a\0", "10064x a\0", "100644 \0", "999 a\0",
        ])
    func badTrees(_ start: String) {
        var content = Array(start.utf8)
        if start.hasSuffix("\0") { content += id.bytes }
        #expect(throws: FormatError.self) { try Tree(parsing: content) }
    }

    @Test(
        "a mode means what git takes it for",
        arguments: [
            ("100644", FileMode.regular), ("100600", .regular), ("100664", .regular),
            ("100400", .regular), ("100655", .regular), ("0100644", .regular),
            ("100755", .executable), ("100775", .executable), ("100700", .executable),
            ("104711", .executable), ("000100744", .executable), ("120000", .symbolicLink),
            ("120777", .symbolicLink), ("40000", .directory), ("040000", .directory),
            ("40755", .directory), ("160000", .submodule), ("160755", .submodule),
            ("10644", .submodule), ("0", .submodule), ("140755", .submodule),
            ("200000100644", .regular),
        ])
    func modes(_ octal: String, _ mode: FileMode) throws {
        let content = Array("\(octal) a\0".utf8) + id.bytes
        let tree = try Tree(parsing: content)
        #expect(tree.entries == [TreeEntry(name: Array("a".utf8), mode: mode, id: id)])
        #expect(tree.serialized == content)
    }

    @Test("a tree that is changed has its modes as git writes them")
    func plainModes() throws {
        func entry(_ start: String) -> [UInt8] { Array(start.utf8) + id.bytes }
        let old = entry("0100664 a\0") + entry("040000 b\0") + entry("100700 c\0")
        let new = TreeEntry(name: Array("d".utf8), mode: .regular, id: id)
        let changed = try Tree(parsing: old).replacing([], with: [new])
        #expect(
            changed.serialized
                == entry("100644 a\0") + entry("40000 b\0") + entry("100755 c\0")
                + entry("100644 d\0"))
        #expect(try Tree(parsing: changed.serialized) == changed)
    }

    @Test("entries out of order or twice are refused")
    func unsorted() {
        func entry(_ name: String) -> [UInt8] { Array("100644 \(name)\0".utf8) + id.bytes }
        #expect(throws: FormatError.self) { try Tree(parsing: entry("b") + entry("a")) }
        #expect(throws: FormatError.self) { try Tree(parsing: entry("a") + entry("a")) }
    }

    @Test("a file and a directory of one name are refused, whatever stands between them")
    func fileAndDirectory() throws {
        func entry(_ name: String) -> [UInt8] {
            let mode = name.hasSuffix("/") ? "40000" : "100644"
            return Array("\(mode) \(name.split(separator: "/")[0])\0".utf8) + id.bytes
        }
        for between in [[], ["a-"], ["a-", "a-b", "a.b/", "a.c"], ["a!", "a!!/"]] {
            let all = ["a"] + between + ["a/", "a0"]
            #expect(throws: FormatError.self) {
                try Tree(parsing: all.flatMap(entry))
            }
            for gone in ["a", "a/"] {
                let rest = all.filter { $0 != gone }.flatMap(entry)
                #expect(try Tree(parsing: rest).count == all.count - 1)
            }
        }
    }

    @Test("a signed commit comes apart as git takes it apart")
    func signatures() throws {
        let who = Signature(name: "Ada", email: "ada@x", seconds: 7)
        let commit = Commit(
            tree: Tree.emptyID, parents: [], author: who, committer: who,
            message: "m\n\ngpgsig not a header\n indented\n")
        let armour = "-----BEGIN X-----\n\nabc\n-----END X-----\n"
        let content = commit.serialized(signed: armour)
        let parts = try SignedCommit(parsing: content)
        #expect(parts.payload == commit.serialized)
        #expect(parts.signature == Array(armour.utf8))
        #expect(parts.signatures == 1)
        #expect(parts.seconds == 7)
        let plain = try SignedCommit(parsing: commit.serialized)
        #expect(plain.payload == commit.serialized && plain.signatures == 0)

        // Of other object names, of two signers, and what only begins like one.
        let cut = try #require(content.firstIndex(of: 0x0a)) + 1
        func with(_ header: String) throws -> SignedCommit {
            try SignedCommit(parsing: content[..<cut] + Array(header.utf8) + content[cut...])
        }
        #expect(try with("gpgsig-sha256 a\n b\n") == parts)
        #expect(try with("gpgsig a\n b\n").signatures == 2)
        #expect(try with("gpgsigned a\n b\n").payload != parts.payload)
        #expect(try with("encoding x\n").payload != parts.payload)
    }

    @Test("a commit reads back as written, and its trailers are those of the last paragraph")
    func commits() throws {
        let who = Signature(name: "Ada <x>\n", email: "ada@x", seconds: 1_700_000_000, zone: -90)
        #expect(who.serialized == "Ada x <ada@x> 1700000000 -0130")
        let commit = Commit(
            tree: Tree.emptyID, parents: [id, id], author: who, committer: who,
            message: "subject\n\nSync-HLC: 1\n\nSync-Device: maple\nSync-HLC: 42\n")
        let read = try Commit(parsing: commit.serialized)
        #expect(read == commit)
        #expect(read.subject == "subject")
        #expect(read.trailer("Sync-HLC") == "42")
        #expect(read.trailer("Sync-Agent") == nil)
    }

    @Test(
        "a message is read in the encoding that the commit names",
        arguments: [
            ("ISO-8859-1", [0xe4, 0x20, 0x80], "ä \u{80}"),
            ("iso8859-1", [0xfc], "ü"), ("Latin1", [0xfc], "ü"),
            ("latin-1", [0xfc], "ü"), ("windows-1252", [0xe4, 0x20, 0x80], "ä €"),
            ("CP1252", [0x93, 0x81, 0x9f], "“\u{81}Ÿ"), ("UTF-8", [0xc3, 0xa4], "ä"),
            ("EUC-JP", [0xe4], "\u{fffd}"), ("", [0xe4], "\u{fffd}"),
        ] as [(String, [UInt8], String)])
    func encodings(_ name: String, _ bytes: [UInt8], _ text: String) throws {
        let header = name.isEmpty ? "" : "encoding \(name)\n"
        let start = "tree \(Tree.emptyID)\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n"
        let commit = try Commit(
            parsing: Array("\(start)\(header)\n".utf8) + bytes + Array("\n\nSync-HLC: 7\n".utf8))
        #expect(commit.subject == text)
        #expect(commit.trailer("Sync-HLC") == "7")
    }

    @Test("what orders versions is read as ever, whatever encoding a commit names")
    func encodedTrailers() throws {
        let start = "tree \(Tree.emptyID)\nauthor A <a@x> 1 +0000\nencoding latin1\n\nm\n\n"
        let commit = try Commit(
            parsing: Array("\(start)Sync-Device: j".utf8) + [0xfc] + Array("rg\n".utf8))
        #expect(commit.trailer("Sync-Device") == "j\u{fffd}rg")
        #expect(commit.message == "m\n\nSync-Device: jürg\n")
    }

    @Test(
        "a path below a root has no empty, dot or dot-dot name",
        arguments: ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\0b"])
    func badPaths(_ text: String) {
        #expect(TreePath(text) == nil)
    }

    @Test("a path keeps its bytes, and says them harmlessly")
    func paths() throws {
        let path = try #require(TreePath([0x2d, 0x66, 0xff, 0x0a, 0x2f, 0x1b, 0x61]))
        #expect(path.components.count == 2)
        #expect(path.description == "-f\u{fffd}\\n/\\u{1b}a")
        let below = try #require(TreePath("a/b/c"))
        #expect(below.relative(to: try #require(TreePath("a"))) == TreePath("b/c"))
        #expect(try #require(TreePath("ab")).isAtOrBelow(try #require(TreePath("a"))) == false)
    }

    @Test(
        "a moment is written in ISO 8601",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_770_572_880_999, "2026-02-08T17:48:00Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59Z"),
        ])
    func moments(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    }
}
