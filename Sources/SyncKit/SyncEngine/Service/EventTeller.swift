internal import Logging
internal import SyncModel

/// Tells those who follow a vault what changed, and what came and went.
final class EventTeller {
    private let events: VaultEvents
    private let device: String
    private let log: Logger
    /// What was told last.
    private var status: VaultStatus?
    private var head: ObjectID?
    private(set) var conflicts: [String: TreePath] = [:]
    private var devices: [String: ObjectID] = [:]
    /// When the oldest edit was noticed that the remote has not; nil for none.
    private var editNoticed: ContinuousClock.Instant?

    init(_ events: VaultEvents, device: String, log: Logger) {
        (self.events, self.device, self.log) = (events, device, log)
    }

    /// Tells where the vault stands, if that is news.
    /// - Parameters:
    ///   - devices: how far each device has applied, as the remote shows it.
    ///   - conflicts: reads those that are open.
    func tell(
        _ status: VaultStatus, devices: [String: ObjectID], conflicts: () throws -> [OpenConflict]
    ) {
        var now = status
        // It counts on by itself.
        now.pending.oldestUnsyncedSeconds = nil
        if self.status == now { return }
        self.status = now
        do {
            if head != status.head { tell(try conflicts()) }
            head = status.head
        } catch { log.warning("who follows is not told of conflicts: \(SyncFailure(error).text)") }
        for (device, commit) in devices where self.devices[device] != commit {
            self.devices[device] = commit
            if device != self.device { events.tell(.device(device, commit)) }
        }
        events.tell(.status(status))
    }

    private func tell(_ open: [OpenConflict]) {
        for conflict in open where conflicts[conflict.id] == nil {
            events.tell(.conflictOpened(conflict))
        }
        let ids = Set(open.map(\.id))
        for (id, path) in conflicts where !ids.contains(id) {
            events.tell(.conflictResolved(id: id, path: path))
        }
        conflicts = Dictionary(open.map { ($0.id, $0.path) }) { first, _ in first }
    }

    /// A commit of this device's was made of what was noticed at `began`.
    func tellMade(
        _ commit: ObjectID, _ origin: VaultEvent.Origin, subject: String,
        began: ContinuousClock.Instant
    ) {
        if editNoticed == nil { editNoticed = began }
        events.tell(.commit(commit, origin, subject: subject))
        if origin == .captured {
            events.tell(.step(.capture, took: ContinuousClock.now - began))
        }
    }

    /// The head moved to what others made.
    func tellApplied(_ head: ObjectID, subject: String) {
        events.tell(.commit(head, .applied, subject: subject))
    }

    /// The remote has a head that this device pushed.
    func tellPushed(_ head: ObjectID, subject: String) {
        let sinceEdit = editNoticed.map { ContinuousClock.now - $0 }
        events.tell(.pushed(head, subject: subject, sinceEdit: sinceEdit))
        editNoticed = nil
    }

    /// Tells how long the steps of an exchange took.
    func tellSteps(_ times: CycleTimes) {
        for (step, took) in times.take() { events.tell(.step(step, took: took)) }
    }
}
