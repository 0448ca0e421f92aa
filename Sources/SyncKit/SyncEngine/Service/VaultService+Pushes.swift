internal import Logging
internal import SyncModel
internal import SyncRemote

/// The budget of pushes, over the end of the process: whoever starts the program again and again
/// pushes no more often than a daemon.
extension VaultService {
    /// Brings the schedule up to what was sent, and the state store.
    func notePushes() {
        let sent = opened.events.takePushes()
        if sent.isEmpty { return }
        for push in sent { schedule.pushed(at: push) }
        let (now, clock) = (vault.clock.now().milliseconds, ContinuousClock.now)
        let times = sent.map { now - Int64((clock - $0) / .milliseconds(1)) }
        do {
            let store = vault.store
            let latest = (Self.times(try store.fact(Vault.Fact.pushes)) + times)
                .suffix(configuration.sync.pushes)
            try store.setFact(
                Vault.Fact.pushes, latest.map { "\($0)" }.joined(separator: " "))
            say(nil, of: .pushes, at: .warning)
        } catch {
            say("the next start does not know of pushes: \(error)", of: .pushes, at: .warning)
        }
    }

    /// When pushes of processes before this one were sent, as far as that still counts. A clock
    /// that was set back makes them new rather than forgotten.
    static func recentPushes(_ vault: Vault) throws(StateStoreError) -> [ExchangeSchedule.Instant] {
        let (now, clock) = (vault.clock.now().milliseconds, ContinuousClock.now)
        return times(try vault.store.fact(Vault.Fact.pushes)).compactMap { time in
            let past = Duration.milliseconds(max(0, now - time))
            return past > Limits.pushSpan ? nil : clock - past
        }.sorted()
    }

    private static func times(_ fact: String?) -> [Int64] {
        fact?.split(separator: " ").compactMap { Int64($0) } ?? []
    }

    /// Waits until an exchange may push.
    /// - Throws: `CancellationError`.
    func waitForTurn() async throws {
        let clock = ContinuousClock()
        try await clock.sleep(until: schedule.due(.asked, at: clock.now))
    }
}
