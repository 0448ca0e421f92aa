import Foundation
import SyncModel
import Testing

@testable import SyncGit

@Suite("A repository that others write too")
struct ForeignRepositoryTests {
    let directory = try! TemporaryDirectory()

    private var path: String { directory.path + "/r.git" }

    /// A repository with texts that resemble each other, in loose objects.
    private func make() throws {
        try git(path, "init", "-q", "--bare", "--initial-branch=sync", path)
        var parent: [String] = []
        for number in 0..<30 {
            let text = (0..<200).map { "line \($0) \($0 == number ? "changed \(number)" : "")\n" }
            let blob = try git(
                path, "hash-object", "-w", "--stdin", input: Array(text.joined().utf8))
            let tree = try git(path, "mktree", input: Array("100644 blob \(blob)\tf\n".utf8))
            let commit = try git(
                path, "commit-tree", tree, input: Array("\(number)\n".utf8), more: parent)
            parent = ["-p", commit]
            try git(path, "update-ref", "refs/heads/sync", commit)
            if number % 7 == 0 {
                try git(path, "update-ref", "refs/sync/devices/d\(number)", commit)
            }
        }
    }

    private var everything: [ObjectID] {
        get throws {
            try git(path, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
                .split(separator: "\n").compactMap { ObjectID(hex: $0) }
        }
    }

    /// How the objects are stored.
    static let stores: [[[String]]] = [
        [],
        [
            ["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=30"],
            ["pack-refs", "--all"],
        ],
        [["-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f"]],
    ]

    @Test("is read as git and libgit2 read it", arguments: stores)
    func likeGit(_ commands: [[String]]) throws {
        try make()
        for words in commands { try git(path, words[0], more: Array(words.dropFirst())) }
        let foreign = try ForeignRepository(opening: path)
        let library = try GitRepository(opening: path)
        let all = try everything
        #expect(all.count == 90)
        for id in all {
            #expect(foreign.contains(id))
            #expect(try foreign.object(id) == library.object(id))
        }
        #expect(!foreign.contains(.zero))
        #expect(try foreign.reference("refs/heads/sync") == library.reference("refs/heads/sync"))
        let devices = try foreign.references("refs/sync/devices/")
        #expect(
            devices.map(\.name)
                == ["d0", "d14", "d21", "d28", "d7"].map { "refs/sync/devices/\($0)" })
        #expect(try devices.map(\.id) == library.references("refs/sync/devices/").map(\.id))
        #expect(try foreign.headBranch() == "refs/heads/sync")
    }

