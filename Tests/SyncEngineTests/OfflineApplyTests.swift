import SyncMerge
import SyncModel
import SyncRemote
import SyncTestKit
import Synchronization
import Testing

@testable import SyncEngine

@Suite("What waits for a file while the remote's part does not come in")
struct OfflineApplyTests {
    /// What keeps the remote's part out.
    enum Hindrance: CaseIterable { case fetch, newerRules }

    private let inner = ExchangeOptionsTests.Scene(.none)
    private let isOffline = Flag()

    private final class Flag: Sendable { let isOn = Mutex(false) }

    private func vault() throws -> Vault {
        let (flag, inner) = (isOffline, inner)
        let link = SimRemote(
            fetch: { mayBring throws(RemoteError) in
                if flag.isOn.withLock({ $0 }) {
                    throw RemoteError(.unreachable, "fetch", "no route")
                }
                return try Self.transfer(inner).fetch(mayBring)
            },
            push: { head, expected, applied throws(RemoteError) in
                try Self.transfer(inner).push(head, expecting: expected, applied: applied)
            })
        return Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: inner.repository,
            folders: [VaultFolder(id: try #require(TreePath("notes")), access: inner.folder)],
            store: InMemoryStateStore(), remote: link, clock: inner.clock)
    }

    private static func transfer(_ inner: ExchangeOptionsTests.Scene) -> PathTransfer {
        PathTransfer(
            local: inner.repository, remote: inner.remote, branch: "sync", device: "linden")
    }

    private func cycle(_ vault: Vault, writing text: String) async throws {
        inner.clock.advance(1_000_000_000)
        inner.folder.write(
            try #require(TreePath("a.txt")), Array(text.utf8), mode: .regular, inPlace: false)
        try vault.capture([vault.folders[0].id: .everything])
        #expect(try await vault.exchange() == .inSync)
    }

    private func text() throws -> String? {
        inner.folder.files[try #require(TreePath("a.txt"))].map {
            String(decoding: $0.content, as: UTF8.self)
        }
    }

    @Test("comes into the folder once the file is free", arguments: Hindrance.allCases)
    func waits(for hindrance: Hindrance) async throws {
        let vault = try vault()
        try await cycle(vault, writing: "one")
        let first = try #require(try vault.head())
        try await cycle(vault, writing: "two")
        let path = try #require(TreePath("notes/a.txt"))
        inner.busy.isOn.withLock { $0 = true }
        _ = try vault.restore(.init([path], to: first.hex))
        try vault.applyUntilStable()
        #expect(try vault.report.waiting().map(\.path) == [path])
        switch hindrance {
        case .fetch: isOffline.isOn.withLock { $0 = true }
        case .newerRules:
            try inner.push("b.txt")
            let far = try #require(try inner.head())
            let version = MergeIdentity.version + 1
            try vault.store.setFact(Vault.Fact.newerRules, "\(version) \(far.hex)")
        }

        for isBusy in [true, false] {
            inner.busy.isOn.withLock { $0 = isBusy }
            inner.clock.advance(1_000_000_000)
            await #expect(throws: (any Error).self) { try await vault.exchange() }
            #expect(try text() == (isBusy ? "two" : "one"))
        }
        #expect(try vault.report.waiting().isEmpty)
    }
}
