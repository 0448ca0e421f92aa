import SyncMerge
import SyncModel
import SyncRemote
import SyncTestKit
import Testing

@testable import SyncEngine

/// The state store turns out to be damaged while an exchange waits for the remote: the service
/// opens another one with a vault of its own, and the exchange goes on with the former vault.
@Suite("A state store that is opened anew while an exchange is under way")
struct ReopenedStateStoreTests {
    enum Moment: CaseIterable { case beforeFetch, afterFetch, beforePush, afterPush }

    /// One device whose remote lets something happen while it is waited for.
    private final class Scene: @unchecked Sendable {
        let inner = ExchangeOptionsTests.Scene(.none)
        var meanwhile: [Moment: () throws -> Void] = [:]
        var failure: (any Error)?

        func vault(_ store: any StateStore) throws -> Vault {
            let link = SimRemote(
                fetch: { [self] mayBring throws(RemoteError) in
                    happen(.beforeFetch)
                    defer { happen(.afterFetch) }
                    return try transfer().fetch(mayBring)
                },
                push: { [self] head, expected, applied throws(RemoteError) in
                    happen(.beforePush)
                    defer { happen(.afterPush) }
                    return try transfer().push(head, expecting: expected, applied: applied)
                })
            return Vault(
                identity: .init(name: "v", device: "linden", branch: "sync"),
                repository: inner.repository,
                folders: [VaultFolder(id: try #require(TreePath("notes")), access: inner.folder)],
                store: store, remote: link, clock: inner.clock)
        }

        private func transfer() -> PathTransfer {
            PathTransfer(
                local: inner.repository, remote: inner.remote, branch: "sync", device: "linden")
        }

        private func happen(_ moment: Moment) {
            guard let work = meanwhile.removeValue(forKey: moment) else { return }
            do { try work() } catch { failure = error }
        }

        func write(_ name: String, _ text: String) throws {
            inner.clock.advance(1_000_000_000)
            inner.folder.write(
                try #require(TreePath(name)), Array(text.utf8), mode: .regular, inPlace: false)
        }

        func text(_ name: String) throws -> String? {
            inner.folder.files[try #require(TreePath(name))].map {
                String(decoding: $0.content, as: UTF8.self)
            }
        }

        func cycle(_ vault: Vault) async throws -> ExchangeOutcome {
            inner.clock.advance(1_000_000_000)
            try vault.capture([vault.folders[0].id: .everything])
            return try await vault.exchange()
        }
    }

    @Test(
        "loses nothing, deletes nothing and ends in sync, whether the former one still answers",
        arguments: Moment.allCases, [true, false])
    func reopened(at moment: Moment, answers: Bool) async throws {
        let scene = Scene()
        let damaged = CrashingStateStore()
        let former = try scene.vault(damaged)
        try scene.write("a.txt", "one")
        try scene.write("kept.txt", "kept")
        #expect(try await scene.cycle(former) == .inSync)

        try scene.inner.push("theirs.txt", "theirs")
        try scene.inner.push("a.txt", "one of theirs")
        try scene.write("mine.txt", "mine")
        try former.capture([former.folders[0].id: .everything])
        let store = InMemoryStateStore()
        let reopened = try scene.vault(store)
        scene.meanwhile[moment] = {
            if !answers {
                damaged.beforeWrite = { () throws(StateStoreError) in
                    throw StateStoreError(.corrupt, "write", "the database is malformed")
                }
            }
            // As `OpenedVault.rebuildStore` does, and then the next capture.
            former.intake.isReplaced = true
            try reopened.begin(isNew: true)
            try scene.write("meanwhile.txt", "meanwhile")
            try reopened.capture([reopened.folders[0].id: .everything])
        }
        do {
            _ = try await former.exchange()
            Issue.record("the exchange went on")
        } catch let error as StateStoreError {
            #expect(
                error.operation == "go on with an exchange" || !answers && error.code == .corrupt)
        }
        #expect(throws: StateStoreError.self) { try former.applyUntilStable() }
        if let failure = scene.failure { throw failure }
        #expect(scene.meanwhile.isEmpty, "the moment came")

        for _ in 0..<3 { _ = try await scene.cycle(reopened) }
        #expect(try await scene.cycle(reopened) == .inSync)
        let names = scene.inner.folder.files.keys.map(\.text).sorted()
        #expect(names == ["a.txt", "kept.txt", "meanwhile.txt", "mine.txt", "theirs.txt"])
        #expect(try scene.text("a.txt") == "one of theirs")
        #expect(try scene.text("meanwhile.txt") == "meanwhile")
        #expect(try reopened.conflicts().records.isEmpty)
        let head = try #require(try scene.inner.head())
        #expect(try reopened.head() == head)
        let tree = try scene.inner.remote.commit(head).tree
        for name in names {
            let path = try #require(TreePath("notes/\(name)"))
            let file = try TreeDiff.file(at: path, of: tree, reading: scene.inner.remote)
            let here = Array((try scene.text(name) ?? "").utf8)
            #expect(file?.id == ObjectID(hashing: here, as: .blob))
        }
    }

    @Test("what was deleted elsewhere stays so when an exchange comes before the next capture")
    func exchangeFirst() async throws {
        let scene = Scene()
        let former = try scene.vault(InMemoryStateStore())
        try scene.write("a.txt", "one")
        try scene.write("kept.txt", "kept")
        #expect(try await scene.cycle(former) == .inSync)
        try scene.inner.push("a.txt", isGone: true)

        let reopened = try scene.vault(InMemoryStateStore())
        try reopened.begin(isNew: true)
        _ = try await reopened.exchange()
        for _ in 0..<2 { _ = try await scene.cycle(reopened) }
        #expect(try scene.text("a.txt") == nil)
        #expect(try scene.text("kept.txt") == "kept")
    }
}
