import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("A merge by rules that are not known here")
struct NewerRulesTests {
    private let history = SmallHistory()
    private let store = InMemoryStateStore()

    /// A merge commit of ours by its form.
    private func merge(_ one: ObjectID, _ other: ObjectID, by version: Int) throws -> ObjectID {
        let tree = try history.repository.commit(other).tree
        let who = Signature(name: MergeIdentity.name, email: MergeIdentity.email, seconds: 3)
        let commit = Commit(
            tree: tree, parents: [one, other], author: who, committer: who,
            message: "merged \(one.short) and \(other.short)\n\n"
                + "\(MergeIdentity.versionTrailer): \(version)\n")
        let pack = try history.repository.beginPack()
        let id = try pack.add(.commit, commit.serialized)
        try pack.finish()
        return id
    }

    /// A device that made a commit, and what comes to it: one that was merged by newer rules, of
    /// a commit that both went on from.
    private func scene() throws -> (vault: Vault, base: ObjectID, newer: ObjectID) {
        let base = try history.commit(["a.md": "a"], time: 1_000)
        let other = try history.commit(["a.md": "a", "b.md": "b"], on: [base], time: 2_000)
        let newer = try merge(base, other, by: MergeIdentity.version + 1)
        let mine = try history.commit(
            ["a.md": "a", "m.md": "m"], on: [base], time: 3_000, device: "linden")
        try history.repository.setReference("refs/heads/sync", to: mine, expecting: nil)
        let vault = Vault(
            identity: .init(name: "v", device: "linden", branch: "sync"),
            repository: history.repository, folders: [], store: store, remote: nil,
            clock: SimClock())
        return (vault, base, newer)
    }

    @Test("keeps this device from merging it and what anybody commits upon it")
    func binds() throws {
        let (vault, _, newer) = try scene()
        let top = try history.commit(["a.md": "t"], on: [newer], time: 4_000)
        for head in [newer, top] {
            let error = #expect(throws: NewerRules.self) { try vault.integrator.integrate(head) }
            #expect(error?.commit == newer)
        }
    }

    @Test("binds nobody once somebody merged upon it by known rules, and again with the next")
    func wentBack() throws {
        let (vault, base, newer) = try scene()
        #expect(throws: NewerRules.self) { try vault.integrator.integrate(newer) }
        let other = try history.commit(["a.md": "a", "c.md": "c"], on: [base], time: 4_000)
        let known = try merge(newer, other, by: MergeIdentity.version)
        let again = try merge(known, other, by: MergeIdentity.version + 1)
        let error = #expect(throws: NewerRules.self) { try vault.integrator.integrate(again) }
        #expect(error?.commit == again)
        let last = try merge(again, other, by: MergeIdentity.version)
        #expect(try vault.integrator.integrate(last))
        #expect(try store.fact(Vault.Fact.newerRules) == nil)
    }

    @Test("binds nobody once the remote was rewritten without it")
    func rewritten() throws {
        let (vault, base, newer) = try scene()
        #expect(throws: NewerRules.self) { try vault.integrator.integrate(newer) }
        let far = try history.commit(["a.md": "a", "d.md": "d"], on: [base], time: 4_000)
        #expect(try vault.integrator.integrate(far))
        #expect(try store.fact(Vault.Fact.newerRules) == nil)
    }
}
