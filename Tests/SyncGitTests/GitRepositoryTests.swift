import Foundation
import SyncGit
import SyncModel
import Testing

@Suite("A repository on disk")
struct GitRepositoryTests {
    let directory = try! TemporaryDirectory()
    var path: String { directory.path + "/vault.git" }

    func made() throws -> GitRepository {
        try GitRepository.create(at: path, branch: "sync")
        return try GitRepository(opening: path)
    }

    /// Adds a commit of one file and returns its name.
    func commit(_ text: String, on parents: [ObjectID] = [], in repository: GitRepository) throws
        -> ObjectID
    {
        let pack = try repository.beginPack()
        let blob = try pack.add(.blob, Array(text.utf8))
        let file = TreeEntry(name: Array("a.txt".utf8), mode: .regular, id: blob)
        let tree = try pack.add(.tree, Tree(sorting: [file]).serialized)
        let who = Signature(name: "a", email: "a@b", seconds: 1)
        let commit = Commit(
            tree: tree, parents: parents, author: who, committer: who, message: "one\n")
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        return id
    }

    @Test("a new repository is bare, private and on its branch, and making it twice is nothing")
    func create() throws {
        _ = try made()
        let repository = try made()
        #expect(try git(path, "rev-parse", "--is-bare-repository") == "true")
        #expect(try git(path, "symbolic-ref", "HEAD") == "refs/heads/sync")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o700)
        let id = try commit("one", in: repository)
        try repository.setReference("refs/heads/sync", to: id, expecting: nil)
        try GitRepository.create(at: path, branch: "other")
        #expect(try git(path, "symbolic-ref", "HEAD") == "refs/heads/sync")
        #expect(try git(path, "rev-parse", "HEAD") == id.hex)
        #expect(try fsck(path) == "")
    }

    @Test("what no device brings is known beside the objects, the oldest forgotten past the limit")
    func leftOut() throws {
        let repository = try made()
        let names = (0..<Limits.tooLargeBlobs).map {
            ObjectID(hashing: Array("\($0)".utf8), as: .blob)
        }
        #expect(!repository.isLeftOut(names[0]))
        try repository.noteLeftOut([names[0]])
        try repository.noteLeftOut(Set(names.dropFirst()))
        let again = try GitRepository(opening: path)
        #expect([0, 1, names.count - 1].allSatisfy { again.isLeftOut(names[$0]) })
        let last = ObjectID(hashing: Array("one more".utf8), as: .blob)
        try again.noteLeftOut([last, names[5]])
        // Another handle sees it: one was one too many.
        #expect([0, 1, 5].filter { !repository.isLeftOut(names[$0]) } == [0])
        #expect(repository.isLeftOut(last))
        #expect(try fsck(path) == "")
    }

