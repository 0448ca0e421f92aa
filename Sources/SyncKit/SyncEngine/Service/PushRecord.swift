internal import SyncModel

/// When pushes were sent, over the end of the process: whoever starts the program again and again
/// pushes no more often than a daemon.
struct PushRecord {
    let store: any StateStore
    let clock: any WallClock

    /// Remembers pushes.
    /// - Parameter most: how many of the newest are kept.
    func add(_ sent: [ExchangeSchedule.Instant], most: Int) throws(StateStoreError) {
        let (now, moment) = (clock.now().milliseconds, ContinuousClock.now)
        let times = sent.map { now - Int64((moment - $0) / .milliseconds(1)) }
        let latest = (try known() + times).suffix(most)
        try store.setFact(Vault.Fact.pushes, latest.map { "\($0)" }.joined(separator: " "))
    }

    /// When pushes of processes before this one were sent, as far as that still counts. A clock
    /// that was set back makes them new rather than forgotten.
    func recent() throws(StateStoreError) -> [ExchangeSchedule.Instant] {
        let (now, moment) = (clock.now().milliseconds, ContinuousClock.now)
        return try known().compactMap { time in
            let past = Duration.milliseconds(max(0, now - time))
            return past > Limits.pushSpan ? nil : moment - past
        }.sorted()
    }

    private func known() throws(StateStoreError) -> [Int64] {
        try store.fact(Vault.Fact.pushes)?.split(separator: " ").compactMap { Int64($0) } ?? []
    }
}
