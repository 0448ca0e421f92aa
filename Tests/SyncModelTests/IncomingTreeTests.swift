import SyncModel
import Testing

@Suite("Trees that somebody else made")
struct IncomingTreeTests {
    /// Objects in a dictionary.
    private final class Trees: ObjectReader {
        private var contents: [ObjectID: [UInt8]] = [:]

        func add(_ content: [UInt8]) -> ObjectID {
            let id = ObjectID(hashing: content, as: .tree)
            contents[id] = content
            return id
        }

        func add(_ entries: [(String, FileMode, ObjectID)]) -> ObjectID {
            add(
                Tree(sorting: entries.map { TreeEntry(name: Array($0.utf8), mode: $1, id: $2) })
                    .serialized)
        }

        func object(_ id: ObjectID) throws(RepositoryError) -> StoredObject {
            guard let content = contents[id] else {
                throw RepositoryError(.missing, "read", object: id)
            }
            return StoredObject(kind: .tree, content: content)
        }

        func header(_ id: ObjectID) throws(RepositoryError) -> (kind: ObjectKind, size: Int) {
            (.tree, try object(id).content.count)
        }

        func contains(_ id: ObjectID) -> Bool { contents[id] != nil }
    }

    private let trees = Trees()
    private let blob = ObjectID(hashing: [1], as: .blob)
    private let other = ObjectID(hashing: [2], as: .blob)

    private func look(_ root: ObjectID, _ known: ObjectID? = nil) throws(RepositoryError)
        -> IncomingTree
    { try IncomingTree(root, against: known, reading: trees) }

    @Test("a file or link whose content is a tree is refused, and one that is not here is not")
    func contents() throws {
        let below = trees.add([("x", .regular, blob)])
        for mode in [FileMode.regular, .executable, .symbolicLink] {
            let bad = trees.add([("name", mode, below)])
            let root = trees.add([("dir", .directory, bad), ("good", mode, blob)])
            let error = #expect(throws: RepositoryError.self) { try look(root) }
            #expect(error?.code == .corrupt)
            #expect(error?.cause == "dir/name: it is a tree")
            // What stands there already was looked at when it came.
            _ = try look(root, root)
            _ = try look(trees.add([("dir", .directory, bad)]), root)
        }
        let module = trees.add([("module", .submodule, below)])
        #expect(try look(module).paths == 1)
    }

    @Test("bad names are found with the way to them, at any depth, whatever they name")
    func findings() throws {
        let bad = trees.add([(".git", .regular, blob), ("good", .regular, blob)])
        let middle = trees.add([("x", .directory, bad), ("..", .symbolicLink, blob)])
        let root = trees.add([
            ("a", .directory, middle), ("git~1", .submodule, blob), ("tab\t", .regular, blob),
        ])
        let found = try look(root)
        #expect(
            found.findings.map { $0.names.map { String(decoding: $0, as: UTF8.self) } } == [
                ["a", ".."], ["a", "x", ".git"], ["git~1"], ["tab\t"],
            ])
        #expect(found.findings.map(\.fault) == [.noName, .repository, .repository, .deceptive])
        #expect(found.paths == 5)
        #expect(found.depth == 3)
    }

    @Test("what stood there before is not looked at again, what is new is counted")
    func difference() throws {
        let same = trees.add([(".git", .regular, blob)])
        let old = trees.add([("f", .regular, blob), ("same", .directory, same)])
        let new = trees.add([
            ("f", .regular, other), ("g", .regular, blob), ("same", .directory, same),
        ])
        let found = try look(new, old)
        #expect(found.findings == [])
        #expect(found.paths == 2)
        #expect(try look(new, new).paths == 0)
        #expect(try look(new).findings.count == 1)
        // The same bytes under another kind are another thing.
        let turned = trees.add([("f", .executable, blob), ("same", .directory, same)])
        #expect(try look(turned, old).paths == 1)
        let replaced = trees.add([("f", .directory, same), ("same", .directory, same)])
        #expect(try look(replaced, old).findings.count == 1)
    }

    @Test("a comparison leaves out names that no file can have, and tells where they stand")
    func nameless() throws {
        let below = trees.add([("f", .regular, blob)])
        let old = trees.add([("..", .directory, below), ("a", .regular, blob)])
        let new = trees.add([
            (".", .regular, blob), ("a", .regular, other), ("b/c\n", .regular, blob),
            ("d", .directory, trees.add([("..", .symbolicLink, blob)])),
        ])
        var told: [String: Bool] = [:]
        let changes = try TreeDiff.changes(from: old, to: new, reading: trees) { path, isThere in
            told[String(decoding: path.bytes, as: UTF8.self)] = isThere
        }
        #expect(changes.map(\.path) == [TreePath("a")])
        #expect(
            told == [
                #"".""#: true, #""..""#: false, #""b\057c\012""#: true, #"d/"..""#: true,
            ])
    }

    @Test("a tree that holds itself a million million times is counted in no time")
    func bomb() throws {
        var level = trees.add((0..<10).map { ("\($0)", .regular, blob) })
        for _ in 0..<40 { level = trees.add((0..<10).map { ("\($0)", .directory, level) }) }
        let began = ContinuousClock.now
        let found = try look(level)
        #expect(found.paths == .max)
        #expect(found.depth == 41)
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test("the bytes of paths are counted, those of a small tree that makes long ones too")
    func longPaths() throws {
        let names = trees.add([("f", .regular, blob), ("gg", .regular, blob)])
        let root = trees.add([
            ("a", .regular, blob), ("dd", .directory, names), ("eee", .directory, names),
        ])
        // `a`, `dd/f`, `dd/gg`, `eee/f`, `eee/gg`, each with one byte more for what ends it.
        #expect(try look(root).pathBytes == 2 + 5 + 6 + 6 + 7)
        let long = String(repeating: "n", count: 200)
        var level = trees.add((0..<200).map { ("\($0)\(long)", .regular, blob) })
        for _ in 0..<3 { level = trees.add((0..<200).map { ("\($0)\(long)", .directory, level) }) }
        #expect(try look(level).pathBytes > 1_000_000_000_000)
    }

    @Test("a tree that is deeper than a folder may be is refused")
    func deep() throws {
        var level = trees.add([("f", .regular, blob)])
        for _ in 0..<3000 { level = trees.add([("d", .directory, level)]) }
        let error = #expect(throws: RepositoryError.self) { try look(level) }
        #expect(error?.code == .corrupt)
        #expect(error?.cause.contains("deep") == true)
    }

    @Test("a tree that is unsorted, has a name twice, or lacks a part is refused")
    func malformed() throws {
        func entry(_ name: String) -> [UInt8] {
            Array("100644 \(name)\0".utf8) + blob.bytes
        }
        for content in [entry("b") + entry("a"), entry("a") + entry("a"), entry("a").dropLast()] {
            let root = trees.add([("d", .directory, trees.add(Array(content)))])
            #expect(throws: RepositoryError.self) { try look(root) }
        }
        let error = #expect(throws: RepositoryError.self) {
            try look(trees.add([("d", .directory, other)]))
        }
        #expect(error?.code == .missing)
    }

    @Test("no more paths are listed than anybody reads")
    func many() throws {
        let root = trees.add((0..<1000).map { ("a\($0)\n", .regular, blob) })
        #expect(try look(root).findings.count == Limits.listedPaths)
        #expect(try look(root).paths == 1000)
    }
}
