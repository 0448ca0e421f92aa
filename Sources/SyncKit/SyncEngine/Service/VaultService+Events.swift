internal import Logging
internal import SyncMerge
internal import SyncModel

/// What those who follow a vault were told last.
struct ToldState {
    var status: VaultStatus?
    var head: ObjectID?
    var conflicts: [String: TreePath] = [:]
    var devices: [String: ObjectID] = [:]
}

/// Telling those who follow the vault what changed.
extension VaultService {
    /// Tells where the vault stands, if that is news, and what came and went.
    func tell(_ status: VaultStatus) {
        var now = status
        // It counts on by itself.
        now.pending.oldestUnsyncedSeconds = nil
        if told.status == now { return }
        told.status = now
        do {
            if told.head != status.head { try tellConflicts() }
            told.head = status.head
        } catch { log.warning("who follows is not told of conflicts: \(SyncFailure(error).text)") }
        for (device, commit) in devices() where told.devices[device] != commit {
            told.devices[device] = commit
            if device != configuration.device { events.tell(.device(device, commit)) }
        }
        events.tell(.status(status))
    }

    private func tellConflicts() throws {
        let open = try conflicts()
        for conflict in open where told.conflicts[conflict.id] == nil {
            events.tell(.conflictOpened(conflict))
        }
        let ids = Set(open.map(\.id))
        for (id, path) in told.conflicts where !ids.contains(id) {
            events.tell(.conflictResolved(id: id, path: path))
        }
        told.conflicts = Dictionary(open.map { ($0.id, $0.path) }) { first, _ in first }
    }

    /// Tells how long the steps of an exchange took.
    func tellSteps() {
        for (step, took) in vault.times.take() { events.tell(.step(step, took: took)) }
    }
}
