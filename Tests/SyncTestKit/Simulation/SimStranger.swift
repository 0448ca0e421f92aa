internal import SyncMerge
internal import SyncModel

/// Commits that no program of ours makes, pushed upon the remote's head.
extension SimWorld {
    static let hostile = path("hostile")

    /// Whether a path of the repository is a hostile member's.
    func isHostile(_ path: TreePath) -> Bool { path.isAtOrBelow(prefix.appending(Self.hostile)) }

    /// Dates in seconds that commits have had.
    private static let dates: [Int64] = [
        0, 1, 1_699_999_999, 1_700_000_000, 2_524_608_000, 9_300_000_000, 1_700_000_000_000,
        253_402_300_799, 253_402_300_800, 99_999_999_999_999,
    ]

    private func anyDate() -> Int64 {
        more.oneIn(2)
            ? clock.now().milliseconds / 1000 : Self.dates[more.below(Self.dates.count)]
    }

    /// Somebody edits a document, or adds one, with another git client.
    func commitByOther() throws {
        guard let head = try remote.reference("refs/heads/sync") else { return }
        let tree = try remote.commit(head).tree
        let shared = Self.shared[more.below(Self.shared.count)]
        var path = prefix.appending(shared)
        let here = try TreeDiff.version(at: path, of: tree, reading: remote)
        // Of a conflict another program knows nothing: its record would stay.
        let open = try ConflictList(of: tree, reading: remote).records.map(\.path)
        if here == nil || !open.isEmpty || more.oneIn(2) {
            foreignFiles += 1
            path = prefix.appending(Self.path("documents/git-\(foreignFiles)"))
        }
        let pack = try remote.beginPack()
        let device = devices[more.below(devices.count)]
        let content = tokens.content(by: device, of: path)
        let blob = try pack.add(.blob, content)
        // What was at the remote alone goes with it.
        if choice != nil { tokens.drop(blob) }
        let next = try TreeEdit.apply(
            [path: FileVersion(mode: .regular, id: blob)], to: tree, reading: remote, writing: pack)
        let date = anyDate()
        let who = Signature(name: "somebody", email: "somebody@example.org", seconds: date)
        trace("somebody commits \(path) at \(date)")
        try push(
            Commit(
                tree: next, parents: [head], author: who, committer: who, message: "by hand\n"),
            on: head, pack)
    }

    private func push(_ commit: Commit, on head: ObjectID, _ pack: any PackSink) throws {
        let plain = commit.serialized
        let id =
            try pack.add(
                .commit,
                isStrict ? commit.serialized(signed: try SimSignature().sign(plain)) : plain)
        try pack.finish()
        try remote.setReference("refs/heads/sync", to: id, expecting: head)
    }

    // MARK: A hostile member

    /// Somebody who may push claims what he likes, and adds what no file can be; what the others
    /// have stays as it is.
    func attack() throws {
        guard let head = try remote.reference("refs/heads/sync") else { return }
        let pack = try remote.beginPack()
        let tree = more.oneIn(3) ? try remote.commit(head).tree : try hostileTree(on: head, pack)
        var parents = [head]
        if more.oneIn(3) { parents.append(try anyCommit(from: head)) }
        if more.oneIn(6) { parents.reverse() }
        let who = try anybody(head)
        let message = try anyMessage(parents, head)
        trace("an enemy pushes as \(who.email): \(message.split(separator: "\n"))")
        try push(
            Commit(
                tree: tree, parents: parents, author: more.oneIn(2) ? who : try anybody(head),
                committer: who, message: message),
            on: head, pack)
    }

    private func anyCommit(from head: ObjectID) throws -> ObjectID {
        var id = head
        for _ in 0...more.below(9) {
            let parents = try remote.commit(id).parents
            if parents.isEmpty { break }
            id = parents[more.below(parents.count)]
        }
        return id
    }

    private func anybody(_ head: ObjectID) throws -> Signature {
        let device = devices[more.below(devices.count)].name
        let seconds = anyDate()
        switch more.below(4) {
        case 0: return Signature(name: "x", email: "x@y", seconds: seconds)
        case 1:
            return Signature(
                name: MergeIdentity.name, email: MergeIdentity.email, seconds: seconds)
        case 2: return try remote.commit(anyCommit(from: head)).committer
        default: return Signature(name: device, email: "\(device)@syncd.invalid", seconds: seconds)
        }
    }

    private func anyMessage(_ parents: [ObjectID], _ head: ObjectID) throws -> String {
        let stamps = [
            "0", "-1", "1", "1700000000000", "9223372036854775807", "9223372036854775806",
            "253402300799999", "2524608000000", "x",
        ]
        let device = devices[more.below(devices.count)].name
        switch more.below(5) {
        case 0: return try remote.commit(anyCommit(from: head)).message
        case 1:
            let names = parents.map(\.short).joined(separator: " and ")
            return "merged \(names)\n\nSync-Merge-Version: \(more.below(3))\n"
        case 2: return "x\n\nSync-Merge-Version: 99\nSync-Merge-Version: -1\n"
        default:
            return "x\n\nSync-Device: \(device)\nSync-HLC: \(stamps[more.below(stamps.count)])\n"
        }
    }

    /// The head's tree with something more.
    private func hostileTree(on head: ObjectID, _ pack: any PackSink) throws -> ObjectID {
        let place = prefix.appending(Self.hostile)
        var versions: [TreePath: FileVersion?] = [:]
        let blob = try pack.add(.blob, Array("hostile \(more.next())\n".utf8))
        func add(_ path: TreePath, _ mode: FileMode = .regular) {
            versions[path] = FileVersion(mode: mode, id: blob)
        }
        switch more.below(7) {
        case 0: add(place.appending(Self.path("a.md")))
        case 1: add(place.appending(Self.path("link")), .symbolicLink)
        case 2:
            var path = place
            for _ in 0...more.below(60) { path = path.appending(Self.path("d")) }
            add(path.appending(Self.path("deep")))
        case 3: for number in 0...more.below(200) { add(place.appending(Self.path("w\(number)"))) }
        case 4: add(place.appending(Self.path(String(repeating: "n", count: 255))))
        case 5:
            let names = ["zz", "0123456789abcdef", "../x", "0123456789abcdeg"]
            let name = names[more.below(names.count)].replacing("/", with: "-")
            add(Self.path(".sync/conflicts/\(name).json"))
        default:
            add(place.appending(Self.path(".git ")))
            add(place.appending(Self.path("git~1")))
            add(place.appending(Self.path("sub")), .submodule)
        }
        return try TreeEdit.apply(
            versions, to: remote.commit(head).tree, reading: remote, writing: pack)
    }
}
