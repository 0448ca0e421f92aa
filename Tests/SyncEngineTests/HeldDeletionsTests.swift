import SyncEngine
import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@Suite("Deletions that are held")
struct HeldDeletionsTests {
    private let scene = ExchangeOptionsTests.Scene(.none)
    private let paths: [TreePath]

    init() throws {
        paths = try (10..<30).map { try #require(TreePath("\($0).txt")) }
    }

    /// A vault whose folder had 20 files, all of which are gone and held.
    private func held(_ store: any StateStore = InMemoryStateStore()) async throws -> Vault {
        let vault = try scene.vault(store)
        for path in paths { write(path, "content \(path)") }
        _ = try await scene.cycle(vault)
        for path in paths { scene.folder.delete(path) }
        _ = try await scene.cycle(vault, to: .pending)
        #expect(vault.folders[0].quarantinedDeletions == Set(paths))
        return vault
    }

    private func write(_ path: TreePath, _ text: String) {
        scene.folder.write(path, Array(text.utf8), mode: .regular, inPlace: false)
    }

    /// Looks at some paths alone.
    private func look(at some: some Sequence<TreePath>, in vault: Vault) throws {
        scene.clock.advance(1_000_000_000)
        var dirty = DirtyPaths()
        dirty.paths = Set(some)
        try vault.capture([vault.folders[0].id: dirty], CaptureOptions(live: true))
    }

    @Test("stay held however few of them are looked at again, over a restart too")
    func few() async throws {
        let store = InMemoryStateStore()
        var vault = try await held(store)
        let head = try vault.head()
        for isRestarted in [false, true] {
            if isRestarted { vault = try scene.vault(store) }
            try look(at: paths.prefix(3), in: vault)
            #expect(try vault.head() == head)
            #expect(vault.folders[0].quarantinedDeletions == Set(paths))
        }
    }

    @Test("take those with them that come later")
    func later() async throws {
        let vault = try scene.vault()
        let more = try (30..<40).map { try #require(TreePath("\($0).txt")) }
        for path in paths + more { write(path, "content \(path)") }
        _ = try await scene.cycle(vault)
        let head = try vault.head()
        for path in paths { scene.folder.delete(path) }
        try look(at: paths, in: vault)
        for path in more { scene.folder.delete(path) }
        try look(at: more, in: vault)
        #expect(try vault.head() == head)
        #expect(vault.folders[0].quarantinedDeletions == Set(paths + more))
    }

    @Test("count with those of a moment before", arguments: [59, 61])
    func inARow(seconds: Int64) async throws {
        let vault = try scene.vault()
        for path in paths { write(path, "content \(path)") }
        _ = try await scene.cycle(vault)
        for path in paths.prefix(6) { scene.folder.delete(path) }
        try look(at: paths.prefix(6), in: vault)
        let head = try vault.head()
        scene.clock.advance((seconds - 1) * 1_000_000_000)
        let more = paths[6..<12]
        for path in more { scene.folder.delete(path) }
        try look(at: more, in: vault)
        #expect(vault.folders[0].quarantinedDeletions == (seconds < 60 ? Set(more) : []))
        #expect(try (vault.head() == head) == (seconds < 60))
    }

    @Test("count once, however often their capture fails")
    func failed() async throws {
        let vault = try scene.vault()
        for path in paths { write(path, "content \(path)") }
        _ = try await scene.cycle(vault)
        let head = try vault.head()
        let gone = paths.prefix(4)
        for path in gone { scene.folder.delete(path) }
        scene.repository.beforeWrite = { () throws(RepositoryError) in
            throw RepositoryError(.noSpace, "write")
        }
        for _ in 0..<4 {
            #expect(throws: RepositoryError.self) { try look(at: gone, in: vault) }
        }
        scene.repository.beforeWrite = nil
        try look(at: gone, in: vault)
        #expect(vault.folders[0].quarantinedDeletions.isEmpty)
        #expect(try vault.head() != head)
    }

    @Test("let edits of others wait, against which they stand once they are accepted")
    func edited() async throws {
        let vault = try await held()
        try scene.push("10.txt", "edited")
        let head = try scene.head()
        _ = try await scene.cycle(vault, to: .pending)
        #expect(try vault.head() == head && scene.folder.files.isEmpty)
        #expect(vault.folders[0].quarantinedDeletions == Set(paths))
        #expect(try vault.conflicts().records.isEmpty)
        scene.clock.advance(1_000_000_000)
        try vault.capture(
            [vault.folders[0].id: .everything], CaptureOptions(acceptDeletes: true))
        #expect(try await vault.exchange() == .inSync)
        #expect(vault.folders[0].quarantinedDeletions.isEmpty)
        #expect(try vault.conflicts().records.map(\.path.description) == ["notes/10.txt"])
        #expect(scene.folder.files.count == 1)
    }

    @Test("are over when the files left the head")
    func gone() async throws {
        let vault = try await held()
        for path in paths { try scene.push(path.description, isGone: true) }
        #expect(try await vault.exchange() == .inSync)
        #expect(vault.folders[0].quarantinedDeletions.isEmpty)
        #expect(try vault.store.quarantined(vault.folders[0].id).isEmpty)
    }

    @Test("are over, one by one, when the files are back")
    func back() async throws {
        let vault = try await held()
        let head = try vault.head()
        for path in paths.prefix(5) { write(path, "content \(path)") }
        try look(at: paths.prefix(5), in: vault)
        #expect(vault.folders[0].quarantinedDeletions == Set(paths.dropFirst(5)))
        for path in paths.dropFirst(5) { write(path, "content \(path)") }
        try look(at: paths.dropFirst(5), in: vault)
        #expect(try vault.head() == head)
        #expect(try await vault.exchange() == .inSync)
        #expect(try vault.store.quarantined(vault.folders[0].id).isEmpty)
    }

    @Test("stay held when most of the files are back, over a restart too")
    func mostAreBack() async throws {
        let store = InMemoryStateStore()
        var vault = try await held(store)
        let head = try vault.head()
        let left = Set(paths.suffix(3))
        for path in paths.dropLast(3) { write(path, "content \(path)") }
        for isRestarted in [false, true] {
            if isRestarted { vault = try scene.vault(store) }
            scene.clock.advance(120_000_000_000)
            try vault.capture([vault.folders[0].id: .everything])
            #expect(try vault.head() == head)
            #expect(vault.folders[0].quarantinedDeletions == left)
        }
        // The word of a person is about what is left.
        try vault.capture(
            [vault.folders[0].id: .everything], CaptureOptions(live: false, acceptDeletes: true))
        #expect(vault.folders[0].quarantinedDeletions.isEmpty)
        #expect(try vault.head() != head)
        // And over: another few go as ever.
        let accepted = try vault.head()
        scene.folder.delete(paths[0])
        try vault.capture([vault.folders[0].id: .everything])
        #expect(try vault.head() != accepted)
    }

    @Test("leave the directory that they emptied as it was")
    func emptied() async throws {
        let vault = try scene.vault()
        let inside = try (0..<20).map { try #require(TreePath("d/\($0).txt")) }
        for path in inside { write(path, "content \(path)") }
        _ = try await scene.cycle(vault)
        let head = try vault.head()
        for path in inside { scene.folder.delete(path, leavesDirectory: true) }
        try look(at: inside, in: vault)
        try look(at: inside.prefix(1), in: vault)
        #expect(try vault.head() == head)
        #expect(vault.folders[0].quarantinedDeletions == Set(inside))
    }

    /// A vault of two folders, and twenty files in the first.
    private func twoFolders(content: (TreePath) -> String = { "\($0)" }) throws
        -> (vault: Vault, notes: SimFolder, other: SimFolder)
    {
        func folder() -> SimFolder {
            SimFolder(
                clock: scene.clock, before: { _ throws(FolderError) in }, isBusy: { _ in false },
                lateWrite: { _, _ in nil }, destroys: { _, _ in })
        }
        let (notes, other) = (folder(), folder())
        let vault = Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: scene.repository,
            folders: [
                VaultFolder(id: TreePath("notes"), access: notes),
                VaultFolder(id: TreePath("other"), access: other),
            ],
            store: InMemoryStateStore(), remote: nil, clock: scene.clock)
        for path in paths { put(path, content(path), in: notes) }
        try captureAll(vault)
        return (vault, notes, other)
    }

    private func put(_ path: TreePath, _ content: String, in folder: SimFolder) {
        folder.write(path, Array(content.utf8), mode: .regular, inPlace: false)
    }

    private func captureAll(_ vault: Vault) throws {
        scene.clock.advance(1_000_000_000)
        try vault.capture(
            Dictionary(
                uniqueKeysWithValues: vault.folders.map { ($0.id, DirtyPaths.everything) }))
        try vault.applyUntilStable()
    }

    @Test("are none where the files moved to another folder of the vault: one commit has both")
    func moved() throws {
        let (vault, notes, other) = try twoFolders()
        let head = try vault.head()
        for path in paths {
            notes.delete(path)
            put(path, "\(path)", in: other)
        }
        try captureAll(vault)
        #expect(vault.folders[0].quarantinedDeletions.isEmpty)
        let moved = try scene.repository.commit(try #require(try vault.head()))
        #expect(moved.parents == [head])
        let before = try scene.repository.commit(try #require(head)).tree
        let changes = try TreeDiff.changes(
            from: before, to: moved.tree, reading: scene.repository)
        #expect(changes.count { $0.after == nil } == paths.count)
        #expect(changes.count { $0.before == nil } == paths.count)
    }

    @Test("are none where the files came to another folder a moment before", arguments: [29, 31])
    func movedInTwo(seconds: Int64) throws {
        let (vault, notes, other) = try twoFolders()
        for path in paths { put(path, "\(path)", in: other) }
        try captureAll(vault)
        for path in paths { notes.delete(path) }
        scene.clock.advance((seconds - 1) * 1_000_000_000)
        try captureAll(vault)
        #expect(vault.folders[0].quarantinedDeletions.isEmpty == (seconds < 30))
    }

    @Test("are some where the files themselves came a moment before")
    func lately() throws {
        let (vault, notes, _) = try twoFolders()
        let head = try vault.head()
        for path in paths { notes.delete(path) }
        try captureAll(vault)
        #expect(vault.folders[0].quarantinedDeletions == Set(paths))
        #expect(try vault.head() == head)
    }

    @Test("are some where what came to another folder is gone, too", arguments: [false, true])
    func goneInBoth(atOnce: Bool) throws {
        let (vault, notes, other) = try twoFolders()
        scene.clock.advance(60_000_000_000)
        for path in paths { put(path, "\(path)", in: other) }
        try captureAll(vault)
        for path in paths { other.delete(path) }
        if !atOnce {
            try captureAll(vault)
            #expect(vault.folders[1].quarantinedDeletions == Set(paths))
        }
        for path in paths { notes.delete(path) }
        try captureAll(vault)
        #expect(vault.folders[0].quarantinedDeletions == Set(paths))
        #expect(vault.folders[1].quarantinedDeletions == Set(paths))
    }

    @Test("are some where what came to another folder is gone and nobody looked there yet")
    func goneUnseen() throws {
        let (vault, notes, other) = try twoFolders()
        scene.clock.advance(60_000_000_000)
        for path in paths { put(path, "\(path)", in: other) }
        try captureAll(vault)
        for path in paths {
            other.delete(path)
            notes.delete(path)
        }
        scene.clock.advance(1_000_000_000)
        try vault.capture([vault.folders[0].id: .everything])
        #expect(vault.folders[0].quarantinedDeletions == Set(paths))
    }

    @Test("are none for as many as came: files that are alike are many", arguments: [false, true])
    func alike(isLate: Bool) throws {
        let (vault, notes, other) = try twoFolders { _ in "" }
        put(paths[0], "", in: other)
        if isLate { try captureAll(vault) }
        for path in paths { notes.delete(path) }
        try captureAll(vault)
        #expect(vault.folders[0].quarantinedDeletions.count == paths.count - 1)
    }
}
