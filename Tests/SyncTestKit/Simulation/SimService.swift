internal import SyncEngine
internal import SyncModel

/// What `VaultService` does around a vault, of the very parts that it has (`Inbox`,
/// `RequestQueue`, `ExchangeSchedule`), in the world's time: captures when the watch tells of
/// something, also while an exchange waits for the remote, and answers who waits.
final class SimService: @unchecked Sendable {
    private unowned let world: SimWorld
    private unowned let device: SimDevice
    /// Changes that wait for their capture.
    private(set) var inbox = Inbox()
    private var requests = RequestQueue()
    private var schedule: ExchangeSchedule
    private var failure: SyncFailure?
    private var lastHeads: [ObjectID?] = []
    private var nextPoll: ExchangeSchedule.Instant
    private var alarm: ExchangeSchedule.Instant?
    private(set) var isExchanging = false
    private(set) var isPaused = false
    /// Whether the loop has to look whether an exchange is due.
    private(set) var isWoken = true
    /// How the last exchange ended; nil when it failed.
    private(set) var outcome: ExchangeOutcome?

    /// Between two polls.
    private static let poll = Duration.seconds(30)
    /// Pushes in `Limits.pushSpan`: few, so that some have to wait for their turn.
    private static let pushes = 4
    private static let start = ContinuousClock.now

    init(_ world: SimWorld, _ device: SimDevice, isNetwork: Bool) throws {
        (self.world, self.device) = (world, device)
        let now = Self.start + .nanoseconds(world.clock.nanoseconds())
        schedule = ExchangeSchedule(
            isNetwork: isNetwork, poll: Self.poll, pushes: Self.pushes, now: now)
        nextPoll = now + Self.poll
        isPaused = try device.store.fact(Vault.Fact.paused) != nil
        device.knownHead = try device.store.fact(Vault.Fact.remoteHead).flatMap {
            ObjectID(hex: $0)
        }
    }

    private var now: ExchangeSchedule.Instant {
        Self.start + .nanoseconds(world.clock.nanoseconds())
    }
    private var vault: Vault {
        guard let vault = device.vault else { fatalError("no process runs") }
        return vault
    }

    /// A push is about to be sent.
    func notePush() { schedule.pushed(at: now) }

    /// Wakes the loop.
    func wake() { isWoken = true }

    // MARK: The watch

    /// Hears what the watch has to tell.
    func hear() {
        let dirty = device.dirty
        device.dirty = DirtyPaths()
        if !dirty.isEmpty { notice(dirty, live: !dirty.all) }
        wake()
    }

    private func notice(_ dirty: DirtyPaths, live: Bool) {
        inbox.add(dirty, in: world.prefix)
        if isPaused { return }
        if capture(live: live) { applyMeanwhile() }
    }

    private func applyMeanwhile() {
        if isPaused { return }
        do {
            try vault.applyUntilStable()
            if try isExchanging && !vault.report.waiting().isEmpty { alarm = now + Limits.firstTry }
        } catch { fail(error) }
    }

    private func alarm(for due: ExchangeSchedule.Instant?) -> ExchangeSchedule.Instant? {
        do {
            if try vault.report.waiting().isEmpty { return due }
        } catch { return due }
        let slow = now + Self.poll
        return min(due ?? slow, slow)
    }

    @discardableResult
    private func capture(live: Bool) -> Bool {
        if isPaused { return false }
        do {
            try captureInbox(live: live)
            return true
        } catch {
            fail(error)
            return false
        }
    }

    private func captureInbox(live: Bool) throws {
        let dirty = inbox.take()
        world.trace("  \(device.name) captures \(dirty.values.map(SimWorld.words))")
        do { try vault.capture(dirty, .init(live: live)) } catch {
            inbox.giveBack(dirty)
            throw error
        }
    }

    private func fail(_ error: any Error, atExchange: Bool = false) {
        world.trace("  \(device.name) failed: \(error)")
        if device.isCrashed { return }
        if atExchange { failure = SyncFailure(error) }
        if let error = error as? StateStoreError, error.code == .corrupt { reopen() }
    }

    /// The state store turned out to be damaged.
    func reopen() {
        world.trace("  \(device.name) opens another state store")
        do { try device.rebuildStore() } catch {
            world.trace("  \(device.name) failed: \(error)")
        }
        vault.intake.isHalted = isPaused
        inbox.addAll(of: vault.folders)
        device.knownHead = nil
    }

    /// Takes what waits to be captured, for somebody else to capture.
    func takeInbox() -> DirtyPaths {
        inbox.take().values.reduce(into: DirtyPaths()) { $0.merge($1) }
    }

    // MARK: What others ask for

    /// Somebody asks for a cycle, and waits.
    func ask(scan: Bool) {
        var request = VaultService.Request()
        request.scan = scan
        let waiting = world.waiting
        let number = waiting.begin(device.name, at: world.clock.nanoseconds())
        requests.add(.init(request: request) { _ in waiting.end(number) })
        wake()
    }

