import Foundation
import SyncModel
import Testing

@testable import SyncGit

@Suite("References of a repository that others write too")
struct ForeignReferencesTests {
    let directory = try! TemporaryDirectory()

    @Test("are named once, in order, and none that leads elsewhere or is no name")
    func names() throws {
        let id = ObjectID(hashing: [], as: .blob).hex
        let packed = [
            "refs/heads/b", "refs/heads/../x", "refs/heads/a", "refs/heads/.lock", "refs/heads//c",
            "refs/heads/d.lock", "refs/heads/e e", "refs/heads/", "refs/heads/f\t", "refs/headsx",
            "refs/heads/b", "HEAD",
            "refs/heads/" + String(repeating: "n", count: 251),
            "refs/heads/" + String(repeating: "é", count: 150) + "/x",
        ].map { "\(id) \($0)\n" }.joined()
        let path = directory.path
        try FileManager.default.createDirectory(
            atPath: "\(path)/refs/heads/g", withIntermediateDirectories: true)
        for (name, text) in [
            ("packed-refs", packed), ("refs/heads/a", "\(id)\n"), ("refs/heads/g/h", "\(id)\n"),
        ] { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
        let references = ForeignReferences(directory: path, staleLockSeconds: 10)
        #expect(
            try references.names("refs/heads/") == [
                "refs/heads/a", "refs/heads/b", "refs/heads/g/h",
            ])
        for name in try references.names("refs/") {
            #expect(try references.resolve(name).id?.hex == id)
        }
    }

    @Test("are not moved under a lock that somebody else took for one of a crash")
    func stolen() throws {
        let path = directory.path
        try FileManager.default.createDirectory(
            atPath: path + "/refs/heads", withIntermediateDirectories: true)
        let references = ForeignReferences(directory: path, staleLockSeconds: 10)
        let lock = path + "/refs/heads/sync.lock"
        let descriptor = try references.lockFile(lock)
        defer { close(descriptor) }
        try references.checkHeld(descriptor, lock)
        try FileManager.default.removeItem(atPath: lock)
        let gone = #expect(throws: RepositoryError.self) {
            try references.checkHeld(descriptor, lock)
        }
        #expect(gone?.code == .locked)
        let other = try references.lockFile(lock)
        defer { close(other) }
        #expect(throws: RepositoryError.self) { try references.checkHeld(descriptor, lock) }
        try references.checkHeld(other, lock)
    }

    @Test("are read at once: of many packed ones, a loose one before its packed one")
    func all() throws {
        let ids = (1...3).map { ObjectID(hashing: [$0], as: .blob) }
        let many = (0..<20_000).map { "\(ids[0].hex) refs/z/\(100_000 + $0)\n" }.joined()
        let path = directory.path
        try FileManager.default.createDirectory(
            atPath: "\(path)/refs/z", withIntermediateDirectories: true)
        for (name, text) in [
            ("packed-refs", many), ("refs/z/100001", "\(ids[1].hex)\n"),
            ("refs/z/100002", "ref: refs/y\n"), ("refs/z/100003", "nonsense\n"),
            ("refs/z/100004", "ref: refs/none\n"), ("refs/y", "\(ids[2].hex)\n"),
        ] { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
        let references = ForeignReferences(directory: path, staleLockSeconds: 10)
        let start = ContinuousClock.now
        let found = try references.all("refs/z/")
        // To read them anew for each name takes minutes.
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(found.count == Limits.devices - 2)
        #expect(found.map(\.name) == found.map(\.name).sorted())
        let byName = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.id) })
        #expect(byName["refs/z/100000"] == ids[0] && byName["refs/z/100001"] == ids[1])
        #expect(byName["refs/z/100002"] == ids[2])
        #expect(byName["refs/z/100003"] == nil && byName["refs/z/100004"] == nil)
    }

    @Test("a packed one goes with what its tag leads to, and nothing else does")
    func without() {
        let (one, two) = (String(repeating: "1", count: 40), String(repeating: "2", count: 40))
        let kept = "# pack-refs with: peeled\n\(one) refs/a/bc\n\(one) refs/tags/t\n^\(two)\n"
        let all = kept + "\(two) refs/a/b\n^\(one)\n\(two) refs/z\n"
        let rest = ForeignReferences.without(Array("refs/a/b".utf8), Array(all.utf8))
        #expect(String(decoding: rest, as: UTF8.self) == kept + "\(two) refs/z\n")
    }
}
