import Foundation
import SyncGit
import SyncModel
import Testing

@Suite("Writing packs")
struct PackWriterTests {
    let directory = try! TemporaryDirectory()
    var path: String { directory.path + "/vault.git" }
    var packs: String { path + "/objects/pack" }

    func made() throws -> GitRepository {
        try GitRepository.create(at: path, branch: "sync")
        return try GitRepository(opening: path)
    }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: packs).sorted()
    }

    @Test("objects of every kind and size come back, here and in git")
    func sizes() throws {
        let repository = try made()
        let other = try GitRepository(opening: path)
        let pack = try repository.beginPack()
        var contents: [ObjectID: [UInt8]] = [:]
        // Around the steps of the size's encoding and of the buffer.
        for size in [0, 1, 15, 16, 2047, 2048, 262_143, 262_144, 1 << 20, 3 << 20] {
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3 ^ size) }
            contents[try pack.add(.blob, content)] = content
        }
        let noise = (0..<(3 << 20)).map { _ in UInt8.random(in: 0...255) }
        contents[try pack.add(.blob, noise)] = noise
        #expect(contents.keys.allSatisfy { !repository.contains($0) })
        try pack.finish()
        for (id, content) in contents {
            #expect(try repository.blob(id) == content)
            #expect(other.contains(id))
            #expect(try other.header(id) == (.blob, content.count))
            #expect(try git(path, "cat-file", "-s", id.hex) == "\(content.count)")
        }
        #expect(try fsck(path) == "")
        for name in try names() {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(packs)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o444)
        }
        #expect(try names().count == 2)
        try git(path, "verify-pack", "\(packs)/\(try names()[0])")
    }

    @Test("whoever opens the repository meanwhile takes no file for one that a crash left")
    func opened() async throws {
        let path = path
        _ = try made()
        // More threads than cores: the one that makes a file has to be stopped before its lock.
        let work: [@Sendable (Int) throws -> Void] = [
            { _ in
                let repository = try GitRepository(opening: path)
                for _ in 0..<1000 { _ = try IncomingPack(into: repository) }
            },
            { number in
                let repository = try GitRepository(opening: path)
                for count in 0..<200 {
                    let pack = try repository.beginPack()
                    let content = Array("\(number) \(count)".utf8)
                    let id = try pack.add(.blob, content)
                    try pack.finish()
                    #expect(try repository.blob(id) == content)
                }
            },
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await withCheckedThrowingContinuation { continuation in
                        Thread.detachNewThread {
                            continuation.resume(with: Result { try work[number % 2](number) })
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("an empty pack, and one of only what is there, writes nothing")
    func nothingNew() throws {
        let repository = try made()
        try repository.beginPack().finish()
        #expect(try names() == [])
        let first = try repository.beginPack()
        let id = try first.add(.blob, [1, 2, 3])
        #expect(try first.add(.blob, [1, 2, 3]) == id)
        try first.finish()
        let before = try names()
        let second = try repository.beginPack()
        #expect(try second.add(.blob, [1, 2, 3]) == id)
        let again = try second.addBlobs(3) { _ in ([1, 2, 3], ()) }
        #expect(again.map(\.id) == [id, id, id])
        try second.finish()
        #expect(try names() == before)
        #expect(try git(path, "count-objects", "-v").contains("in-pack: 1\n"))
    }

    @Test("a pack that is dropped leaves nothing, small or large", arguments: [10, 3 << 20])
    func dropped(size: Int) throws {
        let repository = try made()
        var pack: (any PackSink)? = try repository.beginPack()
        let id = try pack?.add(.blob, (0..<size).map { _ in UInt8.random(in: 0...255) })
        pack = nil
        #expect(try names() == [])
        #expect(!repository.contains(try #require(id)))
    }

    @Test("many blobs are read once each, in order, whatever their sizes")
    func blobs() throws {
        let repository = try made()
        let pack = try repository.beginPack()
        let known = try pack.add(.blob, Array("7".utf8))
        let results = try pack.addBlobs(25_000) { index in
            if index % 10 == 3 { return (nil, index) }
            // One in a thousand large, and each content three times.
            let text = index % 1000 == 8 ? String(repeating: "\(index) ", count: 60_000) : ""
            return (Array("\(index / 3)\(text)".utf8), index)
        }
        try pack.finish()
        #expect(results.map(\.outcome) == Array(0..<25_000))
        for (index, result) in results.enumerated() {
            if index % 10 == 3 {
                #expect(result.id == nil)
            } else if index % 1000 != 8 {
                #expect(
                    result.id == ObjectID(hashing: Array("\(index / 3)".utf8), as: .blob))
            }
        }
        #expect(results[21].id == known)
        #expect(try fsck(path) == "")
        let distinct = Set(results.compactMap(\.id))
        #expect(distinct.allSatisfy { repository.contains($0) })
        #expect(
            try git(path, "count-objects", "-v").contains("in-pack: \(distinct.count)\n"))
    }

    @Test("what a crash left is removed at the next opening, what is being written is not")
    func leftovers() throws {
        let repository = try made()
        let pack = try repository.beginPack()
        _ = try pack.add(.blob, (0..<(2 << 20)).map { _ in UInt8.random(in: 0...255) })
        let living = try names()
        #expect(living.count == 1)
        try Data([1]).write(to: URL(fileURLWithPath: "\(packs)/tmp_syncd_dead"))
        try Data([1]).write(to: URL(fileURLWithPath: "\(packs)/tmp_pack_of_git"))
        _ = try GitRepository(opening: path)
        #expect(try names() == (living + ["tmp_pack_of_git"]).sorted())
        try pack.finish()
        #expect(try fsck(path) == "")
    }

    @Test("2,000 objects and their trees make one pack that git is content with")
    func batch() throws {
        let repository = try made()
        let pack = try repository.beginPack()
        let blobs = try pack.addBlobs(2000) { (Array("file \($0)".utf8), ()) }
        let versions = Dictionary(
            uniqueKeysWithValues: blobs.enumerated().map { index, blob in
                (
                    TreePath("d\(index % 37)/e\(index % 5)/f\(index)")!,
                    blob.id.map { FileVersion(mode: .regular, id: $0) }
                )
            })
        let tree = try TreeEdit.apply(versions, to: nil, reading: repository, writing: pack)
        let who = Signature(name: "a", email: "a@b", seconds: 1)
        let commit = try pack.add(
            .commit,
            Commit(tree: tree, parents: [], author: who, committer: who, message: "m\n")
                .serialized)
        try pack.finish()
        try repository.setReference("refs/heads/sync", to: commit, expecting: nil)
        #expect(try fsck(path) == "")
        #expect(
            try git(path, "ls-tree", "-r", "--name-only", "sync").split(separator: "\n").count
                == 2000)
        #expect(try names().count == 2)
    }
}
