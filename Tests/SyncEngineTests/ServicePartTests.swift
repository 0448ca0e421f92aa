import Logging
import SyncModel
import SyncTestKit
import Synchronization
import Testing

@testable import SyncEngine

@Suite("The parts of the service")
struct ServicePartTests {
    private let path: TreePath

    init() throws { path = try StateSamples.path("a") }

    @Test("the inbox adds up, is taken whole and given back")
    func inbox() {
        var inbox = Inbox()
        inbox.add(path, in: nil)
        #expect(inbox.count == 1)
        let taken = inbox.take()
        #expect(inbox.isEmpty && taken[nil]?.paths == [path])
        inbox.add(.everything, in: path)
        inbox.giveBack(taken)
        #expect(inbox.dirty == [nil: taken[nil] ?? .init(), path: .everything])
    }

    @Test("the more urgent fact decides the state, with every other one beside it")
    func state() {
        var facts = VaultStatus.State.Facts()
        #expect(VaultStatus.State(facts) == .pending)
        facts.isExchanging = true
        #expect(VaultStatus.State(facts) == .syncing)
        facts.isInSync = true
        #expect(VaultStatus.State(facts) == .inSync)
        facts.hasConflicts = true
        #expect(VaultStatus.State(facts) == .conflicts)
        facts.isOffline = true
        #expect(VaultStatus.State(facts) == .offline)
        facts.isBlocked = true
        #expect(VaultStatus.State(facts) == .blocked)
        facts.isPaused = true
        #expect(VaultStatus.State(facts) == .paused)
    }

    private func said(_ work: (inout ServiceHealth) -> Void) -> [String] {
        let lines = Lines()
        var health = ServiceHealth(log: Logger(label: "test") { _ in lines })
        work(&health)
        return lines.all.withLock { $0 }
    }

    @Test("a failure is said once, a capture's before an exchange's, and offline counts on")
    func health() {
        let remote = SyncFailure(.retry, "no route", isRemote: true)
        let disk = SyncFailure(.retry, "no space")
        let (first, second) = (Timestamp(milliseconds: 1), Timestamp(milliseconds: 2))
        let lines = said { health in
            health.fail(remote, at: .exchange, now: first)
            health.fail(remote, at: .exchange, now: second)
            #expect(health.failure == remote && health.failures == 2)
            #expect(health.offlineSince == first)
            health.fail(disk, at: .capture, now: second)
            #expect(health.failure == disk && health.exchangeFailure == remote)
            health.exchanged(nil)
            #expect(health.failures == 3, "the capture still fails")
            #expect(health.offlineSince == nil && health.exchangeFailure == nil)
            health.set(nil, at: .capture)
            health.exchanged(nil)
            #expect(health.failures == 0 && health.failure == nil)
        }
        #expect(lines.filter { $0.hasPrefix("no route") }.count == 1)
        #expect(lines.filter { $0.hasPrefix("no space") }.count == 1)
    }

    @Test("of a capture and an exchange that fail at once both are told, the more serious as state")
    func both() throws {
        let disk = SyncFailure(.retry, "no space")
        let vault = try ExchangeOptionsTests.Scene(.none).vault()
        let cases: [(SyncFailure, VaultStatus.State, String)] = [
            (.init(.retry, "no route", isRemote: true), .offline, "degraded"),
            (.init(.needsUser, "no login", isRemote: true), .offline, "failing"),
            (.init(.needsUser, "rewritten", hint: "choose"), .blocked, "failing"),
            (.init(.retry, "others were faster"), .pending, "degraded"),
        ]
        for (failure, state, words) in cases {
            _ = said { health in
                health.fail(disk, at: .capture, now: Timestamp(milliseconds: 1))
                health.fail(failure, at: .exchange, now: Timestamp(milliseconds: 2))
                let status = ServicePicture(health: health, poll: .seconds(30))
                    .status(of: vault, after: VaultStatus(vault: "v", device: "linden"))
                #expect(status.state == state, "\(failure.message)")
                #expect(status.syncHealth.status == words)
                #expect(status.notices.contains(disk.text))
                #expect(status.notices.contains(failure.text))
            }
        }
    }

    @Test("followers are told of a status once, and of what came and went")
    func teller() {
        let events = VaultEvents()
        let told = Mutex<[String]>([])
        events.follow { event in
            let name = Mirror(reflecting: event).children.first?.label ?? "\(event)"
            told.withLock { $0.append(name) }
        }
        let teller = EventTeller(events, device: "linden", log: Logger(label: "test"))
        var status = VaultStatus(vault: "v", device: "linden")
        let commit = ObjectID(hashing: [1], as: .commit)
        teller.tell(status, devices: ["linden": commit, "maple": commit]) { [] }
        teller.tell(status, devices: ["linden": commit, "maple": commit]) { [] }
        status.pending.oldestUnsyncedSeconds = 5
        teller.tell(status, devices: [:]) { [] }
        #expect(told.withLock { $0 } == ["device", "status"])
        told.withLock { $0 = [] }
        teller.tellMade(commit, .captured, subject: "s", began: .now)
        teller.tellPushed(commit, subject: "s")
        #expect(told.withLock { $0 } == ["commit", "step", "pushed"])
    }

    @Test("pushes are remembered over the end of the process, the newest alone")
    func pushes() throws {
        let clock = SimClock()
        let store = InMemoryStateStore()
        let record = PushRecord(store: store, clock: clock)
        let now = ContinuousClock.now
        try record.add([now - .seconds(3), now - .seconds(2)], most: 2)
        try record.add([now - .seconds(1)], most: 2)
        let recent = try PushRecord(store: store, clock: clock).recent()
        #expect(recent.count == 2)
        let age = try #require(recent.first.map { ContinuousClock.now - $0 })
        #expect(age >= .seconds(2) && age < .seconds(60))
        clock.advance(Int64(Limits.pushSpan.components.seconds + 10) * 1_000_000_000)
        #expect(try record.recent().isEmpty)
    }

    @Test("a database is in use while a log that is not empty stands beside it")
    func logs() throws {
        func entry(_ name: String, size: Int64) -> FolderEntry {
            FolderEntry(
                name: Array(name.utf8),
                stat: FileStat(
                    kind: .file(executable: false), size: size, modified: 0, changed: 0, inode: 1,
                    device: 1))
        }
        var logs = DatabaseLogs()
        let directory = try StateSamples.path("d")
        logs.note(
            [entry("one.db-wal", size: 1), entry("two.db-journal", size: 0)], in: directory)
        #expect(logs.areBeside(try StateSamples.path("d/one.db")))
        #expect(!logs.areBeside(try StateSamples.path("d/two.db")))
        #expect(!logs.areBeside(try StateSamples.path("one.db")))
    }
}

/// Keeps what is logged.
private final class Lines: LogHandler, @unchecked Sendable {
    let all = Mutex<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { all.withLock { $0.append("\(event.message)") } }
}
