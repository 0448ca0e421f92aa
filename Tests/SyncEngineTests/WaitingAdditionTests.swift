import SyncEngine
import SyncModel
import SyncTestKit
import Testing

@Suite("A file that comes where an update waits")
struct WaitingAdditionTests {
    /// A directory that is moved out and back again, while others do the same.
    @Test("is an addition where its writer had deleted it, and what it was where not")
    func movedOutAndBack() async throws {
        let path = try #require(TreePath("x.txt"))
        let place = try #require(TreePath("notes/x.txt"))
        for wasSeen in [true, false] {
            let scene = ExchangeOptionsTests.Scene(.none)
            let store = InMemoryStateStore()
            let vault = try scene.vault(store)
            scene.folder.write(path, Array("one".utf8), mode: .regular, inPlace: false)
            _ = try await scene.cycle(vault, writing: "a")
            let whole = try #require(try scene.head())
            scene.folder.delete(path)
            _ = try await scene.cycle(vault)
            let head = try #require(try scene.head())
            // Another device's file was to come, found the directory moved, and left the head.
            try store.advance(
                vault.folders[0].id, [.deferUpdate(path, base: wasSeen ? whole : head)],
                applied: nil)
            scene.folder.write(path, Array("one".utf8), mode: .regular, inPlace: false)
            _ = try await scene.cycle(vault)
            _ = try await scene.cycle(vault)
            #expect((scene.folder.files[path] == nil) == wasSeen)
            let tree = try scene.head().map { try scene.remote.commit($0).tree }
            let there = try TreeDiff.version(at: place, of: tree, reading: scene.remote)
            #expect((there == nil) == wasSeen)
        }
    }
}
