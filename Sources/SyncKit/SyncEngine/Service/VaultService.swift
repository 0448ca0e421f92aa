package import Logging
package import SyncModel
internal import SyncStore
internal import SyncWatch

/// A vault at work: owns it on a thread of its own, runs its cycles when something happened, and
/// publishes where it stands.
package actor VaultService {
    /// What a caller asks of one cycle.
    package struct Request: Sendable {
        /// Looks at every file instead of what the watch named.
        package var scan = true
        /// Lets deletions through that were held for being many at once.
        package var acceptDeletes = false
        /// Puts those deletions' files back from the head instead.
        package var restoreDeleted = false
        /// Takes the directories that stand at the roots now, whatever stood there before.
        package var acceptFolders = false

        /// Whether it says what becomes of deletions that are held.
        var decidesDeletions: Bool { acceptDeletes || restoreDeleted }

        /// A cycle over everything.
        package init() {}
    }

    let executor = QueueExecutor(label: "syncd.vault")
    /// Where the vault stands; may be read at any time from anywhere.
    nonisolated package let board: StatusBoard
    /// What happens in the vault.
    nonisolated package let events = VaultEvents()
    /// Whether it gets on; from anywhere, too.
    nonisolated package let progress: EngineProgress
    /// Has what the user put beside the configuration run for what happens.
    nonisolated let hookTurns: HookTurns
    /// Runs it; from anywhere, too, it can be stopped.
    nonisolated package var hooks: HookRunner { hookTurns.hooks }
    /// What the vault was opened with; a reload makes another service.
    nonisolated package let configuration: Configuration
    let log: Logger
    var opened: OpenedVault
    /// Changes that wait for their capture.
    var inbox = Inbox()
    /// What keeps it from working.
    var health: ServiceHealth
    /// Whether the remote refuses the login, or none was found.
    package var isRefused: Bool { health.exchangeFailure?.isRefused ?? false }
    var isPaused: Bool
    var life = ServiceLife.idle
    /// When it goes to the remote, and who waits for that.
    let turns: ExchangeTurns
    let stateWriter: StateWriter
    let upkeep: Upkeep
    var watching = FolderWatching()
    /// Tells followers what changed.
    let teller: EventTeller

    /// Opens a vault.
    /// - Parameters:
    ///   - wait: how long to wait for another process that has it.
    ///   - isForLook: only what would be done is asked, and nothing done.
    /// - Throws: as `OpenedVault`.
    package init(
        _ configuration: Configuration, log: Logger, waiting wait: Duration = .zero,
        isForLook: Bool = false
    ) throws {
        self.configuration = configuration
        self.log = log
        upkeep = Upkeep(configuration, log: log)
        let progress = EngineProgress(folders: configuration.folders.map(\.prefix))
        self.progress = progress
        hookTurns = HookTurns(configuration, log: log)
        health = ServiceHealth(log: log)
        stateWriter = StateWriter(configuration)
        teller = EventTeller(events, device: configuration.device, log: log)
        let opened = try OpenedVault(
            configuration, waiting: wait, progress: progress,
            for: isForLook ? .preview : .exchange,
            hook: PreCommitHook(
                configuration, environment: Machine().environment, log: log,
                until: hookTurns.hooks.stopper))
        self.opened = opened
        turns = try ExchangeTurns(
            configuration, isFar: opened.remote?.isFar ?? false, opened.vault)
        isPaused = try opened.vault.store.fact(Vault.Fact.paused) != nil
        board = StatusBoard(
            VaultStatus(vault: configuration.vault, device: configuration.device))
        if let reason = opened.rebuilt {
            log.warning("the state store was damaged and is rebuilt: \(reason)")
        }
    }

    /// Whether a command has the vault, which gives it back when it is done.
    package static func isHeldInPassing(_ configuration: Configuration) -> Bool {
        VaultLock.ownerName(configuration.stateDirectory + "/lock") == "syncctl"
    }

    /// A thread of its own: reading and writing files would block the shared ones.
    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    var vault: Vault { opened.vault }

    /// Wakes the exchange, where a loop runs.
    func wake() { life.loop?.wake.yield() }

    /// Takes what the watch or a scan named, and captures it.
    func notice(_ folder: FolderID, _ dirty: DirtyPaths, live: Bool) {
        defer { progress.noteCapture(of: folder) }
        if isPaused {
            for known in vault.folders where known.id == folder {
                inbox.keepChanged(of: dirty, in: known, vault.store)
            }
            return publish()
        }
        inbox.add(dirty, in: folder)
        // Until it is captured and pushed nobody may say that all is in sync.
        board.update { if $0.state == .inSync { $0.state = .syncing } }
        // The exchange that comes of it does where the remote can be reached.
        let hasNone = !turns.isExchanging && health.exchangeFailure == nil
        if capture(live: live), !hasNone { applyMeanwhile() }
    }

    /// Applies what waits while an exchange waits for the network, or for the remote to want one.
    func applyMeanwhile() {
        if isPaused || !turns.isExchanging && !isWaiting { return }
        do {
            try vault.applyUntilStable()
            // Without one the alarm is that of the next.
            if turns.isExchanging && isWaiting { setAlarm(.now + Limits.firstTry) }
        } catch {
            // What keeps a folder from taking the head is told with what waits, and by the next
            // exchange. One that is under way tries the same again, and ends it.
            if turns.isExchanging || !(error is FolderError) { fail(error, at: .exchange) }
        }
    }

    /// Whether a file waits for its newer version.
    private var isWaiting: Bool {
        // Who cannot tell has nothing to try: the next exchange says what is wrong.
        do { return try vault.folders.contains { try !$0.deferred(vault.store).isEmpty } } catch {
            return false
        }
    }

    /// When to wake up for the next exchange: no later than the slow tries would come, where a file
    /// waits that may be free by then.
    /// - Parameter due: when that is due; nil for never.
    func alarm(for due: ExchangeSchedule.Instant?) -> ExchangeSchedule.Instant? {
        guard isWaiting else { return due }
        let slow = ContinuousClock.now + min(configuration.sync.poll, Limits.slowestTry)
        return min(due ?? slow, slow)
    }

    /// Captures what is in the inbox; what fails stays there, and all of it while the vault is
    /// paused.
    @discardableResult
    func capture(live: Bool, acceptDeletes: Bool = false) -> Bool {
        if isPaused { return false }
        do {
            try captureInbox(live: live, acceptDeletes: acceptDeletes)
            return true
        } catch {
            fail(error, at: .capture)
            return false
        }
    }

    /// The same for a change that somebody asks for, paused or not: it cannot go on without.
    func captureInbox(live: Bool, acceptDeletes: Bool = false) throws {
        let dirty = inbox.take()
        do {
            let began = ContinuousClock.now
            let report = try vault.capture(
                dirty, .init(live: live, acceptDeletes: acceptDeletes))
            try opened.rememberRoots()
            if let head = report.head {
                let subject = try vault.repository.commit(head).subject
                teller.tellMade(head, .captured, subject: subject, began: began)
                log.info(
                    "captured \(subject)",
                    metadata: [
                        "commit": "\(head.short)", "paths": "\(report.changes)",
                        "took": "\(began.milliseconds) ms",
                    ])
            }
            rewatch()
            health.set(nil, at: .capture)
        } catch {
            inbox.giveBack(dirty)
            throw error
        }
    }

    /// Says what lasts once, and nothing when all is well.
    func say(_ text: String?, of topic: LastingWords.Topic, at level: Logger.Level) {
        health.say(text, of: topic, at: level)
    }

    /// Notes a failure: it is said once, not at every try.
    func fail(_ error: any Error, at stage: ServiceHealth.Stage = .capture) {
        health.fail(
            SyncFailure(error, repository: configuration.repository), at: stage,
            now: vault.clock.now())
        if isPaused { health.pause() }
        if let error = error as? StateStoreError, error.code == .corrupt { reopen(error) }
        publish()
    }

    /// The state store turned out to be damaged: it is made anew from the folders and the
    /// repository.
    private func reopen(_ error: StateStoreError) {
        if !(vault.store is UnavailableStateStore) {
            log.warning("the state store is damaged and is rebuilt: \(error.cause)")
        }
        var failure: String?
        do {
            try opened.rebuildStore(error.cause)
            if isPaused { try vault.store.setFact(Vault.Fact.paused, "yes") }
            vault.intake.isHalted = isPaused
            watching.follow(vault.folders)
            for folder in vault.folders { vault.local.rechecks.noteRules(of: folder) }
        } catch { failure = SyncFailure(error).text }
        say(failure, of: .store, at: .error)
        inbox.addAll(of: vault.folders)
    }

    /// Watches folders anew whose rules changed, or whose root is there again: another one that was
    /// taken as it is, or one that was away for a moment.
    func rewatch() {
        let changed = vault.local.rechecks.takeChangedRules()
        guard let watch = life.loop?.watch else { return }
        for (index, folder) in vault.folders.enumerated() {
            if changed.contains(folder.id) { watch.loop.rewatch(folder: index) }
            if folder.stopped == nil { watching.watchReturned(watch, folder: index) }
        }
    }
}

extension ContinuousClock.Instant {
    /// The whole milliseconds since then.
    var milliseconds: Int64 { Int64((ContinuousClock.now - self) / .milliseconds(1)) }
}
