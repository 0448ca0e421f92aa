internal import Logging
internal import SyncModel

/// What an exchange moved: for the log and for followers, and for what the next start and a status
/// without the daemon want to know.
struct ExchangeAccount {
    private let head: ObjectID?
    private let remote: ObjectID?
    private let moves: Int
    private let isJoining: Bool
    private let began = ContinuousClock.now

    /// Begins, before the exchange.
    init(of vault: Vault) throws {
        head = try vault.head()
        remote = vault.tracker.seen?.head
        moves = vault.integrator.moves
        isJoining = try vault.local.joining.isJoining()
    }

    /// The same for an exchange that failed: what came in before a push did is here all the same,
    /// and a folder that takes nothing kept nothing from the remote.
    func close(_ vault: Vault, after error: any Error, _ teller: EventTeller, _ log: Logger) throws
    {
        // The state store of a vault that was replaced is read by nobody.
        if vault.intake.isReplaced { return }
        if error is FolderError { return try close(vault, teller, log) }
        if vault.integrator.moves == moves { return }
        // What failed may be the apply.
        let head = try vault.head()
        let hasAll = try vault.folders.allSatisfy { try vault.store.applied($0.id) == head }
        if hasAll { try close(vault, teller, log) }
    }

    /// Says what was moved since.
    func close(_ vault: Vault, _ teller: EventTeller, _ log: Logger) throws {
        guard let seen = vault.tracker.seen else { return }
        let now = vault.clock.now().iso8601
        let head = try vault.head()
        // What the exchange captured came from here. A head that was there before the first
        // exchange, as after a clone, comes in when a folder gets it.
        let isFilled = try isJoining && !vault.local.joining.isJoining()
        if vault.integrator.moves != moves || isFilled && vault.integrator.met != nil {
            try vault.store.setFact(Vault.Fact.pulled, now)
        }
        if head != self.head, let head {
            let subject = try vault.repository.commit(head).subject
            let waiting = try vault.report.waiting().count
            let rest = waiting == 0 ? "" : ", but for \(waiting) that wait: syncctl held"
            log.info("applied \(subject)\(rest)", metadata: ["took": "\(began.milliseconds) ms"])
            teller.tellApplied(head, subject: subject)
        }
        if let far = seen.head, far == head, far != remote, vault.publisher.pushed == far {
            try vault.store.setFact(Vault.Fact.pushed, now)
            log.info("pushed \(far.short)", metadata: ["took": "\(began.milliseconds) ms"])
            teller.tellPushed(far, subject: try vault.repository.commit(far).subject)
        }
    }
}
