import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("An accept after the remote declined a push")
struct DecliningRemoteTests {
    private let history = SmallHistory()
    private let store = InMemoryStateStore()

    @Test("lists what a rule settled once it is carried out, and nothing while it is tried")
    func losses() throws {
        func set(_ value: Int) -> [String: String] {
            ["shared/settings/s.json": "{\"a\": \(value)}\n"]
        }
        let base = try history.commit(set(1), time: 1_000)
        let mine = ["mine.md": "mine\n"]
        let ours = try history.commit(
            set(2).merging(mine) { $1 }, on: [base], time: 2_000, device: "linden")
        let far = try history.commit(set(3), on: [base], time: 3_000)
        let reference = "refs/heads/sync"
        let former = try history.repository.reference(reference)
        try history.repository.setReference(reference, to: ours, expecting: former)
        let vault = Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: history.repository, folders: [], store: store, remote: nil,
            clock: SimClock())
        try vault.tracker.remember(base)
        let change = try vault.tracker.classify(RemoteSnapshot(head: far, devices: [:]))
        #expect(change == nil)
        try store.setFact(Vault.Fact.declined, ours.hex)

        let said = try vault.choose(RemoteRequest(.accept, dryRun: true))
        #expect(said.commit == nil)
        #expect(try vault.head() == ours)
        #expect(try store.resolved().isEmpty)

        let head = try #require(try vault.choose(RemoteRequest(.accept)).commit)
        #expect(try history.repository.commit(head).parents == [far])
        let files = try history.files(of: history.repository.commit(head).tree)
        #expect(files == set(3).merging(mine) { $1 })
        #expect(try store.resolved().map(\.file.text) == ["shared/settings/s.json"])
    }
}
