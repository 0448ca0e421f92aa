internal import SyncModel

/// Makes commits as no device would: claims out of every range, trees with odd entries, records
/// of conflicts that are none, parents by chance. A seed decides everything.
struct HostileCommits {
    private var random: SeededRandom
    private let repository: InMemoryRepository
    /// All that were made, and what they were made upon.
    private(set) var commits: [ObjectID]
    private var blobs: [ObjectID] = []
    private var trees: [ObjectID] = [Tree.emptyID]

    /// Begins upon commits that are there.
    init(seed: UInt64, in repository: InMemoryRepository, upon commits: [ObjectID]) {
        random = SeededRandom(seed: seed)
        (self.repository, self.commits) = (repository, commits)
    }

    /// Makes one commit.
    /// - Parameter head: a parent of it, mostly the first.
    mutating func next(over head: ObjectID) throws -> ObjectID {
        let pack = try repository.beginPack()
        var root = try tree(depth: 0, pack)
        if random.oneIn(3) { root = try repository.commit(head).tree }
        if random.oneIn(3) { root = try withRecords(root, pack) }
        var parents = [head]
        for _ in 0..<[0, 0, 0, 1, 1, 2, 7][random.below(7)] {
            parents.append(pick(commits))
        }
        if random.oneIn(4) { parents.reverse() }
        let id = try pack.add(.commit, commit(root, parents))
        try pack.finish()
        commits.append(id)
        return id
    }

    // MARK: Claims

    private static let numbers = [
        "0", "-1", "1", "1700000000", "1700000000123", "4102444800", "9300000000",
        "253402300799", "253402300800", "253402300799999", "9223372036854775807",
        "9223372036854775806", "-9223372036854775808", "99999999999999999999", "", "0x7f", "1e9",
    ]
    private static let zones = ["+0000", "-0000", "+9999", "-9999999999", "+", "x", "+0060"]
    private static let names = [
        "linden", "d0", "d1", "syncd merge", "", " ", "\u{1b}[2J", "a\u{202e}b", "<>", "é",
    ]

    private mutating func commit(_ tree: ObjectID, _ parents: [ObjectID]) -> [UInt8] {
        var text = "tree \(tree.hex)\n"
        for parent in parents { text += "parent \(parent.hex)\n" }
        text += "author \(signature())\ncommitter \(signature())\n"
        if random.oneIn(8) { text += "encoding ISO-8859-1\n" }
        if random.oneIn(8) { text += "gpgsig -----BEGIN SSH SIGNATURE-----\n \n x\n" }
        if random.oneIn(8) { text += "parent \(parents[0].hex)\n" }
        return Array((text + "\n" + message()).utf8)
    }

    private mutating func signature() -> String {
        if random.oneIn(30) { return "nobody" }
        let name = random.oneIn(4) ? "syncd merge" : pick(Self.names)
        let mail = name == "syncd merge" ? "merge@syncd.invalid" : "\(name)@syncd.invalid"
        let seconds = random.oneIn(2) ? "17000\(10_000 + random.below(80_000))" : number()
        return "\(name) <\(mail)> \(seconds) \(random.oneIn(6) ? pick(Self.zones) : "+0000")"
    }

    private mutating func number() -> String {
        random.oneIn(8) ? "\(Int64(bitPattern: random.next()))" : pick(Self.numbers)
    }

    private mutating func message() -> String {
        var lines = [pick(["a", "captured x.txt", "", "Merge abc", "\u{1b}]0;x\u{7}"]), ""]
        if random.oneIn(6) { lines += Array(repeating: "", count: random.below(3_000)) }
        if random.oneIn(6) {
            lines.append("shared/a.txt \(String(repeating: "0", count: 40)) lost")
        }
        for _ in 0..<random.below(4) {
            switch random.below(5) {
            case 0: lines.append("Sync-Device: \(pick(Self.names))")
            case 1, 2: lines.append("Sync-HLC: \(number())")
            case 3: lines.append("Sync-Merge-Version: \(pick(["1", "2", "2", "0", "-1"]))")
            default: lines.append("\(pick(["Sync-Agent", "Signed-off-by", ":", "x"])): \(number())")
            }
        }
        return lines.joined(separator: "\n") + (random.oneIn(3) ? "" : "\n")
    }

    // MARK: Trees

