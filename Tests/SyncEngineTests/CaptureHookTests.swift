import SyncEngine
import SyncModel
import SyncTestKit
import Synchronization
import Testing

@Suite("A hook that is asked before a commit")
struct CaptureHookTests {
    /// Holds back what has a word in its path, and keeps what it was asked.
    private final class Hook: CaptureHook {
        let word = Mutex<String?>(nil)
        let asked = Mutex<[String]>([])
        var isThere: Bool { word.withLock { $0 != nil } }

        func held(_ changes: [CapturedChange]) -> [TreePath: String] {
            asked.withLock { $0 += changes.map(\.change.path.text) }
            let word = word.withLock { $0 } ?? ""
            let held = changes.filter { $0.change.path.text.contains(word) }
            return Dictionary(
                held.map { ($0.change.path, "it has \(word)") }, uniquingKeysWith: { $1 })
        }

        func hold(_ text: String?) { word.withLock { $0 = text } }
    }

    private let scene = ExchangeOptionsTests.Scene(.none)
    private let store = InMemoryStateStore()
    private let hook = Hook()

    private func path(_ name: String) throws -> TreePath { try #require(TreePath(name)) }

    private func write(_ name: String, _ text: String) throws {
        scene.folder.write(try path(name), Array(text.utf8), mode: .regular, inPlace: false)
    }

    private func tracked() throws -> [String: ObjectID] {
        let tree = try scene.repository.commit(try #require(try scene.head())).tree
        let changes = try TreeDiff.changes(from: nil, to: tree, reading: scene.repository)
        return Dictionary(
            changes.compactMap { change in
                change.after.map { (change.path.text.replacing("notes/", with: ""), $0.id) }
            }, uniquingKeysWith: { $1 })
    }

    private func vault() async throws -> Vault {
        let vault = try scene.vault(store)
        vault.local.gate.hook = hook
        try write("a", "1")
        _ = try await scene.cycle(vault, writing: "first")
        return vault
    }

    private func held(_ vault: Vault) throws -> [String] {
        try store.quarantined(path("notes")).map(\.path.text)
    }

    @Test("costs nothing and is not asked where it is not")
    func absent() async throws {
        _ = try await vault()
        #expect(hook.asked.withLock { $0 }.isEmpty)
        #expect(try tracked().keys.contains("a"))
    }

    @Test("holds one path back, and the others go", arguments: [false, true])
    func holds(isRestarted: Bool) async throws {
        var vault = try await vault()
        let before = try tracked()["a"]
        hook.hold("a")
        try write("a", "2")
        try write("b", "1")
        _ = try await scene.cycle(vault)
        #expect(try tracked()["a"] == before && tracked()["b"] != nil)
        #expect(try held(vault) == ["notes/a"])
        if isRestarted {
            vault = try scene.vault(store)
            vault.local.gate.hook = hook
            _ = try await scene.cycle(vault)
            #expect(try tracked()["a"] == before)
        }
        hook.hold(nil)
        _ = try await scene.cycle(vault)
        #expect(try tracked()["a"] == ObjectID(hashing: Array("2".utf8), as: .blob))
        #expect(try held(vault).isEmpty)
    }

    @Test("that holds everything back makes no commit, and nothing is lost")
    func everything() async throws {
        let vault = try await vault()
        let head = try scene.head()
        hook.hold("")
        try write("a", "2")
        _ = try await scene.cycle(vault)
        #expect(try scene.head() == head)
        #expect(scene.folder.files[try path("a")] != nil)
        // What was changed back is held no more: there is nothing to commit.
        try write("a", "1")
        _ = try await scene.cycle(vault)
        #expect(try held(vault).isEmpty && scene.head() == head)
    }

    @Test("keeps an edit from being taken away by a newer version of others")
    func others() async throws {
        let vault = try await vault()
        hook.hold("a")
        try write("a", "mine")
        _ = try await scene.cycle(vault)
        try scene.push("a")
        // The newer version waits for as long as the older one is held.
        #expect(try await vault.exchange() == .pending)
        #expect(scene.folder.files[try path("a")]?.content == Array("mine".utf8))
        hook.hold(nil)
        _ = try await scene.cycle(vault)
        // Both versions were made of one: the conflict's text or its copy has this one's words.
        let texts = try tracked().values.map { id in
            String(decoding: try scene.repository.blob(id), as: UTF8.self)
        }
        #expect(texts.contains { $0.contains("mine") })
    }
}
