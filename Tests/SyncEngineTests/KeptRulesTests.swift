import SyncEngine
import SyncModel
import SyncTestKit
import Synchronization
import Testing

@Suite("Rules that go with their directory")
struct KeptRulesTests {
    private let scene = ExchangeOptionsTests.Scene(.none)
    private let store = InMemoryStateStore()

    private func path(_ name: String) throws -> TreePath { try #require(TreePath(name)) }

    private func write(_ name: String, _ text: String) throws {
        scene.folder.write(try path(name), Array(text.utf8), mode: .regular, inPlace: false)
    }

    /// A folder with a project that both sides have, and build output that only this one has.
    private func project() async throws -> Vault {
        let vault = try scene.vault(store)
        try write("proj/.gitignore", "node_modules/\n*.o\n")
        try write("proj/src/m.c", "m")
        try write("proj/readme", "r")
        _ = try await scene.cycle(vault, writing: "one")
        try write("proj/node_modules/x/1.js", "j")
        try write("proj/src/m.o", "o")
        return vault
    }

    private func tracked() throws -> Set<String> {
        let tree = try scene.repository.commit(try #require(try scene.head())).tree
        return Set(
            try TreeDiff.changes(from: nil, to: tree, reading: scene.repository)
                .filter { $0.path.text.hasPrefix("notes/") && !$0.hasDirectory }
                .map { String($0.path.text.dropFirst("notes/".count)) })
    }

    private func stands(_ name: String) throws -> Bool {
        scene.folder.files[try path(name)] != nil
    }

    @Test("go on while a program has their file open", arguments: [true, false])
    func whileWritten(isRestarted: Bool) async throws {
        var vault = try await project()
        let rules = try path("proj/.gitignore")
        scene.busy.paths.withLock { $0 = [rules] }
        if isRestarted { vault = try scene.vault(store) }
        _ = try await scene.cycle(vault)
        #expect(try !tracked().contains("proj/src/m.o"))
        #expect(try !tracked().contains("proj/node_modules/x/1.js"))
    }

    @Test(
        "stay where others deleted the project, in one go or in two, and over a restart",
        arguments: [true, false])
    func deletedElsewhere(inOne: Bool) async throws {
        var vault = try await project()
        for name in ["proj/src/m.c", "proj/readme", "proj/.gitignore"] {
            try scene.push(name, isGone: true)
            if !inOne { _ = try await scene.cycle(vault) }
        }
        for _ in 0..<3 { _ = try await scene.cycle(vault) }
        #expect(try tracked() == ["a.txt"])
        vault = try scene.vault(store)
        for _ in 0..<2 { _ = try await scene.cycle(vault, writing: "two") }
        #expect(try tracked() == ["a.txt"])
        #expect(try stands("proj/node_modules/x/1.js") && stands("proj/src/m.o"))
        #expect(try !stands("proj/.gitignore"))
    }

    @Test(
        "stay where an edit keeps a file of the project, be it the only other one",
        arguments: [true, false], [true, false])
    func edited(isOnly: Bool, inOne: Bool) async throws {
        var vault = try await project()
        if isOnly {
            try delete("proj/readme", of: vault)
            _ = try await scene.cycle(vault)
        }
        try scene.push("proj/.gitignore", isGone: true)
        if !inOne { try await wait(vault, 1) }
        try scene.push("proj/src/m.c", isGone: true)
        try write("proj/src/m.c", "edited")
        if !inOne { _ = try await scene.cycle(vault) }
        if !isOnly { try scene.push("proj/readme", isGone: true) }
        for _ in 0..<3 { _ = try await scene.cycle(vault) }
        scene.clock.advance(9_000_000_000)
        for _ in 0..<3 { _ = try await scene.cycle(vault) }
        vault = try scene.vault(store)
        for _ in 0..<3 { _ = try await scene.cycle(vault, writing: "two") }
        #expect(try tracked() == ["a.txt", "proj/src/m.c"])
    }

    @Test("stay while somebody deletes the project here")
    func deletedHere() async throws {
        let vault = try await project()
        for name in [".gitignore", "src/m.c", "readme"] {
            scene.folder.delete(try path("proj/" + name))
        }
        var dirty = DirtyPaths()
        for name in [".gitignore", "src/m.c", "readme"] {
            dirty.paths.insert(try path("proj/" + name))
        }
        try vault.capture([vault.folders[0].id: dirty])
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        #expect(try tracked() == ["a.txt"])
    }

    @Test(
        "stay where somebody deletes so many files that directories alone are named",
        arguments: [[".gitignore"], [".gitignore", "src/m.c"]])
    func deletedInDirectories(gone: [String]) async throws {
        let vault = try await project()
        for name in gone { scene.folder.delete(try path("proj/" + name)) }
        var dirty = DirtyPaths()
        dirty.directories = [try path("proj")]
        try vault.capture([vault.folders[0].id: dirty])
        #expect(try !tracked().contains("proj/src/m.o"))
        for name in ["src/m.c", "readme"] { scene.folder.delete(try path("proj/" + name)) }
        try vault.capture([vault.folders[0].id: dirty])
        scene.clock.advance(9_000_000_000)
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        #expect(try tracked() == ["a.txt"])
    }

    @Test(
        "are those of the directory that stands there, though another took its place as a whole",
        arguments: [true, false])
    func exchanged(hasMore: Bool) async throws {
        let vault = try await project()
        for file in scene.folder.files.keys where file.text.hasPrefix("proj/") {
            scene.folder.delete(file)
        }
        try write("proj/.gitignore", hasMore ? "*.env\n" : "nothing\n")
        try write("proj/s.env", "secret")
        try write("proj/new.o", "o")
        var dirty = DirtyPaths()
        dirty.directories = [try path("proj")]
        try vault.capture([vault.folders[0].id: dirty])
        _ = try await scene.cycle(vault)
        #expect(try tracked().contains("proj/s.env") != hasMore)
        #expect(try tracked().contains("proj/new.o"))
    }

    @Test("are known after a restart though the commit that had them is thinned")
    func thinned() async throws {
        var vault = try await project()
        for name in ["proj/src/m.c", "proj/readme", "proj/.gitignore"] {
            try scene.push(name, isGone: true)
        }
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        let rules = ObjectID(hashing: Array("node_modules/\n*.o\n".utf8), as: .blob)
        try scene.repository.thin([rules], behind: [])
        vault = try scene.vault(store)
        for _ in 0..<2 { _ = try await scene.cycle(vault, writing: "two") }
        #expect(try tracked() == ["a.txt"])
    }

    /// Makes cycles, each a second after the one before, until none waits; none takes longer than
    /// the grace.
    private func wait(_ vault: Vault, _ cycles: Int) async throws {
        for _ in 0..<cycles { _ = try await scene.cycle(vault, to: .pending) }
    }

    private func delete(_ name: String, of vault: Vault) throws {
        scene.folder.delete(try path(name))
        var dirty = DirtyPaths()
        dirty.paths = [try path(name)]
        try vault.capture([vault.folders[0].id: dirty])
    }

    @Test(
        "end after a while where the file alone was deleted, here or elsewhere",
        arguments: [true, false], [true, false])
    func alone(isHere: Bool, isRestarted: Bool) async throws {
        var vault = try await project()
        if isHere {
            try delete("proj/.gitignore", of: vault)
        } else {
            try scene.push("proj/.gitignore", isGone: true)
        }
        try await wait(vault, 2)
        #expect(try !tracked().contains("proj/node_modules/x/1.js"))
        if isRestarted { vault = try scene.vault(store) }
        try await wait(vault, 2)
        #expect(try !tracked().contains("proj/node_modules/x/1.js"))
        scene.clock.advance(2_000_000_000)
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        #expect(try tracked().contains("proj/node_modules/x/1.js"))
    }

    @Test(
        "go on where their file was the first of its directory to go",
        arguments: [true, false], [true, false])
    func first(isHere: Bool, isRestarted: Bool) async throws {
        var vault = try await project()
        for name in ["proj/.gitignore", "proj/src/m.c", "proj/readme"] {
            if isHere { try delete(name, of: vault) } else { try scene.push(name, isGone: true) }
            // Longer than the grace all in all, and not from one file to the next.
            try await wait(vault, 3)
            if isRestarted { vault = try scene.vault(store) }
        }
        scene.clock.advance(9_000_000_000)
        for _ in 0..<3 { _ = try await scene.cycle(vault) }
        #expect(try tracked() == ["a.txt"])
        #expect(try stands("proj/node_modules/x/1.js") && stands("proj/src/m.o"))
    }

    @Test("end after a while in a root that has other files, whatever goes with them")
    func root() async throws {
        let vault = try scene.vault(store)
        try write(".gitignore", "*.o\n")
        try write("b.txt", "b")
        _ = try await scene.cycle(vault, writing: "one")
        try write("m.o", "o")
        _ = try await scene.cycle(vault)
        for name in [".gitignore", "b.txt"] { scene.folder.delete(try path(name)) }
        var dirty = DirtyPaths()
        dirty.paths = [try path(".gitignore"), try path("b.txt")]
        try vault.capture([vault.folders[0].id: dirty])
        try await wait(vault, 2)
        #expect(try tracked() == ["a.txt"])
        scene.clock.advance(9_000_000_000)
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        #expect(try tracked() == ["a.txt", "m.o"])
    }

    @Test("are not forgotten by a scan that finds files of their directory gone")
    func scanned() async throws {
        let vault = try await project()
        for name in ["proj/.gitignore", "proj/src/m.c"] { scene.folder.delete(try path(name)) }
        try await wait(vault, 2)
        #expect(try tracked() == ["a.txt", "proj/readme"])
        scene.folder.delete(try path("proj/readme"))
        try await wait(vault, 2)
        scene.clock.advance(9_000_000_000)
        for _ in 0..<3 { _ = try await scene.cycle(vault) }
        #expect(try tracked() == ["a.txt"])
    }

    @Test("end at once where others stand there before the while is over")
    func writtenAgain() async throws {
        let vault = try await project()
        try delete("proj/.gitignore", of: vault)
        try await wait(vault, 1)
        try write("proj/.gitignore", "node_modules\n")
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        #expect(try tracked().contains("proj/src/m.o"))
        #expect(try !tracked().contains("proj/node_modules/x/1.js"))
    }

    @Test("end where a clock that is set back would make the while longer")
    func clockSetBack() async throws {
        let vault = try await project()
        try delete("proj/.gitignore", of: vault)
        try await wait(vault, 1)
        scene.clock.advance(-3_600_000_000_000)
        for _ in 0..<2 { _ = try await scene.cycle(vault) }
        #expect(try tracked().contains("proj/node_modules/x/1.js"))
    }

    @Test("end when others are written in their place, or the directory goes")
    func replaced() async throws {
        for isGone in [true, false] {
            let other = KeptRulesTests()
            let vault = try await other.project()
            for name in ["proj/src/m.c", "proj/readme", "proj/.gitignore"] {
                try other.scene.push(name, isGone: true)
            }
            for _ in 0..<2 { _ = try await other.scene.cycle(vault) }
            if isGone {
                other.scene.folder.deleteDirectory(try path("proj"))
                _ = try await other.scene.cycle(vault)
                try other.write("proj/src/m.o", "new")
            } else {
                try other.write("proj/.gitignore", "node_modules\n")
            }
            for _ in 0..<2 { _ = try await other.scene.cycle(vault) }
            #expect(try other.tracked().contains("proj/src/m.o"))
            #expect(try !other.tracked().contains("proj/node_modules/x/1.js"))
        }
    }
}
