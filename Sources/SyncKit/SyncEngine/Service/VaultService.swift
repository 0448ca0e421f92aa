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

        /// A cycle over everything.
        package init() {}
    }

    let repacker: Repacker
    let historyFilling: HistoryFilling
    let executor = QueueExecutor(label: "syncd.vault")
    /// Where the vault stands; may be read at any time from anywhere.
    nonisolated package let board: StatusBoard
    /// What happens in the vault.
    nonisolated package let events = VaultEvents()
    /// Whether it gets on; from anywhere, too.
    nonisolated package let progress: EngineProgress
    /// Runs what the user put beside the configuration for what happens.
    nonisolated let hooks: HookRunner
    var hookState = HookState()
    /// What the vault was opened with; a reload makes another service.
    nonisolated package let configuration: Configuration
    let log: Logger
    var opened: OpenedVault
    var inbox: [Int: DirtyPaths] = [:]
    var isExchanging = false
    /// What keeps the folders from being captured, and what keeps the vault from the remote.
    var failuresByPart: [Stage: SyncFailure] = [:] {
        didSet {
            for (stage, topic) in [
                (Stage.capture, LastingWords.Topic.capture), (.exchange, .exchange),
            ]
            where failuresByPart[stage] != nil || oldValue[stage] != nil {
                say(failuresByPart[stage]?.text, of: topic, at: .error)
            }
        }
    }
    /// What the log was told of states that last.
    private var words = LastingWords()
    var failure: SyncFailure? { failuresByPart[.capture] ?? failuresByPart[.exchange] }

    /// Whether the remote refuses the login, or none was found.
    package var isRefused: Bool { failuresByPart[.exchange]?.isRefused ?? false }

    /// The two halves of a cycle, which fail apart from each other.
    enum Stage: Sendable { case capture, exchange }

    var failures = 0
    var isPaused: Bool
    /// Whether folders, head and remote were brought together since the start.
    var hasExchanged = false
    var life = ServiceLife.idle
    var requests = RequestQueue()
    var schedule: ExchangeSchedule
    var alarm: Task<Void, Never>?
    /// When the exchange first failed of those that failed since; nil while it goes well.
    var offlineSince: Timestamp?
    /// The head here and at the remote after the last exchange.
    var lastHeads: [ObjectID?] = []
    var stateWrite: Task<Void, Never>?
    /// How long the last write of `state.json` took.
    var lastStateWrite = Duration.zero
    /// Plain directories whose watch was lost.
    var lostDirectories: Set<String> = []
    var random = SystemRandomNumberGenerator()
    /// When the oldest edit was noticed that the remote has not; nil for none.
    var editNoticed: ContinuousClock.Instant?
    /// What followers were told last.
    var told = ToldState()

    /// Opens a vault.
    /// - Parameter wait: how long to wait for another process that has it.
    /// - Throws: as `OpenedVault`.
    package init(
        _ configuration: Configuration, log: Logger, waiting wait: Duration = .zero
    ) throws {
        self.configuration = configuration
        self.log = log
        repacker = Repacker(log: log)
        historyFilling = HistoryFilling(configuration, log: log)
        let progress = EngineProgress(folders: configuration.folders.count)
        self.progress = progress
        hooks = HookRunner(configuration, log: log)
        let opened = try OpenedVault(configuration, waiting: wait, progress: progress)
        opened.guardCaptures(log: log)
        self.opened = opened
        schedule = ExchangeSchedule(
            isNetwork: opened.remote?.isFar ?? false, poll: configuration.sync.poll,
            pushes: configuration.sync.pushes, now: .now)
        if opened.remote?.isFar ?? false {
            for push in try Self.recentPushes(opened.vault) { schedule.pushed(at: push) }
        }
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
    func notice(_ folder: Int, _ dirty: DirtyPaths, live: Bool) {
        inbox[folder, default: DirtyPaths()].merge(dirty)
        defer { progress.noteCapture(of: folder) }
        if isPaused { return publish() }
        // Until it is captured and pushed nobody may say that all is in sync.
        board.update { if $0.state == .inSync { $0.state = .syncing } }
        if capture(live: live) { applyMeanwhile() }
    }

    /// Applies what waits while an exchange waits for the network; without one the next exchange
    /// does.
    func applyMeanwhile() {
        if !isExchanging || isPaused { return }
        do {
            try vault.applyUntilStable()
            if try !vault.waiting().isEmpty { setAlarm(.now + Limits.firstTry) }
        } catch { fail(error) }
    }

    /// Captures what is in the inbox; what fails stays there.
    @discardableResult
    func capture(live: Bool, acceptDeletes: Bool = false) -> Bool {
        do {
            try captureInbox(live: live, acceptDeletes: acceptDeletes)
            return true
        } catch {
            fail(error, at: .capture)
            return false
        }
    }

    /// The same for a caller that cannot go on without.
    func captureInbox(live: Bool, acceptDeletes: Bool = false) throws {
        let dirty = inbox
        inbox = [:]
        do {
            let began = ContinuousClock.now
            let report = try vault.capture(
                dirty, .init(live: live, acceptDeletes: acceptDeletes))
            try opened.rememberRoots()
            if let head = report.head {
                let subject = try vault.repository.commit(head).subject
                if editNoticed == nil { editNoticed = began }
                events.tell(.commit(head, .captured, subject: subject))
                events.tell(.step(.capture, took: ContinuousClock.now - began))
                log.info(
                    "captured \(subject)",
                    metadata: [
                        "commit": "\(head.short)", "paths": "\(report.changes)",
                        "took": "\(milliseconds(since: began)) ms",
                    ])
            }
            rewatchChangedRules()
            failuresByPart[.capture] = nil
        } catch {
            inbox.merge(dirty, uniquingKeysWith: DirtyPaths.both)
            throw error
        }
    }

    /// The whole milliseconds since a moment.
    func milliseconds(since start: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// Says what lasts once, and nothing when all is well.
    func say(_ text: String?, of topic: LastingWords.Topic, at level: Logger.Level) {
        words.say(text, of: topic, at: level, in: log)
    }

    /// Notes a failure: it is said once, not at every try.
    func fail(_ error: any Error, at stage: Stage = .capture) {
        let next = SyncFailure(error, repository: configuration.repository)
        if stage == .exchange, next.isRemote, offlineSince == nil {
            offlineSince = vault.clock.now()
        }
        failuresByPart[stage] = next
        failures += 1
        if let error = error as? StateStoreError, error.code == .corrupt { reopen(error) }
        publish()
    }

    /// The state store turned out to be damaged: it is made anew from the folders and the
    /// repository.
    private func reopen(_ error: StateStoreError) {
        log.warning("the state store is damaged and is rebuilt: \(error.cause)")
        var failure: String?
        do { try opened.rebuildStore(error.cause) } catch { failure = SyncFailure(error).text }
        say(failure, of: .store, at: .error)
        for index in vault.folders.indices { inbox[index] = .everything }
    }

    func rewatchChangedRules() {
        for folder in vault.takeChangedRules() { life.loop?.watch.loop.rewatch(folder: folder) }
    }
}
