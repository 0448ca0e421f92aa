import SyncMerge
import SyncModel
import SyncTestKit
import Testing

@testable import SyncEngine

@Suite("A restore over a remote that shares nothing with ours")
struct RestoredRemoteTests {
    private let history = SmallHistory()
    private static let before = ["x": "1\n", "gone": "g\n"]

    /// A device that is at `head`, saw `seen` at the remote, and finds `now` there.
    private func vault(
        _ device: String, at head: ObjectID, seen: ObjectID, now: ObjectID?
    ) throws -> Vault {
        let reference = "refs/heads/sync"
        let former = try history.repository.reference(reference)
        try history.repository.setReference(reference, to: head, expecting: former)
        let vault = Vault(
            identity: .init(name: "v", device: device, branch: "sync"),
            repository: history.repository, folders: [], store: InMemoryStateStore(), remote: nil,
            clock: SimClock())
        try vault.tracker.remember(seen)
        _ = try vault.tracker.classify(RemoteSnapshot(head: now, devices: [:]))
        return vault
    }

    private func files(of commit: ObjectID) throws -> [String: String] {
        try history.files(of: history.repository.commit(commit).tree)
    }

    /// What both devices had, and what linden made over it while the remote was another.
    private func ours() throws -> (old: ObjectID, head: ObjectID) {
        let old = try history.commit(Self.before, time: 1_000)
        let files = Self.before.merging(["mine": "b\n"]) { $1 }
        return (old, try history.commit(files, on: [old], time: 2_000, device: "linden"))
    }

    /// Linden's head after its restore over what is at the remote now.
    private func restored(_ ours: (old: ObjectID, head: ObjectID), over far: ObjectID) throws
        -> ObjectID
    {
        let linden = try vault("linden", at: ours.head, seen: ours.old, now: far)
        let said = try linden.choose(RemoteRequest(.restore, dryRun: true))
        #expect(said.commit == nil)
        #expect(try linden.head() == ours.head)
        return try #require(try linden.choose(RemoteRequest(.restore)).commit)
    }

    /// What maple made since it accepted an emptied remote.
    private func begun(after ours: (old: ObjectID, head: ObjectID)) throws -> ObjectID {
        let maple = try vault("maple", at: ours.old, seen: ours.old, now: nil)
        let root = try #require(try maple.choose(RemoteRequest(.accept)).commit)
        let begun = try history.repository.commit(root)
        #expect(begun.parents.isEmpty)
        #expect(begun.trailer(ChangeWords.follows) == ours.old.hex)
        let time = try CommitStamps(reading: history.repository).time(of: root)
        return try history.commit(
            ["x": "2\n", "new": "n\n"], on: [root], time: time.next.milliseconds)
    }

    @Test("merges what a device did since it accepted an emptied remote, its deletions too")
    func accepted() throws {
        let ours = try ours()
        let far = try begun(after: ours)
        let head = try restored(ours, over: far)
        #expect(try files(of: head) == ["x": "2\n", "new": "n\n", "mine": "b\n"])
        #expect(try history.repository.commit(head).parents == [ours.head, far])
    }

    @Test("comes to the same files when it is an accept, without the old history")
    func acceptedTwice() throws {
        let ours = try ours()
        let far = try begun(after: ours)
        let linden = try vault("linden", at: ours.head, seen: ours.old, now: far)
        let head = try #require(try linden.choose(RemoteRequest(.accept)).commit)
        #expect(try files(of: head) == ["x": "2\n", "new": "n\n", "mine": "b\n"])
        #expect(try history.repository.commit(head).parents == [far])
    }

    @Test("deletes nothing where nobody says what the remote's history went on from")
    func unnamed() throws {
        let ours = try ours()
        let far = try history.commit(["x": "2\n", "new": "n\n"], time: 3_000)
        let files = try files(of: restored(ours, over: far))
        #expect(files["gone"] == "g\n" && files["mine"] == "b\n" && files["new"] == "n\n")
        #expect(files.values.contains { $0.contains("2\n") })
    }

    @Test("merges it, however many commits it made")
    func many() throws {
        let ours = try ours()
        var far = try history.commit(Self.before, time: 3_000)
        for number in 1...Int64(Limits.nearHistory) {
            let files = Self.before.merging(["new": "\(number)\n"]) { $1 }
            far = try history.commit(files, on: [far], time: 3_000 + number)
        }
        let files = try files(of: restored(ours, over: far))
        #expect(files["new"] == "\(Limits.nearHistory)\n" && files["mine"] == "b\n")
    }

    @Test("keeps nothing of what devices made that this vault does not know")
    func another() throws {
        let ours = try ours()
        let far = try history.commit(["x": "2\n", "new": "n\n"], time: 3_000, device: "alder")
        let head = try restored(ours, over: far)
        #expect(try files(of: head) == files(of: ours.head))
        #expect(try history.repository.commit(head).parents == [ours.head, far])
    }
}
