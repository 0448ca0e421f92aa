import SyncEngine
import SyncModel
import SyncRemote
import SyncTestKit
import Testing

@Suite("The brake for what the process dies of")
struct BrakeTests {
    private let scene = ExchangeOptionsTests.Scene(.none)
    private let notes = SimNotes()

    private static func id(_ digit: Character) throws -> ObjectID {
        try #require(ObjectID(hex: String(repeating: digit, count: 40)))
    }

    private static func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

    /// A commit that the process died of so often, the last time at some second.
    private func died(_ deaths: Int, of commit: ObjectID, at second: Int64 = 100) throws
        -> Intake?
    {
        var intake: Intake?
        for _ in 0..<deaths {
            intake = Intake(commit, after: intake).found(at: Self.time(second))
        }
        return intake
    }

    @Test("a commit rests after the second death in a row, longer after each further one")
    func rests() throws {
        let commit = try Self.id("a")
        let once = try #require(try died(1, of: commit))
        #expect(once.verdict(on: commit, at: Self.time(100)) == .take)
        var before: Int64 = 0
        for deaths in Limits.intakeDeaths..<12 {
            let intake = try #require(try died(deaths, of: commit))
            guard case .rest(let until) = intake.verdict(on: commit, at: Self.time(100)) else {
                Issue.record("\(deaths) deaths do not rest")
                continue
            }
            #expect(until.seconds - 100 >= before)
            before = until.seconds - 100
            #expect(intake.verdict(on: commit, at: until) == .take)
        }
        #expect(before == 86_400)
    }

    @Test("the next head is tried at once, and once that dies too the one after it waits")
    func nextHead() throws {
        let (bad, next, last) = (try Self.id("a"), try Self.id("b"), try Self.id("c"))
        let braked = try #require(try died(2, of: bad))
        #expect(braked.verdict(on: next, at: Self.time(100)) == .take)
        let more = Intake(next, after: braked).found(at: Self.time(101))
        #expect(more.deaths == 3)
        #expect(more.verdict(on: last, at: Self.time(102)) == .rest(until: Self.time(161)))
        // One that came before a brake leaves nothing behind.
        #expect(Intake(next, after: try died(1, of: bad)).deaths == 0)
    }

    @Test("a process that takes nothing in changes nothing", arguments: 1...3)
    func looksOnly(deaths: Int) throws {
        let intake = try #require(try died(deaths, of: try Self.id("a")))
        #expect(intake.found(at: Self.time(200)) == intake)
    }

    @Test("a clock that was set back does not keep a commit out")
    func clockBack() throws {
        let commit = try Self.id("a")
        #expect(try died(2, of: commit)?.verdict(on: commit, at: Self.time(50)) == .take)
    }

    @Test("what is read is what was written, and nothing else is read")
    func text() throws {
        var intake = try #require(try died(3, of: try Self.id("a")))
        intake.stage = .applying
        intake.state = .skipped
        #expect(Intake(intake.text) == intake)
        #expect(intake.text.utf8.count < Limits.intakeNote)
        let words = intake.text.split(separator: " ").map(String.init)
        for (place, word) in [
            (0, "2"), (1, "a"), (1, ""), (2, "-1"), (2, "99999999999999999999"), (3, "-5"),
            (3, "9223372036854775807"), (4, "x"), (5, ""), (6, "0.0.0"),
        ] {
            var changed = words
            changed[place] = word
            #expect(Intake(changed.joined(separator: " ")) == nil, "\(changed)")
        }
        #expect(Intake("") == nil)
        #expect(Intake(String(repeating: " ", count: 256)) == nil)
    }

    /// Where a process dies.
    enum Place: CaseIterable { case fetch, merge, apply }

    /// Lets the process die in the middle of an exchange: nothing is written any more.
    private func die(at place: Place, _ store: CrashingStateStore) async throws {
        let vault = try scene.vault(store, notes)
        let deadly = try #require(try scene.head())
        scene.repository.beforeWrite = { [notes, scene] () throws(RepositoryError) in
            if place == .fetch || place == .merge && scene.repository.contains(deadly) {
                notes.end()
                throw RepositoryError(.io, "write", "the process ends")
            }
        }
        store.beforeWrite = { [notes] () throws(StateStoreError) in
            notes.end()
            throw StateStoreError(.io, "write", "the process ends")
        }
        await #expect(throws: (any Error).self) { try await vault.exchange() }
        (store.beforeWrite, scene.repository.beforeWrite) = (nil, nil)
        notes.begin()
    }

