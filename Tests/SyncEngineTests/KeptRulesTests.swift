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

    @Test("stay where an edit keeps a file of the project")
    func edited() async throws {
        let vault = try await project()
        try scene.push("proj/src/m.c", isGone: true)
        try scene.push("proj/readme", isGone: true)
        try scene.push("proj/.gitignore", isGone: true)
        try write("proj/src/m.c", "edited")
        for _ in 0..<3 { _ = try await scene.cycle(vault) }
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

    @Test("end where the file alone was deleted, here or elsewhere", arguments: [true, false])
    func alone(isHere: Bool) async throws {
        let vault = try await project()
        if isHere {
            scene.folder.delete(try path("proj/.gitignore"))
            var dirty = DirtyPaths()
            dirty.paths = [try path("proj/.gitignore")]
            try vault.capture([vault.folders[0].id: dirty])
        } else {
            try scene.push("proj/.gitignore", isGone: true)
        }
        for _ in 0..<3 { _ = try await scene.cycle(vault) }
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
