import Dispatch
import Foundation
import SyncGit
import SyncModel
import Synchronization
import Testing

@Suite("References")
struct ReferenceTests {
    let directory = try! TemporaryDirectory()
    var path: String { directory.path + "/vault.git" }
    let name = "refs/heads/sync"

    /// A repository with so many commits, each on its own.
    func made(_ count: Int) throws -> (GitRepository, [ObjectID]) {
        try GitRepository.create(at: path, branch: "sync")
        let repository = try GitRepository(opening: path)
        let pack = try repository.beginPack()
        let tree = try pack.add(.tree, [])
        var ids: [ObjectID] = []
        for index in 0..<count {
            let who = Signature(name: "a", email: "a@b", seconds: Int64(index))
            ids.append(
                try pack.add(
                    .commit,
                    Commit(tree: tree, parents: [], author: who, committer: who, message: "m\n")
                        .serialized))
        }
        try pack.finish()
        return (repository, ids)
    }

    @Test("a reference moves only from where it is expected", arguments: [false, true])
    func compareAndSwap(packed: Bool) throws {
        let (repository, ids) = try made(3)
        try repository.setReference(name, to: ids[0], expecting: nil)
        if packed { try git(path, "pack-refs", "--all") }
        for expected in [nil, ids[1], .zero] {
            let moved = #expect(throws: RepositoryError.self) {
                try repository.setReference(name, to: ids[2], expecting: expected)
            }
            #expect(moved?.code == .moved)
        }
        #expect(try git(path, "rev-parse", name) == ids[0].hex)
        try repository.setReference(name, to: ids[1], expecting: ids[0])
        #expect(try git(path, "rev-parse", name) == ids[1].hex)
        #expect(try repository.reference(name) == ids[1])
    }

    /// What stands beside the packs and is none: temporary files.
    private func leftOver() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/objects/pack")
            .filter { !$0.hasPrefix("pack-") }
    }

    @Test("a move that was written down takes effect at once, and not before")
    func prepared() throws {
        let (repository, ids) = try made(2)
        try repository.setReference(name, to: ids[0], expecting: nil)
        let old = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        let move = try #require(
            repository.prepareReference(name, to: ids[1], expecting: ids[0]))
        #expect(try git(path, "rev-parse", name) == ids[0].hex)
        #expect(!FileManager.default.fileExists(atPath: "\(path)/\(name).lock"))
        // Nobody waits for it: another program may move the branch meanwhile.
        #expect(try move.finish())
        #expect(try git(path, "rev-parse", name) == ids[1].hex)
        let new = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        #expect(
            new[.posixPermissions] as? NSNumber == old[.posixPermissions] as? NSNumber)
        #expect(!FileManager.default.fileExists(atPath: "\(path)/\(name).lock"))
    }

    @Test("a move that was written down and dropped leaves nothing behind")
    func dropped() throws {
        let (repository, ids) = try made(2)
        try repository.setReference(name, to: ids[0], expecting: nil)
        do {
            let move = repository.prepareReference(name, to: ids[1], expecting: ids[0])
            #expect(move != nil)
            #expect(try leftOver().count == 1)
        }
        #expect(try leftOver() == [])
        #expect(try git(path, "rev-parse", name) == ids[0].hex)
    }

    @Test("a move that was written down gives way to who moved or locked the branch meanwhile")
    func overtaken() throws {
        let (repository, ids) = try made(3)
        try repository.setReference(name, to: ids[0], expecting: nil)
        let late = try #require(
            repository.prepareReference(name, to: ids[1], expecting: ids[0]))
        try git(path, "update-ref", name, ids[2].hex)
        #expect(try !late.finish())
        #expect(try git(path, "rev-parse", name) == ids[2].hex)
        #expect(!FileManager.default.fileExists(atPath: "\(path)/\(name).lock"))

        let locked = try #require(
            repository.prepareReference(name, to: ids[1], expecting: ids[2]))
        try Data("theirs".utf8).write(to: URL(filePath: "\(path)/\(name).lock"))
        #expect(try !locked.finish())
        #expect(try git(path, "rev-parse", name) == ids[2].hex)
        #expect(
            try String(contentsOfFile: "\(path)/\(name).lock", encoding: .utf8) == "theirs")
    }

    @Test("only a branch that is a plain file is moved so: the rest is libgit2's")
    func unprepared() throws {
        let (repository, ids) = try made(2)
        #expect(repository.prepareReference(name, to: ids[1], expecting: nil) == nil)
        #expect(repository.prepareReference(name, to: ids[1], expecting: ids[0]) == nil)
        try repository.setReference(name, to: ids[0], expecting: nil)
        #expect(repository.prepareReference(name, to: ids[1], expecting: ids[1]) == nil)
        #expect(repository.prepareReference("HEAD", to: ids[1], expecting: ids[0]) == nil)
        try FileManager.default.createDirectory(
            atPath: path + "/logs", withIntermediateDirectories: false)
        #expect(repository.prepareReference(name, to: ids[1], expecting: ids[0]) == nil)
        try FileManager.default.removeItem(atPath: path + "/logs")
        try git(path, "pack-refs", "--all")
        #expect(repository.prepareReference(name, to: ids[1], expecting: ids[0]) == nil)
        #expect(try leftOver() == [])
    }

    @Test("a deleted reference is gone, also from packed-refs", arguments: [false, true])
    func delete(packed: Bool) throws {
        let (repository, ids) = try made(2)
        try repository.setReference("refs/sync/devices/a", to: ids[0], expecting: nil)
        try repository.setReference("refs/sync/devices/b", to: ids[1], expecting: nil)
        if packed { try git(path, "pack-refs", "--all") }
        for expected in [nil, ids[1]] {
            let moved = #expect(throws: RepositoryError.self) {
                try repository.setReference("refs/sync/devices/a", to: nil, expecting: expected)
            }
            #expect(moved?.code == .moved)
        }
        try repository.setReference("refs/sync/devices/a", to: nil, expecting: ids[0])
        #expect(try repository.reference("refs/sync/devices/a") == nil)
        try repository.setReference("refs/sync/devices/a", to: nil, expecting: nil)
        #expect(try git(path, "for-each-ref", "--format=%(refname)") == "refs/sync/devices/b")
        let moved = #expect(throws: RepositoryError.self) {
            try repository.setReference("refs/sync/devices/a", to: ids[1], expecting: ids[0])
        }
        #expect(moved?.code == .moved)
    }

    @Test("references are listed by prefix, sorted")
    func list() throws {
        let (repository, ids) = try made(1)
        for device in ["b", "a", "x/y"] {
            try repository.setReference(
                "refs/sync/devices/\(device)", to: ids[0], expecting: nil)
        }
        try repository.setReference(name, to: ids[0], expecting: nil)
        try git(path, "pack-refs", "--all")
        try repository.setReference("refs/sync/devices/c", to: ids[0], expecting: nil)
        #expect(
            try repository.references("refs/sync/devices/").map(\.name)
                == ["a", "b", "c", "x/y"].map { "refs/sync/devices/\($0)" })
        #expect(try repository.references("refs/none/").isEmpty)
        #expect(try repository.references("refs/").count == 5)
    }

    @Test("a reference cannot name what is not there, nor stand below another")
    func refused() throws {
        let (repository, ids) = try made(1)
        let missing = #expect(throws: RepositoryError.self) {
            try repository.setReference(
                name, to: ObjectID(hashing: [1], as: .commit), expecting: nil)
        }
        #expect(missing?.code == .missing)
        try repository.setReference(name, to: ids[0], expecting: nil)
        #expect(throws: RepositoryError.self) {
            try repository.setReference(name + "/deeper", to: ids[0], expecting: nil)
        }
        #expect(throws: RepositoryError.self) {
            try repository.setReference("refs/heads/a..b", to: ids[0], expecting: nil)
        }
        #expect(try repository.references("refs/").count == 1)
    }

    @Test("of many that swap at once, each step is taken once", arguments: [true, false])
    func race(create: Bool) throws {
        let (repository, ids) = try made(9)
        if !create { try repository.setReference(name, to: ids[8], expecting: nil) }
        let winners = Mutex<[Int]>([])
        let (path, name) = (path, name)
        for _ in 0..<20 {
            winners.withLock { $0 = [] }
            DispatchQueue.concurrentPerform(iterations: 8) { index in
                do {
                    let own = try GitRepository(opening: path)
                    try own.setReference(
                        name, to: ids[index], expecting: create ? nil : ids[8])
                    winners.withLock { $0.append(index) }
                } catch let error as RepositoryError {
                    if error.code != .moved && error.code != .locked {
                        Issue.record("\(error)")
                    }
                } catch { Issue.record("\(error)") }
            }
            let won = winners.withLock { $0 }
            #expect(won.count == 1)
            let now = try #require(try repository.reference(name))
            #expect(won.map { ids[$0] } == [now])
            try repository.setReference(name, to: create ? nil : ids[8], expecting: now)
        }
    }

    @Test("a lock file left by a crash blocks only while it is young")
    func staleLock() throws {
        let (repository, ids) = try made(2)
        let lock = "\(path)/\(name).lock"
        try Data().write(to: URL(fileURLWithPath: lock))
        let locked = #expect(throws: RepositoryError.self) {
            try repository.setReference(name, to: ids[0], expecting: nil)
        }
        #expect(locked?.code == .locked)
        let old = Date(timeIntervalSinceNow: -11)
        try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: lock)
        let remote = try GitRepository(opening: path, staleLockSeconds: 600)
        #expect(throws: RepositoryError.self) {
            try remote.setReference(name, to: ids[0], expecting: nil)
        }
        try repository.setReference(name, to: ids[0], expecting: nil)
        #expect(try repository.reference(name) == ids[0])
        #expect(!FileManager.default.fileExists(atPath: lock))
    }
}
