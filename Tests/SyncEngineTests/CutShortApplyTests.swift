import SyncEngine
import SyncModel
import SyncTestKit
import Synchronization
import Testing

@Suite("What an apply that was cut short had put in place")
struct CutShortApplyTests {
    private let scene = ExchangeOptionsTests.Scene(.none)

    /// A folder that holds "one"; then `news` comes into the branch and `text` into the folder,
    /// and the record learns of neither.
    private func vault(_ text: String, _ news: () throws -> Void) async throws -> Vault {
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        let applied = try scene.head()
        try news()
        try await vault.tracker.fetch()
        try scene.repository.setReference(
            "refs/heads/sync", to: try scene.head(), expecting: applied)
        scene.folder.write(
            try #require(TreePath("other.txt")), Array(text.utf8), mode: .regular, inPlace: false)
        return vault
    }

    private func other() throws -> String? {
        let file = scene.folder.files[try #require(TreePath("other.txt"))]
        return file.map { String(decoding: $0.content, as: UTF8.self) }
    }

    @Test("is no edit although the head has gone on, however far", arguments: [2, 150])
    func goneOn(commits: Int) async throws {
        let vault = try await vault("first") {
            try scene.push("other.txt", "first")
            for number in 1..<commits { try scene.push("other.txt", "later \(number)") }
        }
        let head = try scene.head()
        _ = try await scene.cycle(vault)
        #expect(try scene.head() == head)
        #expect(try other() == "later \(commits - 1)")
    }

    @Test("is an edit when it is another version than any that came")
    func edited() async throws {
        let vault = try await vault("mine") {
            try scene.push("other.txt", "first")
            try scene.push("other.txt", "second")
        }
        let head = try scene.head()
        _ = try await scene.cycle(vault)
        #expect(try scene.head() != head)
        #expect(try #require(try other()).contains("mine"))
    }

    @Test("is an older version that was brought back, where the head has none")
    func broughtBack() async throws {
        let vault = try await vault("first") {
            try scene.push("other.txt", "first")
            try scene.push("other.txt", isGone: true)
        }
        _ = try await scene.cycle(vault)
        #expect(try other() == "first")
    }

    @Test(
        "is no deletion and no edit where it could not be made durable and the power went",
        arguments: 1...12)
    func notDurable(changes: Int) async throws {
        let store = InMemoryStateStore()
        let vault = try scene.vault(store)
        _ = try await scene.cycle(vault, writing: "one")
        try scene.push("other.txt", "first")
        scene.changesLeft.count.withLock { $0 = changes }
        do { _ = try await vault.exchange() } catch { #expect(error is FolderError) }
        scene.changesLeft.count.withLock { $0 = nil }
        var random = SeededRandom(seed: UInt64(changes))
        for _ in 0..<4 { scene.folder.cutPower(&random) }
        let next = try scene.vault(store)
        for _ in 0..<2 { _ = try await scene.cycle(next) }
        #expect(try other() == "first")
        let tree = try scene.repository.commit(try #require(try scene.head())).tree
        let path = try #require(TreePath("notes/other.txt"))
        #expect(try TreeDiff.file(at: path, of: tree, reading: scene.repository) != nil)
    }

    /// A vault whose file `other.txt` is known to the record as "zero"; then "first" is applied,
    /// to its end or not, and "second" comes into the branch alone. `text` is what stands in the
    /// file when the next process begins.
    private func known(
        isCut: Bool, _ text: String, _ store: CrashingStateStore = CrashingStateStore()
    ) async throws -> Vault {
        let vault = try scene.vault(store)
        _ = try await scene.cycle(vault, writing: "one")
        for text in ["zero", "first"] {
            try scene.push("other.txt", text)
            if isCut && text == "first" {
                store.beforeWrite = { [scene] () throws(StateStoreError) in
                    let file = TreePath("other.txt").flatMap { scene.folder.files[$0] }
                    if file?.content == Array("first".utf8) {
                        throw StateStoreError(.io, "write", "the process ends")
                    }
                }
                await #expect(throws: StateStoreError.self) { try await vault.exchange() }
                store.beforeWrite = nil
            } else {
                _ = try await scene.cycle(vault)
            }
        }
        let next = try scene.vault(store)
        let applied = try scene.head()
        try scene.push("other.txt", "second")
        try await next.tracker.fetch()
        try scene.repository.setReference(
            "refs/heads/sync", to: try scene.head(), expecting: applied)
        try write(text)
        return next
    }

    private func write(_ text: String, to name: String = "other.txt") throws {
        scene.clock.advance(1_000_000_000)
        scene.folder.write(
            try #require(TreePath(name)), Array(text.utf8), mode: .regular, inPlace: false)
    }

    /// A capture that ends between the record and the head.
    private func captureInVain(_ vault: Vault) {
        scene.clock.advance(1_000_000_000)
        scene.repository.lockedTries = 1
        #expect(throws: RepositoryError.self) {
            try vault.capture([vault.folders[0].id: .everything])
        }
        scene.repository.lockedTries = 0
    }

    @Test("is not deleted where it goes with the power, once the record has it", arguments: 1...4)
    func power(seed: UInt64) async throws {
        let store = CrashingStateStore()
        let vault = try scene.vault(store)
        _ = try await scene.cycle(vault, writing: "one")
        try scene.push("other.txt", "first")
        store.beforeWrite = { [scene] () throws(StateStoreError) in
            if TreePath("other.txt").flatMap({ scene.folder.files[$0] }) == nil { return }
            throw StateStoreError(.io, "write", "the process ends")
        }
        // The file is staged, flushed and put there, and its directory not flushed.
        scene.changesLeft.count.withLock { $0 = 3 }
        await #expect(throws: StateStoreError.self) { try await vault.exchange() }
        scene.changesLeft.count.withLock { $0 = nil }
        store.beforeWrite = nil
        var next = try scene.vault(store)
        let head = try scene.head()
        try next.capture([next.folders[0].id: .everything])
        var random = SeededRandom(seed: seed)
        scene.folder.cutPower(&random)
        next = try scene.vault(store)
        try next.capture([next.folders[0].id: .everything])
        _ = try await scene.cycle(next)
        #expect(try scene.head() == head)
        #expect(try other() == "first")
    }

    @Test(
        "is known from the moment on at which the record has it: what goes back to it is an edit",
        arguments: [false, true])
    func goneBack(isRestarted: Bool) async throws {
        let store = CrashingStateStore()
        var vault = try await known(isCut: true, "first", store)
        try write("two", to: "a.txt")
        captureInVain(vault)
        try write("mine")
        if isRestarted { vault = try scene.vault(store) }
        try await vault.tracker.fetch()
        captureInVain(vault)
        try write("first")
        if isRestarted { vault = try scene.vault(store) }
        _ = try await scene.cycle(vault)
        #expect(try other() == "second")
    }

    @Test("a head that lacks what the record names is not applied before the remote was asked")
    func lostHead() async throws {
        let store = CrashingStateStore()
        try scene.push("other.txt", "first")
        let vault = try scene.vault(store)
        try write("mine", to: "a.txt")
        await #expect(throws: RepositoryError.self) {
            // The head takes what the remote has; that it takes the capture too fails.
            try await vault.tracker.fetch()
            try vault.integrator.integrate(try #require(try scene.head()))
            scene.repository.lockedTries = 1
            try vault.capture([vault.folders[0].id: .everything])
        }
        scene.repository.lockedTries = 0
        let next = try scene.vault(store)
        try next.applyUntilStable()
        #expect(scene.folder.files[try #require(TreePath("a.txt"))] != nil)
        _ = try await scene.cycle(next)
        #expect(scene.folder.files.count == 2)
    }

    @Test("is no edit when a program had it open at the first look", arguments: [false, true])
    func unread(isRestarted: Bool) async throws {
        let store = CrashingStateStore()
        var vault = try await known(isCut: true, "first", store)
        let head = try scene.head()
        scene.busy.isOn.withLock { $0 = true }
        try vault.capture([vault.folders[0].id: .everything])
        if isRestarted { vault = try scene.vault(store) }
        scene.busy.isOn.withLock { $0 = false }
        _ = try await scene.cycle(vault)
        #expect(try scene.head() == head)
        #expect(try other() == "second")
    }

    @Test("is no edit of a file that the record knew before")
    func knownFile() async throws {
        let vault = try await known(isCut: true, "first")
        let head = try scene.head()
        _ = try await scene.cycle(vault)
        #expect(try scene.head() == head)
        #expect(try other() == "second")
    }

    @Test("is no edit however many applies are cut short one after the other")
    func manyCuts() async throws {
        let store = CrashingStateStore()
        let vault = try scene.vault(store)
        _ = try await scene.cycle(vault, writing: "one")
        try scene.push("other.txt", "zero")
        _ = try await scene.cycle(vault)
        // The head is noted before the file changes; the write after that fails.
        let written = Mutex(0)
        store.beforeWrite = { () throws(StateStoreError) in
            let count = written.withLock { count in
                count += 1
                return count
            }
            if count == 2 { throw StateStoreError(.io, "write", "the process ends") }
        }
        for number in 0...Limits.interruptedApplies {
            try scene.push("other.txt", "text \(number)")
            written.withLock { $0 = 0 }
            await #expect(throws: StateStoreError.self) { try await vault.exchange() }
        }
        store.beforeWrite = nil
        let next = try scene.vault(store)
        let head = try scene.head()
        _ = try await scene.cycle(next)
        #expect(try scene.head() == head)
        #expect(try other() == "text \(Limits.interruptedApplies)")
    }

    @Test(
        "is an edit when it is neither, or when the apply came to its end",
        arguments: [(true, "mine"), (false, "zero"), (false, "mine")])
    func knownEdit(isCut: Bool, text: String) async throws {
        let vault = try await known(isCut: isCut, text)
        let head = try scene.head()
        _ = try await scene.cycle(vault)
        #expect(try scene.head() != head)
        #expect(try #require(try other()).contains(text))
    }

    @Test(
        "is what an edit was made upon, however little the edit has of it",
        arguments: [Left.reordered, .former, .nothing])
    func editedUpon(left: Left) async throws {
        let store = CrashingStateStore()
        var vault = try scene.vault(store)
        let (first, second) = (#"{"id":"a","text":"one"}\#n"#, #"{"id":"b","text":"two"}\#n"#)
        let news = #"{"id":"c","text":"three"}\#n"#
        let name = "shared/events/e.jsonl"
        try scene.push(name, first + second)
        _ = try await scene.cycle(vault, writing: "one")
        try scene.push(name, second + first + news)
        let path = try #require(TreePath(name))
        store.beforeWrite = { [scene] () throws(StateStoreError) in
            if scene.folder.files[path]?.content == Array((second + first + news).utf8) {
                throw StateStoreError(.io, "write", "the process ends")
            }
        }
        await #expect(throws: StateStoreError.self) { try await vault.exchange() }
        store.beforeWrite = nil
        // Who writes them has seen the version that came.
        let edit = [.reordered: second + first, .former: first + second, .nothing: ""][left] ?? ""
        try write(edit, to: name)
        vault = try scene.vault(store)
        _ = try await scene.cycle(vault)
        #expect(scene.folder.files[path].map { $0.content } == Array(edit.utf8))
    }

    /// What an edit leaves of what an apply had put there.
    enum Left { case reordered, former, nothing }

    @Test("is not what was edited while it was left out, whatever the apply has in common with it")
    func editedOutOfScope() async throws {
        let store = CrashingStateStore()
        var vault = try scene.vault(store)
        let (kept, gone) = ("a line that stays\n", "a line that goes\n")
        try scene.push("other.txt", gone + kept)
        _ = try await scene.cycle(vault, writing: "one")
        // What comes back into the scope has no row, only the commit that the folder held.
        let path = try #require(TreePath("other.txt"))
        try store.advance(
            vault.folders[0].id,
            [.remove(path), .deferUpdate(path, base: try #require(try scene.head()))],
            applied: nil)
        try scene.push("other.txt", kept)
        try scene.push("news.txt", "news")
        try write(gone + kept + "a line of mine\n")
        store.beforeWrite = { [scene] () throws(StateStoreError) in
            if TreePath("news.txt").flatMap({ scene.folder.files[$0] }) != nil {
                throw StateStoreError(.io, "write", "the process ends")
            }
        }
        await #expect(throws: StateStoreError.self) { try await vault.exchange() }
        store.beforeWrite = nil
        vault = try scene.vault(store)
        _ = try await scene.cycle(vault)
        #expect(try other() == kept + "a line of mine\n")
    }
}
