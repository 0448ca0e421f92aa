import SyncModel
import SyncTestKit
import Synchronization
import Testing

@testable import SyncEngine

/// What fails in one folder of a vault keeps no other from being captured.
@Suite("One folder's failure")
struct FolderFailureTests {
    private final class Disk: Sendable {
        let isReadOnly = Mutex(false)
    }

    private let clock = SimClock()
    private let repository = InMemoryRepository()
    private let store = InMemoryStateStore()
    private let disk = Disk()
    private let notes: SimFolder
    private let other: SimFolder

    init() {
        let (clock, disk) = (clock, disk)
        func folder(_ isOnDisk: Bool) -> SimFolder {
            SimFolder(
                clock: clock,
                before: { changes throws(FolderError) in
                    if changes && isOnDisk && disk.isReadOnly.withLock({ $0 }) {
                        throw FolderError(.readOnlyFileSystem, "make directories durable")
                    }
                },
                isBusy: { _ in false }, lateWrite: { _, _ in nil }, destroys: { _, _ in })
        }
        (notes, other) = (folder(true), folder(false))
    }

    private func vault() throws -> Vault {
        Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"), repository: repository,
            folders: [
                VaultFolder(id: try StateSamples.path("notes"), access: notes),
                VaultFolder(id: try StateSamples.path("other"), access: other),
            ],
            store: store, remote: nil, clock: clock)
    }

    private func write(_ name: String, _ text: String, in folder: SimFolder) throws {
        clock.advance(1_000_000_000)
        folder.write(
            try StateSamples.path(name), Array(text.utf8), mode: .regular, inPlace: false)
    }

    private func capture(_ vault: Vault) throws {
        clock.advance(1_000_000_000)
        try vault.capture(
            Dictionary(uniqueKeysWithValues: vault.folders.map { ($0.id, .everything) }))
    }

    /// The files of the head, with their content.
    private func head() throws -> [String: String] {
        let head = try #require(try repository.reference("refs/heads/sync"))
        let changes = try TreeDiff.changes(
            from: nil, to: repository.commit(head).tree, reading: repository)
        var files: [String: String] = [:]
        for change in changes where !change.hasDirectory {
            guard let version = change.after else { continue }
            files[change.path.text] = String(
                decoding: try repository.blob(version.id), as: UTF8.self)
        }
        return files
    }

    @Test("nothing is captured in a folder that cannot be flushed, until it can")
    func unflushed() throws {
        var vault = try vault()
        try write("a", "one", in: notes)
        try capture(vault)
        let first = try #require(try repository.reference("refs/heads/sync"))
        try store.setFact(InterruptedApplies.fact(of: vault.folders[0].id), first.hex)
        vault = try self.vault()
        disk.isReadOnly.withLock { $0 = true }
        try write("a", "two", in: notes)
        try write("b", "b", in: other)
        try capture(vault)
        #expect(try head() == ["notes/a": "one", "other/b": "b"])
        #expect(vault.folders[0].stopped?.code == .readOnlyFileSystem)
        #expect(vault.folders[1].stopped == nil)
        #expect(vault.folders[0].interrupted.needsScan)
        #expect(try store.applied(vault.folders[0].id) == first)
        #expect(try !vault.report.isInSync())

        try write("a", "three", in: notes)
        try capture(vault)
        disk.isReadOnly.withLock { $0 = false }
        try vault.capture([:])
        try vault.applyUntilStable()
        #expect(vault.folders[0].stopped == nil)
        #expect(try head() == ["notes/a": "three", "other/b": "b"])
        #expect(try vault.report.isInSync())
    }

    @Test("rules whose place cannot be looked at go on, and so do other folders")
    func unreadableRules() throws {
        let vault = try vault()
        for (name, text) in [("p/.gitignore", "*.o\n"), ("p/m.c", "m"), ("p/m.o", "o")] {
            try write(name, text, in: notes)
        }
        try capture(vault)
        let rules = try StateSamples.path("p/.gitignore")
        notes.delete(rules)
        var dirty = DirtyPaths()
        dirty.paths = [rules]
        try vault.capture([vault.folders[0].id: dirty])
        notes.forbid([try StateSamples.path("p")])
        try write("b", "b", in: other)
        clock.advance(Limits.keptRulesGraceMilliseconds * 1_000_000)
        try capture(vault)
        #expect(try head() == ["notes/p/m.c": "m", "other/b": "b"])
        #expect(vault.folders.allSatisfy { $0.stopped == nil })
    }
}
