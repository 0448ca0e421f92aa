import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("A repository to try changes out in")
struct ScratchRepositoryTests {
    private let history = SmallHistory()

    @Test("what is made is read there and nowhere else, and what is not wanted is forgotten")
    func forgets() throws {
        let head = try history.commit(["a": "a\n", "d/b": "b\n"], time: 1_000)
        let old = try history.repository.commit(head).tree
        let scratch = ScratchRepository(over: history.repository)
        let path = try #require(TreePath("d/b"))
        var trees: [ObjectID] = []
        var blobs: [ObjectID] = []
        for text in ["one\n", "two\n"] {
            let pack = try scratch.beginPack()
            let blob = try pack.add(.blob, Array(text.utf8))
            let version = FileVersion(mode: .regular, id: blob)
            trees.append(
                try TreeEdit.apply([path: version], to: old, reading: scratch, writing: pack))
            try pack.finish()
            blobs.append(blob)
        }
        #expect(blobs.allSatisfy { scratch.contains($0) })
        #expect(blobs.allSatisfy { !history.repository.contains($0) })
        let before = scratch.bytes
        try scratch.forgetAll(but: trees[1], over: old)
        #expect(scratch.bytes < before)
        #expect(!scratch.contains(blobs[0]))
        #expect(!scratch.contains(trees[0]))
        #expect(try scratch.blob(blobs[1]) == Array("two\n".utf8))
        let version = try TreeDiff.version(at: path, of: trees[1], reading: scratch)
        #expect(version?.id == blobs[1])
        #expect(throws: RepositoryError.self) {
            try scratch.setReference("refs/heads/sync", to: head, expecting: nil)
        }
    }

    @Test("what the records of open conflicts name stays")
    func records() throws {
        let one = try history.commit(["x.md": "one\n"], time: 1_000, device: "a")
        let two = try history.commit(["x.md": "two\n"], time: 2_000, device: "b")
        let made = history.repository
        let open = try made.commit(CommitMerge(made).merge(one, two).commit).tree
        let list = try ConflictList(of: open, reading: made).records
        let other = SmallHistory()
        let old = try other.repository.commit(other.commit(["y.md": "y\n"], time: 500)).tree
        let scratch = ScratchRepository(over: other.repository)
        let pack = try scratch.beginPack()
        var versions: [TreePath: FileVersion?] = [:]
        for change in try TreeDiff.changes(from: nil, to: open, reading: made) {
            let version = try #require(change.after)
            _ = try pack.add(.blob, made.blob(version.id))
            versions[change.path] = version
        }
        let named = try #require(list.first).namedBlobs
        for id in named { _ = try pack.add(.blob, made.blob(id)) }
        let tree = try TreeEdit.apply(versions, to: old, reading: scratch, writing: pack)
        try pack.finish()
        try scratch.forgetAll(but: tree, over: old)
        #expect(!named.isEmpty && named.allSatisfy { scratch.contains($0) })
        #expect(try ConflictList(of: tree, reading: scratch).records == list)
    }

    @Test("of what has a NUL in its first 64 KiB these are kept, of all else everything")
    func shown() throws {
        func kept(nulAt place: Int) throws -> Int {
            var content = [UInt8](repeating: UInt8(ascii: "x"), count: 2 * Limits.shownBytes)
            content[place] = 0
            let scratch = ScratchRepository(over: history.repository)
            let kept = try scratch.addShown(content)
            #expect(kept == scratch.bytes)
            let id = ObjectID(hashing: content, as: .blob)
            #expect(try scratch.header(id).size == content.count)
            return kept
        }
        #expect(try kept(nulAt: Limits.shownBytes - 1) == Limits.shownBytes)
        #expect(try kept(nulAt: Limits.shownBytes) == 2 * Limits.shownBytes)
    }
}
