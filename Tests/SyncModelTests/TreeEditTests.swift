import SyncModel
import SyncTestKit
import Testing

@Suite("Editing and comparing trees")
struct TreeEditTests {
    @Test("random edits give the tree that was meant, and comparing finds exactly them")
    func random() throws {
        let seed = SeededRandom.seed
        var random = SeededRandom(seed: seed)
        let names = ["a", "b/c", "b/d/e", "b/d/f", "g", "a-b", "b/d-", "b.x", "b0"]
        for round in 0..<1_000 {
            let repository = InMemoryRepository()
            var files: [TreePath: FileVersion] = [:]
            var tree: ObjectID?
            for _ in 0..<4 {
                var edits: [TreePath: FileVersion?] = [:]
                let before = files
                for _ in 0..<(1 + random.below(4)) {
                    let path = try #require(TreePath(names[random.below(names.count)]))
                    let content = [UInt8(random.below(250))]
                    let version = FileVersion(
                        mode: .regular, id: ObjectID(hashing: content, as: .blob))
                    let after = random.oneIn(3) ? nil : version
                    edits[path] = .some(after)
                    files[path] = after
                }
                let pack = try repository.beginPack()
                let edited = try TreeEdit.apply(
                    edits, to: tree, reading: repository, writing: pack)
                try pack.finish()
                let found = try TreeDiff.changes(from: tree, to: edited, reading: repository)
                var expected: [TreePath: FileVersion?] = [:]
                for path in Set(before.keys).union(files.keys) where before[path] != files[path] {
                    expected[path] = .some(files[path])
                }
                let changes = Dictionary(uniqueKeysWithValues: found.map { ($0.path, $0.after) })
                #expect(changes == expected, "seed \(seed) round \(round)")
                tree = edited
            }
        }
    }

    @Test("two trees differ in exactly the entries that are not in both, file and directory apart")
    func differences() {
        let seed = SeededRandom.seed
        var random = SeededRandom(seed: seed)
        for round in 0..<2_000 {
            var (one, other): (Set<TreeEntry>, Set<TreeEntry>) = ([], [])
            for number in 0..<random.below(40) {
                let stem = String(repeating: "n", count: random.below(12))
                let name = Array("\(stem)\(number)".utf8)
                var entries = (0..<2).map { _ in
                    TreeEntry(
                        name: name, mode: random.oneIn(3) ? .directory : .regular,
                        id: ObjectID(hashing: [UInt8(random.below(3))], as: .blob))
                }
                if !random.oneIn(4) { entries[1] = entries[0] }
                if !random.oneIn(8) { one.insert(entries[0]) }
                if !random.oneIn(8) { other.insert(entries[1]) }
            }
            let found = Tree.differences(
                Tree(sorting: Array(one)), Tree(sorting: Array(other)))
            let why = "seed \(seed) round \(round)"
            #expect(Set(found.compactMap(\.0)) == one.subtracting(other), "\(why)")
            #expect(Set(found.compactMap(\.1)) == other.subtracting(one), "\(why)")
            // A changed entry is one pair, unless it became another kind of thing.
            for (left, right) in found where left != nil && right != nil {
                #expect(left?.name == right?.name, "\(why)")
                #expect((left?.mode == .directory) == (right?.mode == .directory), "\(why)")
            }
            #expect(found.allSatisfy { $0.0 != $0.1 }, "\(why)")
        }
    }

    @Test("an empty directory is there until something is in it, and goes by its own name")
    func emptyDirectories() throws {
        let repository = InMemoryRepository()
        let file = FileVersion(mode: .regular, id: ObjectID(hashing: [1], as: .blob))
        func edit(_ edits: [String: FileVersion?], _ tree: ObjectID?) throws -> ObjectID {
            let pack = try repository.beginPack()
            let paths = Dictionary(
                uniqueKeysWithValues: try edits.map { (try #require(TreePath($0)), $1) })
            let edited = try TreeEdit.apply(paths, to: tree, reading: repository, writing: pack)
            try pack.finish()
            return edited
        }
        func all(_ tree: ObjectID) throws -> [String: FileVersion?] {
            Dictionary(
                uniqueKeysWithValues: try TreeDiff.changes(from: nil, to: tree, reading: repository)
                    .map { ($0.path.text, $0.after) })
        }
        let empty = FileVersion.emptyDirectory
        let one = try edit(["d/e": empty, "a": file], nil)
        #expect(try all(one) == ["d/e": empty, "a": file])
        #expect(repository.contains(Tree.emptyID), "git asks for the object")
        // What is not there is no reason for a directory to go.
        #expect(try edit(["d/e/x": nil, "d/x": nil], one) == one)
        #expect(try all(edit(["d/e": nil], one)) == ["a": file])
        let filled = try edit(["d/e/x": file], one)
        #expect(try all(filled) == ["d/e/x": file, "a": file])
        // Its name alone says nothing about what is in it.
        #expect(try edit(["d/e": nil], filled) == filled)
        #expect(try edit(["d/e": empty], filled) == filled)
        #expect(try edit(["d/e": empty, "d/e/x": nil], filled) == one)
        #expect(try all(edit(["d/e/x": nil], filled)) == ["a": file])
        #expect(try all(edit(["d/e": file], one)) == ["d/e": file, "a": file])
        let instead = try edit(["a": empty], one)
        #expect(try all(instead) == ["d/e": empty, "a": empty])
        let changes = try TreeDiff.changes(from: one, to: instead, reading: repository)
        let name = try #require(TreePath("a"))
        #expect(changes == [TreeChange(path: name, before: file, after: empty)])
    }

    @Test("a file gives way to a directory and back")
    func typeChange() throws {
        let repository = InMemoryRepository()
        let file = FileVersion(mode: .regular, id: ObjectID(hashing: [1], as: .blob))
        let (name, inside) = (try #require(TreePath("d")), try #require(TreePath("d/x")))
        // Its bytes stand between those of the two.
        let between = try #require(TreePath("d-"))
        let pack = try repository.beginPack()
        let one = try TreeEdit.apply([name: file], to: nil, reading: repository, writing: pack)
        try pack.finish()
        let next = try repository.beginPack()
        let two = try TreeEdit.apply(
            [name: nil, inside: file, between: file], to: one, reading: repository, writing: next)
        try next.finish()
        #expect(try TreeDiff.version(at: inside, of: two, reading: repository) == file)
        #expect(try TreeDiff.version(at: between, of: two, reading: repository) == file)
        let last = try repository.beginPack()
        let three = try TreeEdit.apply(
            [name: file, inside: nil, between: nil], to: two, reading: repository, writing: last)
        try last.finish()
        #expect(three == one)
    }
}