    @Test(
        "a vault whose process died twice of a head goes on without, and with the next head",
        arguments: Place.allCases)
    func engine(place: Place) async throws {
        let store = CrashingStateStore()
        _ = try await scene.cycle(try scene.vault(store, notes), writing: "one")
        try scene.push("deadly.txt")
        let deadly = try #require(try scene.head())
        for _ in 0..<2 { try await die(at: place, store) }

        let vault = try scene.vault(store, notes)
        #expect(vault.intake.keptOut?.commit == deadly)
        scene.clock.advance(1_000_000_000)
        let path = try #require(TreePath("a.txt"))
        scene.folder.write(path, Array("mine".utf8), mode: .regular, inPlace: false)
        let captured = try vault.capture([vault.folders[0].id: .everything]).head
        #expect(captured != nil)
        let error = await #expect(throws: RemoteError.self) { try await vault.exchange() }
        #expect(error?.code == .fatal)
        #expect(error?.hint?.contains("syncctl remote skip \(deadly.short)") == true)
        #expect(SyncFailure(try #require(error)).kind == .needsUser)
        #expect(SyncFailure(try #require(error)).isRemote == false)
        var status = VaultStatus(vault: "v", device: "linden")
        try vault.report.describe(&status)
        #expect(status.remoteHead == deadly)
        #expect(status.pending.commitsToPush == (place == .apply ? 3 : 1))

        try scene.push("good.txt")
        #expect(try await vault.exchange() == .inSync)
        #expect(vault.intake.keptOut == nil)
        #expect(scene.folder.files[try #require(TreePath("good.txt"))] != nil)
        #expect(scene.folder.files[path]?.content == Array("mine".utf8))
    }

    @Test("it tries again by itself after a while, and forgets it when that goes well")
    func again() async throws {
        let store = CrashingStateStore()
        _ = try await scene.cycle(try scene.vault(store, notes), writing: "one")
        try scene.push("deadly.txt")
        for _ in 0..<2 { try await die(at: .merge, store) }
        let vault = try scene.vault(store, notes)
        await #expect(throws: RemoteError.self) { try await vault.exchange() }
        scene.clock.advance(Limits.intakeRests[0].components.seconds * 1_000_000_000)
        #expect(try await vault.exchange() == .inSync)
        #expect(try notes.read() == nil)
    }

    @Test("an exchange that fails or ends well leaves nothing behind")
    func ends() async throws {
        let store = CrashingStateStore()
        let vault = try scene.vault(store, notes)
        _ = try await scene.cycle(vault, writing: "one")
        #expect(try notes.read() == nil)
        try scene.push("other.txt")
        var noted: String?
        store.beforeWrite = { [notes] () throws(StateStoreError) in
            noted = try notes.read() ?? noted
            throw StateStoreError(.noSpace, "write", "full")
        }
        await #expect(throws: StateStoreError.self) { try await vault.exchange() }
        #expect(noted?.contains(try #require(try scene.head()).hex) == true)
        #expect(try notes.read() == nil)
        store.beforeWrite = nil
        #expect(try await vault.exchange() == .inSync)
        #expect(try notes.read() == nil)
    }

    @Test("what may not be brought is not brought")
    func gate() throws {
        let (bad, other) = (try Self.id("a"), try Self.id("b"))
        let two = try died(2, of: bad, at: scene.clock.now().seconds)
        try notes.write(two?.text, isDurable: false)
        let brake = try Brake(notes, clock: scene.clock)
        #expect(try brake.mayBring([bad, other], hasHead: true) == [other])
        // What a device published takes nothing away of what is known of the head.
        #expect(brake.intake?.commit == bad)
        #expect(try brake.mayBring([other], hasHead: true) == [other])
        #expect(brake.intake?.commit == other)
    }
}
