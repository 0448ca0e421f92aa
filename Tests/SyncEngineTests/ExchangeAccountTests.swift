import Logging
import SyncModel
import SyncTestKit
import Synchronization
import Testing

@testable import SyncEngine

@Suite("What an exchange moved that failed in the end")
struct ExchangeAccountTests {
    private let scene = ExchangeOptionsTests.Scene(.none)

    /// Makes an exchange that fails at the push.
    /// - Returns: whether the vault knows that something came, and what followers were told.
    private func failed(bringing name: String?) async throws -> (came: Bool, told: [String]) {
        let vault = try scene.vault()
        _ = try await scene.cycle(vault, writing: "one")
        if let name { try scene.push(name) }
        scene.folder.write(
            try #require(TreePath("a.txt")), Array("two".utf8), mode: .regular, inPlace: false)
        try vault.capture([vault.folders[0].id: .everything])
        let events = VaultEvents()
        let told = Mutex<[String]>([])
        events.follow { event in
            let label = Mirror(reflecting: event).children.first?.label ?? "\(event)"
            told.withLock { $0.append(label) }
        }
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let teller = EventTeller(events, device: "linden", log: log)
        scene.isCut.withLock { $0 = true }
        let account = try ExchangeAccount(of: vault)
        do {
            _ = try await vault.exchange()
            Issue.record("the push went through")
        } catch { try account.close(vault, after: error, teller, log) }
        return (try vault.store.fact(Vault.Fact.pulled) != nil, told.withLock { $0 })
    }

    @Test("is nothing where nothing came")
    func nothing() async throws {
        let nothing = try await failed(bringing: nil)
        #expect(!nothing.came && nothing.told.isEmpty)
    }

    @Test("is told although the push failed")
    func push() async throws {
        let some = try await failed(bringing: "b.txt")
        #expect(some.came)
        #expect(some.told == ["commit"])
    }
}