    @Test("borrows objects as git does, and not in a circle")
    func alternates() throws {
        try make()
        let other = directory.path + "/other.git"
        try git(other, "init", "-q", "--bare", other)
        try Data("\(path)/objects\n../../other.git/objects\n".utf8)
            .write(to: URL(fileURLWithPath: other + "/objects/info/alternates"))
        try Data("\(other)/objects\n".utf8)
            .write(to: URL(fileURLWithPath: path + "/objects/info/alternates"))
        let foreign = try ForeignRepository(opening: other)
        for id in try everything { #expect(foreign.contains(id)) }
        #expect(!foreign.contains(.zero))
    }

    @Test("a reference is moved under git's lock, made below new directories, and read by git")
    func references() throws {
        try make()
        let foreign = try ForeignRepository(opening: path, staleLockSeconds: 10)
        let head = try #require(try foreign.reference("refs/heads/sync"))
        let parent = try #require(ObjectID(hex: try git(path, "rev-parse", "sync~1")))
        func set(_ name: String, _ id: ObjectID, _ expected: ObjectID?) -> RepositoryError.Code? {
            do throws(RepositoryError) {
                try foreign.setReference(name, to: id, expecting: expected)
                return nil
            } catch { return error.code }
        }
        try git(path, "pack-refs", "--all")
        #expect(set("refs/heads/sync", parent, parent) == .moved)
        #expect(set("refs/heads/sync", parent, nil) == .moved)
        #expect(set("refs/heads/sync", parent, head) == nil)
        #expect(try git(path, "rev-parse", "sync") == parent.hex)
        #expect(set("refs/sync/devices/new", head, nil) == nil)
        #expect(set("refs/heads/sync", .zero, parent) == .missing)
        // Names that are below or above others.
        #expect(set("refs/heads/sync/old", head, nil) == .io)
        #expect(set("refs/sync/devices", head, nil) == .io)
        let lock = path + "/refs/heads/sync.lock"
        #expect(FileManager.default.createFile(atPath: lock, contents: nil))
        #expect(set("refs/heads/sync", head, parent) == .locked)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: lock)
        #expect(set("refs/heads/sync", head, parent) == nil)
        #expect(try fsck(path).isEmpty)
        #expect(try git(path, "for-each-ref", "refs/sync/devices/new").contains(head.hex))
    }

    @Test("many small packs become one, with deltas")
    func consolidation() throws {
        try git(path, "init", "-q", "--bare", "--initial-branch=sync", path)
        let foreign = try ForeignRepository(opening: path)
        var ids: [ObjectID] = []
        for number in 0..<60 {
            let text = (0..<500).map { "line \($0) \($0 == number ? "changed \(number)" : "")\n" }
            let pack = try foreign.beginPack()
            ids.append(try pack.add(.blob, Array(text.joined().utf8)))
            try pack.finish()
        }
        #expect(try foreign.consolidatePacks(most: 50) == 60)
        for id in ids { #expect(try foreign.object(id).kind == .blob) }
        let packs = try FileManager.default.contentsOfDirectory(atPath: path + "/objects/pack")
        #expect(packs.filter { $0.hasSuffix(".pack") }.count == 1)
        #expect(try fsck(path).isEmpty)
    }

    @Test("two devices do not join the packs of one remote at a time")
    func consolidationAtOnce() throws {
        try git(path, "init", "-q", "--bare", "--initial-branch=sync", path)
        let foreign = try ForeignRepository(opening: path)
        for number in 0..<4 {
            let pack = try foreign.beginPack()
            _ = try pack.add(.blob, [UInt8(number)])
            try pack.finish()
        }
        let other = try #require(DirectoryLock(path + "/objects/pack", waits: false))
        #expect(try foreign.consolidatePacks(most: 1) == 0)
        other.release()
        #expect(try foreign.consolidatePacks(most: 1) == 4)
    }

    @Test("a damaged pack is named, stays, and keeps no other from being joined")
    func damagedPack() throws {
        try git(path, "init", "-q", "--bare", "--initial-branch=sync", path)
        let foreign = try ForeignRepository(opening: path)
        var ids: [ObjectID] = []
        for number in 0..<6 {
            let pack = try foreign.beginPack()
            ids.append(try pack.add(.blob, Array("number \(number)\n".utf8)))
            try pack.finish()
        }
        func packs() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: path + "/objects/pack")
                .filter { $0.hasSuffix(".pack") }.sorted()
        }
        let name = try packs()[2]
        let file = "\(path)/objects/pack/\(name)"
        var bytes = [UInt8](try #require(FileManager.default.contents(atPath: file)))
        bytes.replaceSubrange(14..<(bytes.count - 20), with: repeatElement(0xff, count: 1))
        unlink(file)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: RepositoryError.self) { try foreign.consolidatePacks(most: 1) }
        #expect(error?.code == .corrupt && error?.operation.contains(name) == true)
        #expect(try packs().count == 2 && packs().contains(name))
        let reader = try ForeignRepository(opening: path)
        var readable = 0
        for id in ids {
            do { readable += try reader.object(id).kind == .blob ? 1 : 0 } catch {
                #expect(error.code == .corrupt)
            }
        }
        #expect(readable == 5)
    }

