internal import Logging
internal import SyncModel

/// The budget of pushes.
extension VaultService {
    /// Brings the schedule up to what was sent, and the state store.
    func notePushes() {
        let sent = opened.events.takePushes()
        if sent.isEmpty { return }
        for push in sent { schedule.pushed(at: push) }
        do {
            try PushRecord(store: vault.store, clock: vault.clock)
                .add(sent, most: configuration.sync.pushes)
            say(nil, of: .pushes, at: .warning)
        } catch {
            say("the next start does not know of pushes: \(error)", of: .pushes, at: .warning)
        }
    }

    /// Waits until an exchange may push.
    /// - Throws: `CancellationError`.
    func waitForTurn() async throws {
        let clock = ContinuousClock()
        try await clock.sleep(until: schedule.due(.asked, at: clock.now))
    }
}
