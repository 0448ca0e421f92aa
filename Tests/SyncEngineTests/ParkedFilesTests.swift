import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("Files that a device leaves out after it synced them")
struct ParkedFilesTests {
    private let scene = ExchangeOptionsTests.Scene(.none)
    private let store = CrashingStateStore()

    private func write(_ name: String, _ text: String) throws {
        scene.folder.write(
            try StateSamples.path(name), Array(text.utf8), mode: .regular, inPlace: false)
    }

    private func text(_ name: String) throws -> String? {
        scene.folder.files[try StateSamples.path(name)].map {
            String(decoding: $0.content, as: UTF8.self)
        }
    }

    /// The vault as the daemon opens it.
    private func opened(leavingOut patterns: String...) throws -> Vault {
        let vault = try scene.vault(store, exclude: patterns)
        try vault.begin(isNew: false)
        return vault
    }

    @Test("cost a save nothing, however many they are")
    func cost() async throws {
        var costs: [Int] = []
        for count in [1, 1000] {
            let test = ParkedFilesTests()
            for number in 0..<count { try test.write("media/\(number)", "\(number)") }
            _ = try await test.scene.cycle(try test.opened(), writing: "a")
            let vault = try test.opened(leavingOut: "media/")
            let folder = vault.folders[0].id
            _ = try await test.scene.cycle(vault)
            #expect(try test.store.parked(folder).count == count)
            #expect(try test.store.deferred(folder).isEmpty)
            var dirty = DirtyPaths()
            dirty.paths = [try StateSamples.path("a.txt")]
            try test.write("a.txt", "b")
            test.scene.clock.advance(1_000_000_000)
            let before = test.store.reads
            try vault.capture([folder: dirty])
            try vault.applyUntilStable()
            #expect(try vault.report.waiting().isEmpty)
            costs.append(test.store.reads - before)
            #expect(try await test.scene.cycle(vault).contains("push"))
        }
        #expect(costs[0] == costs[1])
    }

    @Test("are changed upon what stood there, once they are synced again")
    func comeBack() async throws {
        try write("media/x.txt", "1\n2\n3\n4\n5\n")
        _ = try await scene.cycle(try opened(), writing: "a")
        let base = try #require(try scene.head())
        var vault = try opened(leavingOut: "media/")
        let folder = vault.folders[0].id
        try scene.push("media/x.txt", "1 other\n2\n3\n4\n5\n")
        try scene.push("media/new.txt", "new")
        try write("media/x.txt", "1\n2\n3\n4\n5 own\n")
        _ = try await scene.cycle(vault)
        let path = try StateSamples.path("media/x.txt")
        #expect(try store.parked(folder) == [DeferredPath(path: path, base: base)])
        #expect(try text("media/new.txt") == nil)

        vault = try opened()
        #expect(try store.parked(folder).isEmpty)
        #expect(try store.deferred(folder).contains(DeferredPath(path: path, base: base)))
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        #expect(try text("media/x.txt") == "1 other\n2\n3\n4\n5 own\n")
        #expect(try text("media/new.txt") == "new")
        #expect(try store.deferred(folder).isEmpty)
    }

    @Test("are parked again where an older program had them wait")
    func movesOver() async throws {
        try write("media/x.txt", "x")
        _ = try await scene.cycle(try opened(), writing: "a")
        let base = try #require(try scene.head())
        let folder = try opened(leavingOut: "media/").folders[0].id
        let (path, other) = (
            try StateSamples.path("media/x.txt"), try StateSamples.path("other.txt")
        )
        try store.advance(
            folder, [path, other].map { .deferUpdate($0, base: base) }, applied: nil)
        _ = try opened(leavingOut: "media/")
        #expect(try store.parked(folder) == [DeferredPath(path: path, base: base)])
        #expect(try store.deferred(folder) == [DeferredPath(path: other, base: base)])
    }

    /// A file that takes their directory's place takes theirs.
    @Test("are the base of what is made above and below them")
    func around() async throws {
        try write("media/x.txt", "x")
        _ = try await scene.cycle(try opened(), writing: "a")
        let base = try #require(try scene.head())
        let vault = try opened(leavingOut: "media/x.txt")
        try scene.push("media/x.txt", "newer")
        _ = try await scene.cycle(vault)
        let head = try #require(try scene.head())
        #expect(try store.applied(vault.folders[0].id) == head)
        let bases = try FolderBases(vault.folders[0], store, lost: nil, in: scene.repository)
        for (name, wanted) in [
            ("media", base), ("media/x.txt", base), ("media/x.txt/y", base), ("media/y", head),
            ("med", head), ("a.txt", head),
        ] {
            #expect(try bases.base(of: StateSamples.path(name)) == wanted, "\(name)")
        }
        #expect(bases.commits == [base, head])
        #expect(bases.deferred.isEmpty)
    }
}