    /// Stops or takes up syncing.
    func setPaused(_ paused: Bool) {
        do { try vault.store.setFact(Vault.Fact.paused, paused ? "yes" : nil) } catch {
            // Who asked is told, and asks again.
            return world.trace("  \(device.name) failed: \(error)")
        }
        (isPaused, vault.intake.isHalted) = (paused, paused)
        if !paused {
            inbox.addAll(of: vault.folders)
            capture(live: false)
        }
        requests.trigger()
        wake()
    }

    /// Somebody chooses what the rewritten remote shall be.
    func choose(_ choice: RemoteRequest.Choice) async {
        let vault = vault
        do {
            try await vault.intake.takingIn {
                try await vault.lookBeforeChoice()
                inbox.addAll(of: vault.folders)
                try captureInbox(live: true)
                if try self.vault.choose(RemoteRequest(choice)).commit != nil {
                    try self.vault.applyUntilStable()
                    failure = nil
                    device.knownHead = self.vault.tracker.seen?.head
                }
            }
            wake()
        } catch let refusal as ChangeRefusal {
            world.trace("  \(device.name) is refused: \(refusal)")
        } catch { fail(error) }
    }

    // MARK: The loop

    /// Lets the polls and alarms come whose time it is.
    func tick() {
        if let alarm, alarm <= now {
            self.alarm = nil
            let isAllCaptured = inbox.isEmpty && vault.local.rechecks.isEmpty
            if isAllCaptured || capture(live: true) { applyMeanwhile() }
            wake()
        }
        if nextPoll > now { return }
        nextPoll = now + Self.poll
        do {
            for folder in vault.folders {
                let dirty = try vault.report.quarantinedToRecheck(in: folder)
                if !dirty.isEmpty { notice(dirty, live: false) }
                if folder.stopped != nil { notice(.everything, live: false) }
            }
        } catch { fail(error) }
        wake()
    }

    /// Looks whether an exchange is due, once woken.
    /// - Returns: whether `exchangeNow` has to be called.
    func isDue() -> Bool {
        guard isWoken, !isExchanging else { return false }
        isWoken = false
        for request in requests.takeArrivals() {
            if request.scan { inbox.addAll(of: vault.folders) }
            capture(live: false)
        }
        if device.isCrashed { return false }
        let due = schedule.due(need(), at: now)
        if due <= now { return true }
        if schedule.leftAlone(at: now) != nil {
            requests.answer(nil)
            requests.begin()
        }
        alarm = alarm(for: due)
        return false
    }

    private func need() -> ExchangeSchedule.Need {
        if requests.isAsked { return .asked }
        do {
            if try vault.head() != vault.tracker.seen?.head { return .push }
            return try vault.report.isInSync() ? .fetch : .rest
        } catch { return .push }
    }

    /// Brings folders, head and remote together, and answers who waits for it.
    func exchangeNow() async {
        requests.begin()
        let outcome = await exchange()
        if device.isCrashed { return }
        self.outcome = outcome
        requests.answer(outcome)
        if requests.hasArrivals { wake() }
        if isPaused { return }
        var heads: [ObjectID?] = []
        do { heads = [try vault.head(), vault.tracker.seen?.head] } catch { heads = [] }
        schedule.ended(
            .init(outcome, failure: failure), hasNews: heads != lastHeads, at: now,
            using: &world.fate)
        lastHeads = heads
        alarm = alarm(for: schedule.alarm(at: now))
    }

    private func exchange() async -> ExchangeOutcome? {
        if isExchanging || isPaused { return nil }
        isExchanging = true
        defer { isExchanging = false }
        let vault = vault
        device.hasSeenRewrite = false
        do {
            try vault.report.checkHead()
            let outcome = try await vault.exchange(world.thrift()) { [world, device] _ in
                await world.wait(device, "to push again")
            }
            if device.isCrashed { return nil }
            world.trace("  \(device.name) ends its exchange: \(outcome)")
            failure = SyncFailure(outcome)
            if outcome == .inSync && !inbox.isEmpty { return .pending }
            if vault === device.vault { try ended(outcome) }
            return outcome
        } catch {
            fail(error, atExchange: true)
            if !device.isCrashed, !self.vault.local.rechecks.isEmpty { capture(live: false) }
            return nil
        }
    }

    /// An exchange went along with what the remote showed.
    private func wentOn() {
        if device.hasSeenRewrite, vault.intake.keptOut == nil {
            world.violate("a rewritten remote is asked about", device.name)
        }
        device.knownHead = vault.tracker.seen?.head
    }

    private func ended(_ outcome: ExchangeOutcome) throws {
        device.isCutShort = false
        if outcome == .inSync { wentOn() }
        if case .stopped(let change) = outcome, world.choice == nil {
            world.violate("a remote that goes forward is none rewritten", change.words)
        }
        guard outcome == .inSync else { return }
        (device.isJoining, device.hasLostStore) = (false, false)
        if world.violation == nil { try world.checkInSync(device) }
    }
}