    @Test("a loose object that is cut short anywhere is damaged, and whole again once it is")
    func cutShort() throws {
        let repository = try made()
        let text = (0..<400).map { "line \($0) of many\n" }.joined()
        let id = try #require(
            ObjectID(hex: try git(path, "hash-object", "-w", "--stdin", input: Array(text.utf8))))
        let file = "\(path)/objects/\(id.hex.prefix(2))/\(id.hex.dropFirst(2))"
        #expect(try repository.object(id).content == Array(text.utf8))
        #expect(try repository.header(id).size == text.utf8.count)
        let whole = try Data(contentsOf: URL(filePath: file))
        try FileManager.default.removeItem(atPath: file)
        for count in [0, 1, 2, 10, whole.count / 2, whole.count - 5, whole.count - 1] {
            try whole.prefix(count).write(to: URL(filePath: file))
            let fresh = try GitRepository(opening: path)
            for read in [{ _ = try fresh.object(id) }, { _ = try fresh.header(id) }] {
                #expect("\(count) of \(whole.count) bytes") {
                    try read()
                } throws: { error in
                    (error as? RepositoryError)?.code == .corrupt
                }
            }
        }
        try whole.write(to: URL(filePath: file))
        #expect(try GitRepository(opening: path).object(id).kind == .blob)
        #expect(throws: RepositoryError.self) { try repository.object(.zero) }
    }

    @Test("what cannot be opened says why")
    func openErrors() throws {
        let missing = #expect(throws: RepositoryError.self) {
            _ = try GitRepository(opening: path)
        }
        #expect(missing?.code == .absent)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let empty = #expect(throws: RepositoryError.self) {
            _ = try GitRepository(opening: path)
        }
        #expect(empty?.code == .notARepository)
    }

    @Test("what gc took away is written again, and nothing is built upon it")
    func prunedMeanwhile() throws {
        let repository = try made()
        let content = Array("gone\n".utf8)
        var pack = try repository.beginPack()
        let blob = try pack.add(.blob, content)
        try pack.finish()
        let kept = try commit("kept", in: repository)
        try repository.setReference("refs/heads/sync", to: kept, expecting: nil)
        #expect(repository.contains(blob))
        try git(path, "gc", "-q", "--prune=now")
        // A capture begins at the branch.
        #expect(try repository.reference("refs/heads/sync") == kept)
        pack = try repository.beginPack()
        #expect(try pack.add(.blob, content) == blob)
        try pack.finish()
        #expect(try git(path, "cat-file", "-p", blob.hex) == "gone")

        // It was there when the capture began.
        #expect(repository.contains(blob))
        pack = try repository.beginPack()
        #expect(try pack.add(.blob, content) == blob)
        try git(path, "gc", "-q", "--prune=now")
        let refused = #expect(throws: RepositoryError.self) { try pack.finish() }
        #expect(refused?.code == .missing)
        #expect(try fsck(path) == "")
    }

    @Test("objects that git wrote are read, loose and packed, and in later packs")
    func readsWhatGitWrote() throws {
        let repository = try made()
        let content = Array("hello\n".utf8)
        let hex = try git(path, "hash-object", "-w", "--stdin", input: content)
        let id = try #require(ObjectID(hex: hex))
        #expect(repository.contains(id))
        #expect(try repository.object(id) == StoredObject(kind: .blob, content: content))
        #expect(try repository.header(id) == (.blob, 6))
        let tree = try git(
            path, "mktree", input: Array("100644 blob \(hex)\tx\n".utf8))
        let commit = try git(path, "commit-tree", "-m", "m", tree)
        try git(path, "update-ref", "refs/heads/sync", commit)
        try git(path, "repack", "-adq")
        #expect(try repository.blob(id) == content)
        let head = try #require(try repository.reference("refs/heads/sync"))
        #expect(head.hex == commit)
        #expect(try repository.tree(repository.commit(head).tree).entries.count == 1)
        #expect(try repository.tree(repository.commit(head).tree).entries.count == 1)
    }

    @Test("a missing object is missing, a damaged one corrupt")
    func missingAndCorrupt() throws {
        let repository = try made()
        let nothing = ObjectID(hashing: [1], as: .blob)
        #expect(!repository.contains(nothing))
        #expect(throws: RepositoryError.self) { try repository.object(nothing) }
        let missing = #expect(throws: RepositoryError.self) { try repository.header(nothing) }
        #expect(missing?.code == .missing)

        let one = try git(path, "hash-object", "-w", "--stdin", input: Array("one".utf8))
        let two = try git(path, "hash-object", "-w", "--stdin", input: Array("two".utf8))
        func loose(_ hex: String) -> String {
            "\(path)/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"
        }
        try FileManager.default.removeItem(atPath: loose(one))
        try FileManager.default.copyItem(atPath: loose(two), toPath: loose(one))
        let fresh = try GitRepository(opening: path)
        let id = try #require(ObjectID(hex: one))
        let corrupt = #expect(throws: RepositoryError.self) { try fresh.object(id) }
        #expect(corrupt?.code == .corrupt)
        #expect(try fresh.tree(Tree.emptyID).entries.isEmpty)
    }

    @Test("a repository's and a user's configuration change nothing")
    func configuration() throws {
        let repository = try made()
        try git(path, "config", "core.autocrlf", "true")
        try git(path, "config", "core.logAllRefUpdates", "true")
        let fresh = try GitRepository(opening: path)
        let id = try commit("a\r\nb\r\n", in: fresh)
        try fresh.setReference("refs/heads/sync", to: id, expecting: nil)
        #expect(try git(path, "cat-file", "-p", "\(id.hex):a.txt") == "a\r\nb\r\n")
        #expect(try repository.reference("refs/heads/sync") == id)
    }

    @Test("names that are not UTF-8 or odd come back byte for byte, and fsck is content")
    func oddNames() throws {
        let repository = try made()
        let pack = try repository.beginPack()
        let blob = try pack.add(.blob, [])
        let names: [[UInt8]] = [
            [0xff, 0xfe], Array("a\nb".utf8), Array(" ".utf8), Array("ü\u{301}".utf8),
            [0x01], Array("-rf".utf8), Array("a\"b\\c".utf8),
            Array(repeating: 0x78, count: 255),
        ]
        let tree = try pack.add(
            .tree,
            Tree(sorting: names.map { TreeEntry(name: $0, mode: .executable, id: blob) })
                .serialized)
        let who = Signature(name: "é", email: "", seconds: 1, zone: -90)
        let commit = try pack.add(
            .commit,
            Commit(tree: tree, parents: [], author: who, committer: who, message: "").serialized)
        try pack.finish()
        try repository.setReference("refs/heads/sync", to: commit, expecting: nil)
        #expect(Set(try repository.tree(tree).entries.map(\.name)) == Set(names))
        #expect(try fsck(path) == "")
    }
}