    @Test("who reads goes on while another joins the packs, and joins them once more")
    func consolidationBeside() throws {
        try git(path, "init", "-q", "--bare", "--initial-branch=sync", path)
        let other = try ForeignRepository(opening: path)
        var ids: [ObjectID] = []
        func addPacks() throws {
            for number in 0..<(2 * Limits.openPacks) {
                let pack = try other.beginPack()
                ids.append(try pack.add(.blob, Array("blob \(ids.count) \(number)".utf8)))
                try pack.finish()
            }
        }
        try addPacks()
        let reader = try ForeignRepository(opening: path)
        for id in ids { #expect(try reader.object(id).kind == .blob) }
        // Of the packs that it knows, most are not open any more.
        #expect(try other.consolidatePacks(most: 1) == 2 * Limits.openPacks)
        for id in ids { #expect(try reader.object(id).kind == .blob) }
        try addPacks()
        #expect(try other.consolidatePacks(most: 1) > 0)
        for id in ids.reversed() { #expect(try reader.object(id).kind == .blob) }
        #expect(throws: RepositoryError.self) {
            try reader.object(ObjectID(hashing: [1], as: .blob))
        }
    }

    @Test("who looks for an object gives up although packs come and go all the time")
    func givesUp() throws {
        for changes in [0, 1, Limits.foreignTries * 2] {
            var (looks, left) = (0, changes)
            let error = #expect(throws: RepositoryError.self) {
                try ForeignObjects.again { () throws(RepositoryError) in
                    looks += 1
                    throw RepositoryError(.missing, "read", object: .zero)
                } ifChanged: {
                    left -= 1
                    return left >= 0
                }
            }
            #expect(error?.code == .missing)
            #expect(looks == min(changes + 1, Limits.foreignTries))
        }
    }

    // MARK: What nobody made in good faith

    /// Two objects whose deltas need each other, or one that needs itself.
    private func circle(_ count: Int) throws -> [ObjectID] {
        let script = """
            import hashlib, struct, sys, zlib
            place, count = sys.argv[1], int(sys.argv[2])
            names = [bytes([0x11 * (i + 1)]) * 20 for i in range(count)]
            entry = lambda base: bytes([7 << 4 | 4]) + base + zlib.compress(bytes([6, 6, 0x90, 6]))
            entries = [entry(names[(i + 1) % count]) for i in range(count)]
            body = b"PACK" + struct.pack(">II", 2, count) + b"".join(entries)
            name = hashlib.sha1(body).digest()
            fan = b"".join(struct.pack(">I", sum(n[0] <= i for n in names)) for i in range(256))
            offsets = [12 + sum(map(len, entries[:i])) for i in range(count)]
            index = b"\\xfftOc\\0\\0\\0\\2" + fan + b"".join(names)
            index += b"".join(struct.pack(">I", zlib.crc32(e)) for e in entries)
            index += b"".join(struct.pack(">I", o) for o in offsets) + name
            path = f"{place}/objects/pack/pack-{name.hex()}"
            open(path + ".pack", "wb").write(body + name)
            open(path + ".idx", "wb").write(index + hashlib.sha1(index).digest())
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, path, "\(count)"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return (0..<count).map { index in
            ObjectID([UInt8](repeating: UInt8(0x11 * (index + 1)), count: 20))!
        }
    }

    @Test(
        "deltas in a circle are damage, to who reads and to who joins packs", arguments: [1, 2, 5])
    func circles(_ count: Int) throws {
        try make()
        try git(path, "repack", "-q", "-a", "-d")
        let foreign = try ForeignRepository(opening: path)
        let before = try foreign.object(try #require(try foreign.reference("refs/heads/sync")))
        let names = try circle(count)
        // Of several that are alike in size two are joined.
        for more in 1...2 { _ = try circle(count + more) }
        for id in names {
            let error = #expect(throws: RepositoryError.self) { try foreign.object(id) }
            #expect(error?.code == .corrupt)
        }
        let error = #expect(throws: RepositoryError.self) { try foreign.consolidatePacks(most: 1) }
        #expect(error?.code == .corrupt)
        #expect(before.kind == .commit)
        #expect(try git(path, "log", "--oneline", "sync").split(separator: "\n").count == 30)
    }

    @Test(
        "a FIFO, a device or a socket is read by nobody",
        arguments: [
            "HEAD", "packed-refs", "config", "refs/heads/sync", "refs/sync/devices/d0",
            "objects/info/alternates",
        ])
    func fifos(_ place: String) throws {
        try make()
        let branch = try git(path, "rev-parse", "sync")
        let file = "\(path)/\(place)"
        unlink(file)
        #expect(mkfifo(file, 0o600) == 0)
        let began = ContinuousClock.now
        do throws(RepositoryError) {
            let foreign = try ForeignRepository(opening: path)
            let isDevice = place == "refs/sync/devices/d0"
            #expect(try foreign.references("refs/sync/devices/").count == (isDevice ? 4 : 5))
            #expect(try foreign.reference("refs/heads/sync")?.hex == branch)
            #expect(isDevice)
        } catch { #expect(error.code == .corrupt, "\(error)") }
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test(
        "objects, packs and indexes that are no files are damage or not there",
        arguments: [
            "loose", "pack", "idx",
        ])
    func irregularObjects(_ what: String) throws {
        try make()
        let id = try #require(ObjectID(hex: try git(path, "rev-parse", "sync")))
        var file = "\(path)/objects/\(id.hex.prefix(2))/\(id.hex.dropFirst(2))"
        if what != "loose" {
            try git(path, "repack", "-q", "-a", "-d")
            let packs = try FileManager.default.contentsOfDirectory(atPath: path + "/objects/pack")
            file = "\(path)/objects/pack/\(try #require(packs.first { $0.hasSuffix(what) }))"
        }
        unlink(file)
        #expect(symlink("/dev/zero", file) == 0)
        let error = #expect(throws: RepositoryError.self) {
            _ = try ForeignRepository(opening: path).object(id)
        }
        #expect(error?.code == .corrupt)
    }

    @Test(
        "symbolic references lead somewhere, or are no references",
        arguments: [
            ["refs/sync/devices/d0"], ["refs/sync/devices/d7", "refs/sync/devices/d0"],
            ["../../etc/passwd"],
            ["refs/../config"], [""],
        ])
    func loops(_ targets: [String]) throws {
        try make()
        let names = ["d0", "d7"].map { "\(path)/refs/sync/devices/\($0)" }
        for (name, target) in zip(names, targets) {
            try Data("ref: \(target)\n".utf8).write(to: URL(fileURLWithPath: name))
        }
        let foreign = try ForeignRepository(opening: path)
        let error = #expect(throws: RepositoryError.self) {
            try foreign.reference("refs/sync/devices/d0")
        }
        #expect(error?.code == .corrupt)
        #expect(try foreign.references("refs/sync/devices/").count == 5 - targets.count)
    }

    @Test("a look that failed half way is made again, and says again what failed")
    func halfWay() throws {
        try make()
        let all = try everything
        let foreign = try ForeignRepository(opening: path)
        try git(path, "repack", "-q", "-a", "-d")
        let broken = "\(path)/objects/pack/pack-\(String(repeating: "0", count: 40)).idx"
        try "no index".write(toFile: broken, atomically: true, encoding: .utf8)
        for _ in 0..<2 {
            #expect(throws: RepositoryError.self) { try foreign.refresh() }
            #expect(throws: RepositoryError.self) { try foreign.holds(all[0]) }
        }
        try FileManager.default.removeItem(atPath: broken)
        #expect(try all.allSatisfy { (id) in try foreign.holds(id) })
    }

    @Test("no file is included into its configuration, and what that says of its format counts")
    func configuration() throws {
        try make()
        let config = URL(fileURLWithPath: path + "/config")
        let plain = try String(contentsOf: config, encoding: .utf8)
        let fifo = directory.path + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        try Data(
            "[include]\n\tpath = \(fifo)\n[includeIf \"gitdir:/\"]\n\tpath = \(fifo)\n\(plain)".utf8
        )
        .write(to: config)
        #expect(try ForeignRepository(opening: path).reference("refs/heads/sync") != nil)
        for (lines, words) in [
            ("[extensions]\n\tobjectFormat = sha256\n", "SHA256"),
            ("[extensions]\n\trefStorage = reftable\n", "reftable"),
            ("[core]\n\trepositoryformatversion = 7\n", "version 7"),
            ("[extensions] objectFormat = sha256\n", "SHA256"),
            ("[a \"#\"]\n[extensions] # new\n\tobjectFormat = sha256 # ;\n", "SHA256"),
        ] {
            try Data((plain + lines).utf8).write(to: config)
            let error = #expect(throws: RepositoryError.self) {
                try ForeignRepository(opening: path)
            }
            #expect(error?.code == .notARepository)
            #expect(error?.cause.contains(words) == true)
        }
    }

    @Test(
        "comments in its configuration, and what follows a section's name, are read as git does",
        arguments: [
            ("[core]\n\trepositoryformatversion = 0 ; old\n", nil),
            ("[core]\n\tsharedRepository = group # team\n", "group"),
            ("[core] sharedRepository = all;x\n", "all"),
            ("[core]\n\tsharedRepository = \"0660\" # 0640\n", "0660"),
            ("[core]\n\t# sharedRepository = group\n;[core] sharedRepository = all\n", nil),
            ("[a \"\\\"#\"] x = \"a;\\\"#\"\n[extensions] objectFormat = SHA1\n", nil),
        ])
    func comments(_ text: String, _ shared: String?) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory.path + "/config"))
        let found = try ForeignConfiguration.check(directory.path)
        #expect(found == shared.flatMap { SharedMode($0) })
    }

    @Test("an object that is larger than what is taken is refused before there is room for it")
    func large() throws {
        try make()
        let content = [UInt8](repeating: 0, count: Limits.receivedObjectBytes + 1)
        let id = try #require(
            ObjectID(hex: try git(path, "hash-object", "-w", "--stdin", input: content)))
        let error = #expect(throws: RepositoryError.self) {
            _ = try ForeignRepository(opening: path).object(id)
        }
        #expect(error?.code == .tooLarge)
        try git(path, "repack", "-q", "-a", "-d")
        try git(path, "update-ref", "refs/tags/large", id.hex)
        try git(path, "repack", "-q", "-a", "-d")
        let packed = #expect(throws: RepositoryError.self) {
            _ = try ForeignRepository(opening: path).object(id)
        }
        #expect(packed?.cause.contains("larger than 128 MiB") == true, "\(packed as Any)")
    }
}
