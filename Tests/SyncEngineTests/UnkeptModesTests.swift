import SyncEngine
import SyncModel
import SyncTestKit
import Testing

@Suite("A folder whose file system keeps no executable bit")
struct UnkeptModesTests {
    private let scene = ExchangeOptionsTests.Scene(.none)

    init() { scene.folder.loseModes() }

    private func write(_ name: String, _ text: String) throws {
        scene.clock.advance(1_000_000_000)
        scene.folder.write(
            try #require(TreePath(name)), Array(text.utf8), mode: .executable, inPlace: false)
    }

    /// The mode of a file in the head of the remote.
    private func mode(_ name: String) throws -> FileMode? {
        let tree = try scene.remote.commit(try #require(try scene.head())).tree
        let path = try #require(TreePath("notes/\(name)"))
        return try TreeDiff.version(at: path, of: tree, reading: scene.remote)?.mode
    }

    @Test("an edit leaves the mode as it is, and a new file is a plain one")
    func edits() async throws {
        try scene.push("run.sh", mode: .executable)
        try scene.push("text.md")
        let vault = try scene.vault()
        _ = try await scene.cycle(vault)
        let head = try scene.head()
        _ = try await scene.cycle(vault)
        #expect(try scene.head() == head, "nothing was edited")
        for name in ["run.sh", "text.md", "new.md"] { try write(name, "another \(name)") }
        _ = try await scene.cycle(vault)
        #expect(try scene.head() != head)
        #expect(try mode("run.sh") == .executable)
        #expect(try mode("text.md") == .regular)
        #expect(try mode("new.md") == .regular)
    }

    @Test("another's change of a mode is none of this device's to take back")
    func changedElsewhere() async throws {
        try scene.push("run.sh", "x", mode: .executable)
        let vault = try scene.vault()
        _ = try await scene.cycle(vault)
        for mode in [FileMode.regular, .executable, .regular] {
            try scene.push("run.sh", "x", mode: mode)
            let head = try scene.head()
            _ = try await scene.cycle(vault)
            _ = try await scene.cycle(vault)
            #expect(try scene.head() == head)
        }
        try write("run.sh", "y")
        _ = try await scene.cycle(vault)
        #expect(try mode("run.sh") == .regular)
        try scene.push("run.sh", "z", mode: .executable)
        _ = try await scene.cycle(vault)
        try scene.push("run.sh", isGone: true)
        _ = try await scene.cycle(vault)
        #expect(scene.folder.files.isEmpty)
    }

    @Test("what stands there when the folder joins changes no mode, edited or not")
    func joins() async throws {
        try scene.push("run.sh", "x", mode: .executable)
        try scene.push("tool", "x", mode: .executable)
        try write("run.sh", "x")
        try write("tool", "y")
        let head = try scene.head()
        let vault = try scene.vault()
        _ = try await scene.cycle(vault)
        #expect(try scene.head() != head)
        #expect(try mode("run.sh") == .executable)
        #expect(try mode("tool") == .executable)
    }

    @Test("a renamed file takes its mode along")
    func renamed() async throws {
        try scene.push("run.sh", "x", mode: .executable)
        let vault = try scene.vault()
        _ = try await scene.cycle(vault)
        scene.clock.advance(1_000_000_000)
        scene.folder.rename(
            try #require(TreePath("run.sh")), to: try #require(TreePath("go.sh")))
        _ = try await scene.cycle(vault)
        #expect(try mode("run.sh") == nil)
        #expect(try mode("go.sh") == .executable)
    }

    @Test("what an apply that was cut short had put there is no edit")
    func cutShort() async throws {
        let store = CrashingStateStore()
        let vault = try scene.vault(store)
        try scene.push("run.sh", "old")
        _ = try await scene.cycle(vault)
        try scene.push("run.sh", "new", mode: .executable)
        store.beforeWrite = { [scene] () throws(StateStoreError) in
            let file = TreePath("run.sh").flatMap { scene.folder.files[$0] }
            if file?.content == Array("new".utf8) {
                throw StateStoreError(.io, "write", "the process ends")
            }
        }
        await #expect(throws: StateStoreError.self) { try await vault.exchange() }
        store.beforeWrite = nil
        let head = try scene.head()
        _ = try await scene.cycle(try scene.vault(store))
        #expect(try scene.head() == head)
        #expect(try mode("run.sh") == .executable)
    }
}
