import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("What is captured before versions come back")
struct RequestedPlacesTests {
    private let access = SimFolder(
        clock: SimClock(), before: { _ in }, isBusy: { _ in false }, lateWrite: { _, _ in nil },
        destroys: { _, _ in })

    private func dirty(
        _ names: [String], prefix: String? = "notes", isKnown: Bool = true
    ) throws -> DirtyPaths {
        let folder = VaultFolder(id: prefix.flatMap { TreePath($0) }, access: access)
        let store = InMemoryStateStore()
        if isKnown { try store.advance(folder.id, [], applied: ObjectID.zero) }
        let places = try names.map { try StateSamples.path($0) }
        return try RequestedPlaces(places: places, store: store).dirty(in: folder)
    }

    @Test("nothing but what stands at the places", arguments: ["a.md", "d/b.md", "none/x.md"])
    func single(name: String) throws {
        let path = try StateSamples.path(name)
        access.write(try StateSamples.path("d/b.md"), [1], mode: .regular, inPlace: true)
        let found = try dirty(["notes/\(name)", "elsewhere/y.md", "notesbook/z.md"])
        #expect(found.paths == [path])
        #expect(!found.all && found.directories.isEmpty)
        #expect(try dirty([name], prefix: nil).paths == [path])
    }

    @Test("all of the folder where a place is above it, or nothing is known of it")
    func everything() throws {
        #expect(try dirty(["notes"]).all)
        #expect(try dirty(["team"], prefix: "team/notes").all)
        #expect(try dirty(["notes/a.md"], isKnown: false).all)
        #expect(try dirty(["other"]).isEmpty)
    }

    @Test("a file that is named is read whatever its stat says, and no other")
    func doubted() throws {
        let folder = VaultFolder(id: TreePath("notes"), access: access)
        let store = InMemoryStateStore()
        let rows = try ["a.md", "d/b.md"].map { name in
            TrackedFile(
                path: try StateSamples.path(name),
                version: FileVersion(mode: .regular, id: .zero),
                stat: FileStat(
                    kind: .file(executable: false), size: 1, modified: 1, changed: 1, inode: 1,
                    device: 1),
                checked: 2, sha256: Array(repeating: 0, count: 32))
        }
        try store.advance(folder.id, rows.map(StateChange.put), applied: .zero)
        let places = try ["notes/a.md", "notes/d", "elsewhere/y.md"].map(StateSamples.path)
        try RequestedPlaces(places: places, store: store).doubt(in: folder)
        #expect(try store.file(folder.id, rows[0].path) == rows[0].unchecked)
        #expect(try store.file(folder.id, rows[1].path) == rows[1])
        #expect(try store.applied(folder.id) == .zero)
    }

    @Test("a file that took a directory's place, instead of what was in it")
    func instead() throws {
        let file = try StateSamples.path("d")
        access.write(file, [1], mode: .regular, inPlace: true)
        #expect(try dirty(["notes/d/e/b.md"]).paths == [file])
    }
}