    private static let modes = [
        "100644", "100644", "100755", "100664", "100600", "100775", "120000", "160000", "40000",
        "040000", "0", "777777", "10000000000", "",
    ]
    private static let entries: [[UInt8]] =
        [
            "a.txt", "b.md", "c.json", "d.jsonl", "A.TXT", "x", "X", ".git", ".GIT", "git~1",
            ".git ",
            "..", ".", "a/b", ".gitignore", ".gitattributes", ".gitmodules", ".sync",
            "a.txt.conflict-",
            "\u{1b}[31m", "CON", "a\u{301}", "\u{e1}", ".syncd-staging-0123456789abcdef",
        ].map { Array($0.utf8) } + [[], [0xff, 0xfe], [UInt8](repeating: 0x61, count: 300)]
    // Whatever of it is an ignore file ignores nothing that the user writes.
    private static let contents = [
        "", "one\n", "a\nb\nc\n", "a\nX\nc\n", "a\nb\nY\n", "{\"id\":1}\n",
        "{\"id\":1}\n{\"id\":2}\n",
        "{\"a\":1}", "{\"a\":{\"b\":[1,2]}}", "<<<<<<<\n", "*.log\n!a.txt\n", "**/**/**/y\n[",
        "* sync=memory\n*.md sync=document\n", "SQLite format 3\0", "---\na: 1\n---\nxx\n",
        "../../../etc/passwd", "\0\0\0",
    ]

    private mutating func tree(depth: Int, _ pack: any PackSink) throws -> ObjectID {
        if depth > 0 && random.oneIn(4) { return pick(trees) }
        var entries: [(name: [UInt8], mode: String, id: ObjectID)] = []
        if depth == 0 {
            entries.append((Array("shared".utf8), "40000", try tree(depth: 1, pack)))
        }
        for _ in 0..<random.below(6) {
            let name = pick(Self.entries)
            var mode = random.oneIn(3) ? pick(Self.modes) : "100644"
            var id = try blob(pack)
            if depth < 4 && random.oneIn(3) {
                (mode, id) = (random.oneIn(12) ? mode : "40000", try tree(depth: depth + 1, pack))
            }
            if mode.hasPrefix("16") { id = pick(commits) }
            entries.append((name, mode, id))
        }
        if !random.oneIn(6) {
            // As git has them: sorted, each name once.
            var seen: Set<[UInt8]> = []
            entries = entries.filter { seen.insert($0.name).inserted }
            entries.sort { Self.key($0).lexicographicallyPrecedes(Self.key($1)) }
        }
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += Array("\(entry.mode) ".utf8) + entry.name + [0] + entry.id.bytes
        }
        let id = try pack.add(.tree, bytes)
        trees.append(id)
        return id
    }

    private static func key(_ entry: (name: [UInt8], mode: String, id: ObjectID)) -> [UInt8] {
        entry.name + (entry.mode == "40000" ? [0x2f] : [])
    }

    private mutating func blob(_ pack: any PackSink) throws -> ObjectID {
        if !blobs.isEmpty && random.oneIn(4) { return pick(blobs) }
        var content = Array(pick(Self.contents).utf8)
        if random.oneIn(4) { content += Array("\(random.below(1_000))\n".utf8) }
        let id = try pack.add(.blob, content)
        blobs.append(id)
        return id
    }

    /// The tree with records of conflicts in it, most of which are none.
    private mutating func withRecords(_ root: ObjectID, _ pack: any PackSink) throws -> ObjectID {
        var rows: [UInt8] = []
        var names: [String] = []
        for _ in 0...random.below(4) {
            names.append(
                pick(["00000000", "x", "..", String(repeating: "a", count: 40)])
                    + "\(names.count)" + pick([".json", "", ".txt"]))
        }
        for name in names.sorted() {
            let id = try pack.add(.blob, Array(record().utf8))
            rows += Array("100644 \(name)\0".utf8) + id.bytes
        }
        let list = try pack.add(.tree, rows)
        let sync = try pack.add(.tree, Array("40000 conflicts\0".utf8) + list.bytes)
        var bytes = Array("40000 .sync\0".utf8) + sync.bytes
        bytes += Array("40000 shared\0".utf8) + (try tree(depth: 1, pack)).bytes
        return try pack.add(.tree, bytes)
    }

    private mutating func record() -> String {
        let id = pick(["0123456789abcdef", "../x", "", "\u{1b}"])
        let path = pick(["shared/a.txt", "../../x", "", "/etc/passwd", ".sync/conflicts/x"])
        let blob = random.oneIn(2) || blobs.isEmpty ? "0123" : pick(blobs).hex
        let sides = Array(
            repeating: "{\"blob\":\"\(blob)\",\"device\":\"d\",\"stamp\":\(number())}",
            count: random.below(12)
        ).joined(separator: ",")
        return pick([
            "{", "[]", "{}", "null",
            "{\"version\":1,\"id\":\"\(id)\",\"path\":\"\(path)\""
                + ",\"sides\":[\(sides)],\"bases\":[]}",
            "{\"id\":\"\(id)\",\"path\":\"\(path)\",\"bases\":[\"\(blob)\"],\"sides\":[\(sides)]}",
        ])
    }

    private mutating func pick<Item>(_ items: [Item]) -> Item { items[random.below(items.count)] }
}
